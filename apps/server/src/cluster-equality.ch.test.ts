import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIngest } from '#features/ingest/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { connectClickHouseCluster } from '#platform/server/clickhouse/clickhouse.ts'
import { startTestCluster, type TestCluster } from '#platform/server/clickhouse/clickhouse-cluster-testing.ts'
import { findTestServerObstacle } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import { migrateClickHouse } from '#platform/server/clickhouse/migrate-clickhouse.ts'
import { prepareCluster } from '#platform/server/placement/cluster.ts'
import { openPlacement } from '#platform/server/placement/open-placement.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { at, fillBank, numbers } from './cluster-bank-testing.ts'
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

beforeAll(async () => {
  if (obstacle) return
  servers = await startTestCluster(dir, 2)
  const cluster = await openTestApp(undefined, openWarehouse)
  apps = { embedded: await openTestApp(), cluster }
  await fillBank(apps.embedded, dir)
  await fillBank(apps.cluster, dir)
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

const openPeriod = { period: { from: '2026-10-25', to: '2026-11-10' } }

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
  estimate({ sequence: [{ did: 'looked' }, { did: 'transfer' }] }),
  estimate({
    sequence: [
      { did: 'transfer', where: [{ prop: 'amount', is: 'gte', value: 10 }] },
      { did: 'transfer', where: [{ prop: 'amount', is: 'lt', step: 0, of: 'amount' }] },
    ],
    duration: { minutes: 1 },
  }),
  estimate({ did: 'transfer', first: true, within: { days: 3000 } }),
  estimate({ sample: { percent: 37.5, salt: 'spring' } }),
  estimate({ top: { tag: 'total', n: 13 } }),
  estimate({ top: { tag: 'total', n: 7, order: 'asc', of: { org: 'O2' } } }),
  estimate({ all: [{ org: 'O1' }, { not: { top: { tag: 'total', n: 40, of: { did: 'looked' } } } }] }),
  estimate({ tag: 'job', is: 'eq', value: 'teacher', at: '2199-01-01' }),
  estimate({ near: { lat: 0, lng: 0, km: 25_000 }, did: 'transfer' }),
  ['GET', '/api/tags/job'],
  ['GET', '/api/tags/job/distribution'],
  ['GET', '/api/tags/total/distribution'],
  ['GET', '/api/segments/lookers'],
  ['GET', '/api/segments/lookers/members?limit=7'],
  ['GET', '/api/segments/lookers/why/C12'],
  ['GET', '/api/campaigns/spring'],
  ['GET', '/api/campaigns/spring/funnel'],
  ['GET', '/api/campaigns/spring/report'],
  estimate({ did: 'seen' }),
  [
    'POST',
    '/api/insight/trend',
    { ...openPeriod, event: { event: 'transfer' }, prop: 'amount', by: { tag: 'job' } },
  ],
  [
    'POST',
    '/api/insight/funnel',
    {
      ...openPeriod,
      steps: [{ event: 'transfer' }, { event: 'bought' }],
      window: { days: 3 },
      by: { org: 'branch' },
    },
  ],
  [
    'POST',
    '/api/insight/retention',
    { ...openPeriod, start: { event: 'transfer' }, returning: { event: 'bought' }, size: 'day', periods: 3 },
  ],
  ['POST', '/api/insight/path', { ...openPeriod, anchor: { event: 'transfer' }, gapMinutes: 4000 }],
  ['POST', '/api/insight/session', openPeriod],
  [
    'POST',
    '/api/insight/distribution',
    { ...openPeriod, event: { event: 'transfer' }, of: 'sum', prop: 'amount' },
  ],
  [
    'POST',
    '/api/insight/interval',
    { ...openPeriod, first: { event: 'transfer' }, next: { event: 'bought' } },
  ],
  [
    'POST',
    '/api/insight/heat',
    { ...openPeriod, event: { event: 'slot_clicked' }, page: 'slot', element: 'campaign' },
  ],
  [
    'POST',
    '/api/insight/funnel/customers',
    {
      query: {
        ...openPeriod,
        steps: [{ event: 'transfer' }, { event: 'bought' }],
        audience: { segment: 'lookers' },
      },
      ...{ cell: { step: 2 }, limit: 7 },
    },
  ],
  ['GET', '/api/home'],
  ['GET', '/api/event-names'],
  ['GET', '/api/customers?limit=50'],
])('%s %s is the same on a cluster (case %#)', async (method, path, body) => {
  const [one, other] = [await apps.embedded.as('hq'), await apps.cluster.as('hq')]
  const [embedded, cluster] = [await one(method, path, body), await other(method, path, body)]
  expect(embedded.status, embedded.text).toBe(200)
  expect(without(cluster.body)).toEqual(without(embedded.body))
})

test.skipIf(obstacle)('what is compared is not nothing', async () => {
  const hq = await apps.cluster.as('hq')
  const { body } = await hq('GET', '/api/campaigns/spring/funnel')
  expect(body.eligible).toBe(100)
  for (const step of ['control', 'clicked', 'converted', 'tasks'])
    expect(Number(body[step])).toBeGreaterThan(5)
})

test.skipIf(obstacle)(
  'GET /api/cluster shows what each shard holds, to those who run the system',
  async () => {
    const [admin, operator] = [await apps.cluster.as('admin'), await apps.cluster.as('rm1')]
    const { status, body } = await admin('GET', '/api/cluster')
    expect(status).toBe(200)
    const shards = body.shards as { chunks: number; slots: number; rows: number; bytes: number }[]
    expect(body).toMatchObject({ kind: 'cluster', cluster: 'zhike_2', version: 1, chunkSize: 16, move: null })
    expect(shards.map((shard) => shard.slots)).toEqual([8, 8])
    for (const { chunks, rows, bytes } of shards) expect(Math.min(chunks, rows, bytes)).toBeGreaterThan(0)
    expect((await operator('GET', '/api/cluster')).status).toBe(403)
    const alone = await (await apps.embedded.as('admin'))('GET', '/api/cluster')
    expect(alone.body).toMatchObject({ kind: 'embedded', cluster: null, shards: [] })
  },
)

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

/** A loading process of its own on the cluster, with its own spool. */
const openLoader = (name: string) => {
  const { pg, ch, customers, audit } = apps.cluster.app.parts
  const own = { dataDir: join(dir, name), spoolLimitBytes: 1 << 28, log: () => undefined }
  return createIngest({ pg, ch, customers, audit, clock: apps.cluster.clock, ...own })
}

const countOf = async (event: string) => {
  const row = await apps.cluster.app.parts.ch.first<{ n: string; ids: string }>(
    sql`SELECT count() AS n, uniqExact(e.customer_id) AS ids FROM event AS e FINAL WHERE e.name = ${typed('String', event)}`,
  )
  return [Number(row?.n), Number(row?.ids)]
}

const newcomers = (event: string) =>
  numbers.map((n) => ({
    ...{ type: 'track', event, userId: `${event}-${n}`, messageId: `${event}${n}`, timestamp: at(n) },
  }))

test.skipIf(obstacle)('two whole loaders given the same messages at once count each once', async () => {
  const loaders = await Promise.all(['one', 'two'].map(openLoader))
  await Promise.all(loaders.map((loader) => loader.start()))
  await Promise.all(
    loaders.map(async (loader) => {
      const key = await loader.keys.get('trusted')
      const answer = await loader.collector.takeBatch(key, newcomers('twice'))
      expect(answer.rejected).toEqual([])
      await loader.flush()
    }),
  )
  expect(await countOf('twice')).toEqual([100, 100])
  const customers = await apps.cluster.app.parts.pg.first<{ n: number }>(
    sql`SELECT count(*)::int AS n FROM customer AS c WHERE c.customer_no LIKE 'twice-%'`,
  )
  expect(customers?.n).toBe(100)
  await Promise.all(loaders.map((loader) => loader.stop()))
})

test.skipIf(obstacle)('with a shard down the spool takes events; the loader goes on by itself', async () => {
  const { ingest } = apps.cluster.app.parts
  const key = await ingest.keys.get('trusted')
  const take = async (event: string) =>
    expect((await ingest.collector.takeBatch(key, newcomers(event))).rejected).toEqual([])
  await servers.kill(2)
  await take('down')
  await expect(ingest.flush(1)).rejects.toMatchObject({ code: 'INGEST_BEHIND' })
  await take('down')
  await take('later')
  await servers.start(2)
  await ingest.flush()
  expect(await countOf('down')).toEqual([100, 100])
  expect(await countOf('later')).toEqual([100, 100])
})
