import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql, typed } from '#platform/common/sql.ts'
import { type ClickHouse, connectClickHouse, connectClickHouseCluster } from '../clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '../clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '../clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '../clickhouse/migrate-clickhouse.ts'
import { createTestDatabase, type TestDatabase } from '../postgres/postgres-testing.ts'
import { createCluster, prepareCluster } from './cluster.ts'
import { type ClusterLoad, createClusterLoad } from './cluster-load-testing.ts'
import type { MoveStep } from './cluster-mover.ts'
import { lockKeys, openPlacement } from './open-placement.ts'
import { loadPlacement } from './placement-store.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-killed-mover-'))
const migrations = fileURLToPath(new URL('../../../db/clickhouse', import.meta.url))
const obstacle = await findTestServerObstacle(dir)

let servers: TestCluster
let database: TestDatabase
let ch: ClickHouse
let load: ClusterLoad
/** Ends what is left of each mover that was killed. */
const ends: (() => Promise<void>)[] = []

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
  load = createClusterLoad({ pg, ch })
  await load.loadOnce(120)
})
afterAll(async () => {
  for (const end of ends) await end()
  await ch?.close()
  await database?.drop()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const clusterOf = (onStep?: (step: MoveStep) => Promise<void>) =>
  createCluster({ pg: database.pg, url: servers.url, migrations, ...(onStep && { onStep }) })

/** Ends the mover's session as its death would; the server then gives back what it held. */
async function endSession(): Promise<void> {
  const { pg } = database
  const held = sql`FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = ${lockKeys.mover}::bigint::oid
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())`
  await pg.query(sql`SELECT pg_terminate_backend(l.pid) ${held}`)
  while (await pg.first(sql`SELECT 1 AS held ${held}`));
}

/** Moves a chunk as far as a step; there the mover loses its session and does nothing more, as a killed process. */
async function killAfter(at: MoveStep, move: { chunks: number[]; to: number }): Promise<void> {
  let revive: (reason: Error) => void = () => undefined
  const killed = new Promise<void>((resolve, reject) => {
    const moving = clusterOf(async (step) => {
      if (step !== at) return
      await endSession()
      const dead = new Promise<void>((_, rejectDead) => {
        revive = rejectDead
      })
      resolve()
      await dead
    }).move(move)
    moving.catch(reject)
    ends.push(async () => {
      revive(new Error('was killed'))
      await moving.catch(() => undefined)
    })
  })
  await killed
}

/** Reads and writes go on all the while. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  let isOn = true
  const busy = (async () => {
    while (isOn) {
      await load.loadOnce(5)
      await load.checkCounts()
    }
  })()
  try {
    return await work()
  } finally {
    isOn = false
    await busy
  }
}

/** A server whose merges are stopped refuses this. */
async function untilMergesGoOn(shard: number): Promise<void> {
  const door = await connectClickHouse({ url: servers.urls[shard - 1]! })
  for (let isDone = false; !isDone; )
    isDone = await door.command(sql`OPTIMIZE TABLE event FINAL`, { lane: 'jobs' }).then(
      () => true,
      () => false,
    )
  await door.close()
}

async function expectInPlace(): Promise<void> {
  const placement = await loadPlacement(database.pg)
  expect(placement?.hidden).toEqual([])
  const held = await ch.onEachShard((shard) =>
    shard.query<{ chunk: number }>(sql`
      SELECT DISTINCT bitShiftRight(e.customer_id, ${typed('UInt8', 4)}) AS chunk FROM event AS e`),
  )
  for (const [index, rows] of held.entries())
    for (const { chunk } of rows) expect(placement?.chunks.get(Number(chunk))).toBe(index + 1)
}

test.skipIf(obstacle).each<MoveStep>(['hidden', 'copied', 'paused', 'copied rest', 'flipped', 'cleaned'])(
  'a mover killed when the rows are %s: everything goes on, every count is right, the next one ends the move',
  async (step) => {
    const { chunks } = (await loadPlacement(database.pg))!
    const [chunk, from] = [...chunks][0]!
    const move = { chunks: [chunk], to: 3 - from }
    await underLoad(() => killAfter(step, move))
    // Nobody waits for the dead: this writes, and reads all of it.
    await load.loadOnce(20)
    await load.checkCounts()
    expect((await clusterOf().status()).isMoving).toBe(true)
    await untilMergesGoOn(from)
    await load.checkCounts()

    await underLoad(() => clusterOf().move(move))
    await load.checkCounts()
    expect((await clusterOf().status()).isMoving).toBe(false)
    expect((await loadPlacement(database.pg))?.chunks.get(chunk)).toBe(move.to)
    await expectInPlace()
  },
  120_000,
)
