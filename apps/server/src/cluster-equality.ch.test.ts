import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { connectClickHouseCluster } from '#platform/server/clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '#platform/server/clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import { prepareCluster } from '#platform/server/placement/cluster.ts'
import { openPlacement } from '#platform/server/placement/open-placement.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { clickHouseMigrations } from './engines.ts'
import { openTestApp, type TestApp } from './test-app.ts'

const dir = mkdtempSync(join(tmpdir(), 'zhike-equal-'))
const obstacle = await findTestServerObstacle(dir)

let servers: TestCluster
let apps: { embedded: TestApp; cluster: TestApp }

/** Chunks of sixteen customers, so that a hundred of them lie on both shards. */
const openWarehouse = async (pg: Postgres) => {
  await prepareCluster({ pg, url: servers.url }, { cluster: 'zhike_2', chunkBits: 4, slots: 16 })
  const placement = await openPlacement(pg, { pollMs: 20 })
  const ch = await connectClickHouseCluster({ url: servers.url, placement })
  await migrateClickHouse(ch, clickHouseMigrations)
  return { ch, drop: () => ch.close() }
}

const numbers = Array.from({ length: 100 }, (_, index) => index + 1)
const at = (index: number) => new Date(Date.UTC(2026, 10, 1, 2, 0, index)).toISOString()

/** A hundred customers with traits and transfers, half of them after they looked around anonymously. */
const batches = (): object[][] => [
  numbers.map((n) => ({
    type: 'identify',
    userId: `C${n}`,
    messageId: `i${n}`,
    timestamp: at(n),
    traits: { job: ['clerk', 'teacher', 'farmer'][n % 3]! },
  })),
  numbers.flatMap((n) => [
    {
      type: 'track',
      event: 'transfer',
      userId: `C${n}`,
      messageId: `t${n}`,
      timestamp: at(n),
      properties: { amount: n },
    },
    {
      type: 'track',
      event: 'transfer',
      userId: `C${n}`,
      messageId: `u${n}`,
      timestamp: at(n + 1),
      properties: { amount: 2 },
    },
  ]),
  numbers
    .filter((n) => n % 2 === 0)
    .map((n) => ({
      type: 'track',
      event: 'looked',
      anonymousId: `a${n}`,
      messageId: `l${n}`,
      timestamp: at(n),
    })),
  numbers
    .filter((n) => n % 4 === 0)
    .map((n) => ({
      type: 'identify',
      userId: `C${n}`,
      anonymousId: `a${n}`,
      messageId: `b${n}`,
      timestamp: at(n + 5),
    })),
]

async function fill(app: TestApp): Promise<void> {
  const all = batches()
  // The last batch once more: a repetition changes no count.
  for (const batch of [...all, all[1]!, all[3]!]) {
    const answer = await app.send(batch)
    expect(answer.status).toBe(200)
  }
  await app.app.parts.customers.syncCustomers()
  const hq = await app.as('hq')
  const make = async (path: string, body: object) => {
    const made = await hq('POST', path, body)
    expect(made.status, made.text).toBe(201)
    await app.runJob(await hq('POST', `${path}/${(body as { key: string }).key}/refresh`))
  }
  const tag = (key: string, type: string, source: object) => ({
    key,
    name: { zh: key, en: key },
    type,
    source,
  })
  await make('/api/tags', tag('job', 'enum', { attribute: 'job' }))
  await make('/api/tags', tag('total', 'number', { event: 'transfer', agg: 'sum', prop: 'amount' }))
  await make(
    '/api/tags',
    tag('movers', 'bool', { rule: { did: 'transfer', sum: { prop: 'amount', is: 'gte', value: 50 } } }),
  )
  const rule = { all: [{ tag: 'job', is: 'eq', value: 'clerk' }, { did: 'looked' }] }
  await make('/api/segments', { key: 'lookers', name: 'lookers', description: '', rule })
}

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 2)
  const cluster = await openTestApp(undefined, openWarehouse)
  apps = { embedded: await openTestApp(), cluster }
  await fill(apps.embedded)
  await fill(apps.cluster)
})
afterAll(async () => {
  await apps?.embedded.close()
  await apps?.cluster.close()
  await servers?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const without = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) =>
      ['asOf', 'refreshedAt', 'createdAt', 'updatedAt', 'lastAt', 'jobId'].includes(key) ? undefined : inner,
    ),
  )

const estimate = (rule: object): [string, string, object] => ['POST', '/api/segments/estimate', { rule }]

test.skipIf(obstacle).each<[method: string, path: string, body?: object]>([
  estimate({ did: 'transfer' }),
  estimate({ not: { did: 'looked' } }),
  estimate({
    all: [
      { tag: 'job', is: 'eq', value: 'teacher' },
      { tag: 'movers', is: 'eq', value: 'true' },
    ],
  }),
  estimate({ any: [{ segment: 'lookers' }, { did: 'transfer', count: { is: 'gte', value: 3 } }] }),
  ['GET', '/api/tags/job'],
  ['GET', '/api/tags/job/distribution'],
  ['GET', '/api/tags/total/distribution'],
  ['GET', '/api/segments/lookers'],
  ['GET', '/api/segments/lookers/members?limit=7'],
  ['GET', '/api/segments/lookers/why/C12'],
  ['GET', '/api/home'],
  ['GET', '/api/event-names'],
  ['GET', '/api/customers?limit=50'],
])('%s %s is the same on a cluster (case %#)', async (method, path, body) => {
  const [one, other] = [await apps.embedded.as('hq'), await apps.cluster.as('hq')]
  const [embedded, cluster] = [await one(method, path, body), await other(method, path, body)]
  expect(embedded.status, embedded.text).toBe(200)
  expect(without(cluster.body)).toEqual(without(embedded.body))
})

const rowsRead = async (app: TestApp, work: () => Promise<unknown>): Promise<number[]> => {
  const ask = async (fragment: Sql) =>
    (await app.app.parts.ch.onEachShard((shard) => shard.first<{ rows: string }>(fragment))).map((row) =>
      Number(row?.rows ?? 0),
    )
  const read = sql`SELECT value AS rows FROM system.events WHERE event = ${typed('String', 'SelectedRows')}`
  const before = await ask(read)
  await work()
  return (await ask(read)).map((rows, index) => rows - before[index]!)
}

test.skipIf(obstacle)('each of two shards does half of the work of one', async () => {
  const rule = { did: 'transfer', sum: { prop: 'amount', is: 'gte', value: 50 } } as const
  const count = (app: TestApp) => async () => {
    const call = await app.as('hq')
    await call('POST', '/api/segments/estimate', { rule })
  }
  const [alone] = await rowsRead(apps.embedded, count(apps.embedded))
  const shards = await rowsRead(apps.cluster, count(apps.cluster))
  expect(shards.length).toBe(2)
  expect(shards[0]! + shards[1]!).toBeGreaterThan(alone! * 0.9)
  for (const rows of shards) {
    expect(rows).toBeGreaterThan(alone! * 0.3)
    expect(rows).toBeLessThan(alone! * 0.7)
  }
})
