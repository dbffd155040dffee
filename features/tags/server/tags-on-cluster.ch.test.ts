import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestEngine, type TestEngine, type TestEvent } from '#features/tags/server/tag-engine-testing.ts'
import { connectClickHouseCluster } from '#platform/server/clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '#platform/server/clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import { prepareCluster } from '#platform/server/placement/cluster.ts'
import { openPlacement } from '#platform/server/placement/open-placement.ts'
import { createTestDatabase, type TestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-tag-cluster-'))
const obstacle = await findTestServerObstacle(dir)
const start = '2026-03-10T15:30:00Z'
const ids = Array.from({ length: 64 }, (_, index) => index + 1)
const keys = ['n', 'sum', 'job', 'rule', 'band']

let servers: TestCluster
let database: TestDatabase
let banks: TestEngine[] = []

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 2)
  database = await createTestDatabase()
  const { pg } = database
  // Chunks of sixteen customers, so that they lie on both shards.
  await prepareCluster({ pg, url: servers.url }, { cluster: 'zhike_2', chunkBits: 4, slots: 16 })
  const placement = await openPlacement(pg, { pollMs: 20 })
  const ch = await connectClickHouseCluster({ url: servers.url, placement })
  await migrateClickHouse(ch, join(import.meta.dirname, '../../../db/clickhouse'))
  banks = [await openTestEngine(start), await openTestEngine(start, { pg, ch })]
  for (const bank of banks) await fill(bank)
}, 60_000)
afterAll(async () => {
  const [embedded, cluster] = banks
  await cluster?.ch.close()
  await embedded?.close()
  await database?.drop()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const event = (customerId: number, n: number, hoursAgo: number): TestEvent => ({
  ...{ name: 'pay', customerId, props: { amount: String(n) } },
  msg: `00000000-0000-4000-8000-${String(customerId * 100 + n).padStart(12, '0')}`,
  at: new Date(Date.parse(start) - hoursAgo * 3_600_000),
})

async function fill(bank: TestEngine): Promise<void> {
  await bank.customers(ids, { job: 'x' })
  await bank.events(ids.flatMap((id) => [event(id, 1, id), event(id, 2, 1)].slice(id % 2)))
  await bank.define(
    { key: 'n', type: 'number', source: { event: 'pay', agg: 'count' }, streaming: true },
    { key: 'sum', type: 'number', source: { event: 'pay', agg: 'sum', prop: 'amount', within: { days: 2 } } },
    { key: 'job', type: 'enum', source: { attribute: 'job' } },
    { key: 'rule', type: 'bool', source: { rule: { tag: 'n', is: 'gte', value: 2 } }, streaming: true },
    { key: 'band', type: 'enum', source: { bands: { tag: 'sum', cuts: [2], labels: ['low', 'high'] } } },
  )
}

/** The same on both; gives what it came to. */
async function onBoth(work: (bank: TestEngine) => Promise<unknown>): Promise<Record<number, string>[]> {
  const results: unknown[] = []
  for (const bank of banks) {
    const result = await work(bank)
    results.push([result, await Promise.all(keys.flatMap((key) => [bank.values(key), bank.told(key)]))])
  }
  expect(results[1]).toEqual(results[0])
  return (results[0] as [unknown, Record<number, string>[]])[1]
}

const run = (mode: 'full' | 'incremental') => async (bank: TestEngine) => {
  const { state, failed } = await bank.engine.runs.runNow('test', mode, keys)
  expect([state, failed]).toEqual(['done', []])
}

test.skipIf(obstacle)(
  'full, streaming, incremental, compacted: two shards give what one server gives',
  async () => {
    const [n] = await onBoth(run('full'))
    expect(Object.keys(n ?? {})).toHaveLength(64)
    await onBoth(async (bank) => {
      await bank.events([event(3, 5, 0), event(40, 5, 0), { ...event(6, 2, 1), ver: 2, isDeleted: true }])
      return bank.engine.updateCustomers([3, 6, 40], ['pay'])
    })
    const [, , , , , , rule] = await onBoth(async (bank) => {
      bank.setNow('2026-03-11T16:30:00Z')
      await bank.customers([9, 41], { job: 'y' }, 2)
      await run('incremental')(bank)
      const { items } = await bank.engine.history('sum')
      return items.map(({ mode, coverage, changed, distribution }) => [mode, coverage, changed, distribution])
    })
    expect(rule).toMatchObject({ 3: 'true', 6: 'false', 40: 'true' })
    await onBoth((bank) => bank.engine.compact(keys))
    await onBoth(run('full'))
  },
  60_000,
)
