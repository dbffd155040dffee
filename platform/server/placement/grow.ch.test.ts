import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouseCluster } from '../clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '../clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '../clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '../clickhouse/migrate-clickhouse.ts'
import { createTestDatabase, type TestDatabase } from '../postgres/postgres-testing.ts'
import { createCluster, prepareCluster } from './cluster.ts'
import { type ClusterLoad, createClusterLoad } from './cluster-load-testing.ts'
import { openPlacement } from './open-placement.ts'
import { loadPlacement } from './placement-store.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-grow-'))
const migrations = fileURLToPath(new URL('../../../db/clickhouse', import.meta.url))
const obstacle = await findTestServerObstacle(dir)

let servers: TestCluster
let database: TestDatabase
let ch: ClickHouse

let load: ClusterLoad
let isLoading = true

const count = async (fragment: Sql): Promise<number> =>
  Number(Object.values((await ch.first<Record<string, string>>(fragment)) ?? {})[0])

async function loadOn(): Promise<void> {
  for (let batches = 0; isLoading && batches < 25; batches += 1) await load.loadOnce(25)
}

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 3)
  database = await createTestDatabase()
  const deps = { pg: database.pg, url: servers.url }
  await prepareCluster(deps, { cluster: 'zhike_2', chunkBits: 4, slots: 16 })
  ch = await connectClickHouseCluster({
    url: servers.url,
    placement: await openPlacement(database.pg, { pollMs: 20 }),
  })
  await migrateClickHouse(ch, migrations)
  load = createClusterLoad({ pg: database.pg, ch })
})
afterAll(async () => {
  isLoading = false
  await ch?.close()
  await database?.drop()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

test.skipIf(obstacle)(
  'with a shard down reads and writes fail as a whole; both go on by themselves when it is back',
  async () => {
    const rows = Array.from({ length: 64 }, (_, index) => ({
      customer_id: index + 1,
      class: 'demand',
      business_date: '2026-11-01',
      currency: 'CNY',
      amount: '1.00',
      received_at: '2026-11-02 04:00:00',
      ver: 1,
    }))
    const write = () => ch.insertRows('balance', rows)
    const read = () => count(sql`SELECT count() AS n FROM balance AS b FINAL`)
    const down = { code: 'CLICKHOUSE_UNAVAILABLE' }
    await servers.kill(2)
    await expect(read()).rejects.toMatchObject(down)
    await expect(write()).rejects.toMatchObject(down)
    await expect(ch.onEachShard((shard) => shard.first(sql`SELECT 1 AS one`))).rejects.toMatchObject(down)
    await servers.start(2)
    // As the loader does: the same again until it is taken.
    for (let isDone = false; !isDone; )
      isDone = await write().then(
        () => true,
        () => false,
      )
    expect(await read()).toBe(64)
  },
)

test.skipIf(obstacle)(
  'from two to three shards under load: every count is right at every moment',
  async () => {
    const { written, checkCounts } = load
    await load.loadOnce(200)
    await checkCounts()
    const loading = loadOn()
    let isGrowing = true
    const reading = (async () => {
      let rounds = 0
      while (isGrowing) {
        await checkCounts()
        rounds += 1
      }
      return rounds
    })()
    const cluster = createCluster({ pg: database.pg, url: servers.url, migrations })
    const grown = await cluster.grow({ cluster: 'zhike_3' })
    isGrowing = false
    isLoading = false
    const rounds = await reading
    await loading
    expect(grown.added).toBe(1)
    expect(grown.units).toBeGreaterThan(5)
    expect(rounds).toBeGreaterThan(3)
    expect(written.begun).toBe(written.done)
    await checkCounts()

    const status = await cluster.status()
    expect(status).toMatchObject({ cluster: 'zhike_3', isMoving: false })
    expect(status.shards.map((shard) => shard.slots).sort()).toEqual([5, 5, 6])
    // Every shard holds exactly what is placed there, and nothing was left behind.
    const placement = await loadPlacement(database.pg)
    expect(placement?.hidden).toEqual([])
    const held = await ch.onEachShard((shard) =>
      shard.query<{ chunk: number; rows: string }>(sql`
      SELECT bitShiftRight(e.customer_id, ${typed('UInt8', 4)}) AS chunk, count() AS rows FROM event AS e GROUP BY chunk`),
    )
    for (const [index, rows] of held.entries()) {
      expect(rows.length).toBeGreaterThan(0)
      for (const { chunk } of rows) expect(placement?.chunks.get(Number(chunk))).toBe(index + 1)
    }
    const rows = held.flat().reduce((sum, row) => sum + Number(row.rows), 0)
    expect(rows).toBe(written.done)
  },
  180_000,
)
