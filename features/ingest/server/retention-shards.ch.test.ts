import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPurge } from '#features/ingest/server/retention-purge.ts'
import { sql } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouseCluster } from '#platform/server/clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '#platform/server/clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import { createCluster, prepareCluster } from '#platform/server/placement/cluster.ts'
import { openPlacement } from '#platform/server/placement/open-placement.ts'
import { createTestDatabase, type TestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-purge-'))
const migrations = fileURLToPath(new URL('../../../db/clickhouse', import.meta.url))
const obstacle = await findTestServerObstacle(dir)
const cutoff = new Date('2026-03-15T00:00:00Z')

let servers: TestCluster
let database: TestDatabase
let ch: ClickHouse

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 2)
  database = await createTestDatabase()
  const { pg } = database
  await prepareCluster({ pg, url: servers.url }, { cluster: 'zhike_2', chunkBits: 4, slots: 16 })
  ch = await connectClickHouseCluster({
    url: servers.url,
    placement: await openPlacement(pg, { pollMs: 20 }),
  })
  await migrateClickHouse(ch, migrations)
})
afterAll(async () => {
  await ch?.close()
  await database?.drop()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Chunks of sixteen, so customers 1 to 15 lie on the first shard and 16 to 31 on the second. */
const [onFirst, onSecond] = [1, 17]
const event = (customer_id: number, client_at: string, occurred_at = client_at) => ({
  ...{ name: 'e', customer_id, msg: randomUUID(), occurred_at, received_at: occurred_at, client_at },
  ...{ source: 's', props: {}, ver: 1 },
})
const customersLeft = async () =>
  (
    await ch.onEachShard((shard) =>
      shard.query<{ id: number }>(
        sql`SELECT e.customer_id AS id FROM event AS e FINAL ORDER BY e.occurred_at, id`,
      ),
    )
  ).map((rows) => rows.map((row) => Number(row.id)))

test.skipIf(obstacle)('a purge is of all shards; each puts back its own young rows', async () => {
  await ch.insertRows('event', [
    event(onFirst, '2026-01-05 00:00:00'),
    event(onSecond, '2026-01-20 00:00:00'),
    event(onSecond, '2026-02-01 00:00:00'),
    event(onFirst, '2026-09-01 00:00:00'),
  ])
  const purge = createPurge({ ch })
  const plan = await purge.plan('event', cutoff)
  expect(plan).toMatchObject({ totalRows: 4, held: [] })
  expect(plan.going).toMatchObject([
    {
      ...{ partition: '202601', rows: 2 },
      ...{ oldestAt: '2026-01-05T00:00:00.000Z', newestAt: '2026-01-20T00:00:00.000Z' },
    },
    { partition: '202602', rows: 1 },
  ])
  // A young row of the second shard, by a client whose clock is late: seen beforehand it holds the partition on both.
  await ch.insertRows('event', [event(onSecond + 1, '2026-01-09 00:00:00', '2026-09-10 00:00:00')])
  const held = await purge.plan('event', cutoff)
  expect(held.held).toMatchObject([{ partition: '202601', rows: 3 }])
  expect(held.going.map(({ partition }) => partition)).toEqual(['202602'])
  // Seen too late it comes back where it was.
  for (const { partition } of plan.going) await purge.drop('event', partition, cutoff)
  expect(await customersLeft()).toEqual([[onFirst], [onSecond + 1]])
})

test.skipIf(obstacle)(
  'cut off on one shard: no chunk leaves it, and the next run finishes there',
  async () => {
    await ch.insertRows('event', [
      event(onSecond, '2026-01-20 00:00:00'),
      event(onSecond + 2, '2026-01-21 00:00:00', '2026-09-11 00:00:00'),
    ])
    const shards: ClickHouse[] = []
    await ch.onEachShard(async (shard) => void shards.push(shard))
    const second = shards[1]!
    await second.command(sql`CREATE TABLE event_aside AS event`)
    await second.command(sql`ALTER TABLE event MOVE PARTITION ID '202601' TO TABLE event_aside`)

    const cluster = createCluster({ pg: database.pg, url: servers.url, migrations })
    const move = { chunks: [1], to: 1 }
    await expect(cluster.move(move)).rejects.toMatchObject({ code: 'CLUSTER_PURGE_UNFINISHED' })
    await createPurge({ ch }).resume('event', cutoff)
    expect(await customersLeft()).toEqual([[onFirst], [onSecond + 1, onSecond + 2]])
    await cluster.move(move)
    expect(await customersLeft()).toEqual([[onFirst, onSecond + 1, onSecond + 2], []])
  },
)
