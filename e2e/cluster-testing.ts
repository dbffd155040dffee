import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '#features/audit/server/index.ts'
import { createOrg } from '#features/org/server/index.ts'
import { systemClock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import {
  findFreePort,
  findTestServerObstacle,
  startTestClickHouseServer,
  type TestClickHouseServer,
} from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import {
  findKafkaObstacle,
  startTestKafka,
  type TestKafka,
} from '#platform/server/kafka/kafka-server-testing.ts'
import { createTestDatabase, type TestDatabase } from '#platform/server/postgres/postgres-testing.ts'
import { createTestAuthority, findOpensslObstacle } from '#platform/server/tls-testing.ts'

export const writeKey = 'cluster-key'

const root = mkdtempSync(join(tmpdir(), 'zhike-cluster-'))
export const clusterDir = (name: string): string => join(root, name)

/** Why no cluster can run on this machine; undefined when one can. */
export const findClusterObstacle = async (options: { hasKafka: boolean }): Promise<string | undefined> =>
  (await findTestServerObstacle(join(root, 'probe'))) ??
  findOpensslObstacle() ??
  (options.hasKafka ? findKafkaObstacle() : undefined)

/** The servers a cluster of processes stands on, each a real one; ClickHouse can be killed and started again. */
export type ClusterServers = {
  database: TestDatabase
  kafka: TestKafka | undefined
  clickHouse(): TestClickHouseServer
  killClickHouse(): Promise<void>
  startClickHouse(): Promise<void>
  /** Settings of a process inside. */
  inside(roles: string, dir: string): Record<string, string>
  /** Settings of an internal door on that port. */
  door(port: number): Record<string, string>
  /** Settings of an edge before these doors. */
  edge(dir: string, doors: readonly number[]): Record<string, string>
  stored(): Promise<{ rows: number; messages: number }>
  end(): Promise<void>
}

async function seed({ pg }: TestDatabase): Promise<void> {
  const org = createOrg({
    pg,
    clock: systemClock,
    audit: createAudit({ pg, clock: systemClock }),
    timeZone: 'Asia/Shanghai',
  })
  await pg.transaction(async (tx) => {
    await org.tree.upsertMany(
      tx,
      [{ code: 'HQ', name: '总行', kind: 'head_office', parentCode: null }],
      '2020-01-01',
    )
    await tx.execute(sql`
      WITH added AS (
        INSERT INTO source (source, kind, events_per_second, bytes_per_second, concurrent_requests)
        VALUES ('core', 'trusted', 1000000, 1000000000, 1000))
      INSERT INTO write_key (key, source) VALUES (${writeKey}, 'core')`)
  })
}

async function count(ch: ClickHouse): Promise<{ rows: number; messages: number }> {
  const row = await ch.first<{ rows: string; messages: string }>(sql`
    SELECT count() AS rows, uniqExact(t.msg) AS messages FROM (
      SELECT e.msg AS msg FROM event AS e FINAL WHERE e.name = 'e'
      UNION ALL SELECT a.msg AS msg FROM event_anonymous AS a FINAL WHERE a.name = 'e') AS t`)
  return { rows: Number(row?.rows), messages: Number(row?.messages) }
}

/** Starts the servers of one cluster test. */
export async function startClusterServers(options: { hasKafka: boolean }): Promise<ClusterServers> {
  const httpPort = await findFreePort()
  const dir = join(root, 'clickhouse')
  const openClickHouse = () =>
    startTestClickHouseServer({ dir, httpPort, maxServerMemoryBytes: 1_500_000_000 })
  let [clickHouse, database, kafka] = await Promise.all([
    openClickHouse(),
    createTestDatabase(),
    options.hasKafka ? startTestKafka({ dir: join(root, 'kafka') }) : undefined,
  ])
  await seed(database)
  const authority = createTestAuthority(join(root, 'ca'))
  const tlsOf = (name: string) => {
    const { cert, key, ca } = authority.issue(name)
    return { ZHIKE_TLS_CERT: cert, ZHIKE_TLS_KEY: key, ZHIKE_TLS_CA: ca }
  }
  const stored = async () => {
    const ch = await connectClickHouse({ url: clickHouse.url })
    try {
      return await count(ch)
    } finally {
      await ch.close()
    }
  }
  return {
    database,
    kafka,
    clickHouse: () => clickHouse,
    killClickHouse: () => clickHouse.stop(),
    async startClickHouse() {
      clickHouse = await openClickHouse()
    },
    inside: (roles, dir) => ({
      ...{
        ZHIKE_ROLES: roles,
        ZHIKE_DATA_DIR: dir,
        ZHIKE_FIELD_KEY: '0f'.repeat(32),
        ZHIKE_DEMO_CUSTOMERS: '0',
      },
      ...{ DATABASE_URL: database.url, CLICKHOUSE_URL: clickHouse.url },
      ...(kafka ? { KAFKA_BROKERS: kafka.brokers, ZHIKE_KAFKA_PARTITIONS: '4' } : {}),
    }),
    door: (port) => ({ ZHIKE_INTERNAL_PORT: String(port), ...tlsOf(`collect-${port}`) }),
    edge: (dir, doors) => ({
      ...{ ZHIKE_ROLES: 'edge', ZHIKE_DATA_DIR: dir, ...tlsOf('edge') },
      ZHIKE_EDGE_UPSTREAM: doors.map((port) => `https://127.0.0.1:${port}`).join(','),
    }),
    stored,
    async end() {
      await Promise.all([clickHouse.stop(), kafka?.stop()])
      await database.drop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
