import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIngest } from '#features/ingest/server/index.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { openTestApp, type TestApp } from './test-app.ts'

/**
 * One table of everything that may deliver a message again, over the whole program: whatever happens, counts, sums, a tag,
 * a segment and an attribute that was added to are what they were after the first delivery.
 */
let bank: TestApp
let dir: string
const start = new Date('2026-11-30T15:59:50Z') // ten seconds before midnight and month's end in Shanghai

beforeAll(async () => {
  bank = await openTestApp(start)
  dir = mkdtempSync(join(tmpdir(), 'zhike-once-'))
})
afterAll(async () => {
  await bank.close()
  rmSync(dir, { recursive: true, force: true })
})

type Message = Record<string, unknown>
type Delivery = { key: string; at: string; device: string; first: Message[] }

/** What one customer did, as messages that a client may send again. */
function delivery(key: string, at = start.toISOString()): Delivery {
  const customer = { userId: `C-${key}`, timestamp: at }
  const device = `device-${key}`
  return {
    ...{ key, at, device },
    first: [
      { ...customer, type: 'track', event: `e-${key}`, messageId: `${key}-1`, properties: { amount: 100 } },
      { ...customer, type: 'track', event: `e-${key}`, messageId: `${key}-2`, properties: { amount: 0.5 } },
      { ...customer, type: 'profile', operation: 'increment', messageId: `${key}-3`, traits: { points: 5 } },
      { ...customer, type: 'profile', operation: 'append', messageId: `${key}-4`, traits: { seen: 'home' } },
    ],
  }
}

async function collect(messages: readonly Message[], sentAt?: string): Promise<void> {
  const { ingest } = bank.app.parts
  const key = await ingest.keys.get('trusted')
  const answer = await ingest.collector.takeBatch(key, messages, { sentAt })
  expect(answer.rejected).toEqual([])
}

/** A loading process of its own on this database, with its own spool. */
const openIngest = (name: string) => {
  const { pg, ch, customers, audit } = bank.app.parts
  const own = { dataDir: join(dir, name), spoolLimitBytes: 1 << 28, log: () => {} }
  return createIngest({ pg, ch, customers, audit, clock: bank.clock, ...own })
}

type OtherIngest = Awaited<ReturnType<typeof openIngest>>

async function run(ingest: OtherIngest): Promise<void> {
  await ingest.start()
  await ingest.flush()
  await ingest.stop()
}

async function jobOf(call: Awaited<ReturnType<TestApp['as']>>, url: string): Promise<void> {
  await bank.runJob(await call('POST', url))
}

/** Everything that a repetition could change. */
async function measure({ key }: Delivery) {
  await bank.app.parts.ingest.flush()
  const { ch, pg, rules } = bank.app.parts
  const event = `e-${key}`
  const days: [from: string, to: string][] = [
    ['2026-10-01', '2026-12-01'],
    ['2026-11-30', '2026-12-01'],
    ['2026-12-01', '2027-01-01'],
  ]
  const counts = []
  for (const [from, to] of days)
    for (const more of [
      {},
      { count: { is: 'eq' as const, value: 2 } },
      { sum: { prop: 'amount', is: 'eq' as const, value: 100.5 } },
    ])
      counts.push((await rules.count(scopeOfEveryone, { did: event, within: { from, to }, ...more })).count)
  const hq = await bank.as('hq')
  await jobOf(hq, `/api/tags/n-${key}/refresh`)
  await jobOf(hq, `/api/segments/s-${key}/refresh`)
  const tag = (await hq('GET', `/api/tags/n-${key}/distribution`)).body.values
  const segment = (await hq('GET', `/api/segments/s-${key}`)).body.memberCount
  const rows = await ch.first<{ n: string }>(
    sql`SELECT count() AS n FROM event AS e FINAL WHERE e.name = ${typed('String', event)}`,
  )
  const customer = await pg.first<{ attributes: object }>(
    sql`SELECT c.attributes FROM customer AS c WHERE c.customer_no = ${`C-${key}`}`,
  )
  return { counts, tag, segment, rows: rows?.n, attributes: customer?.attributes }
}

async function define({ key }: Delivery): Promise<void> {
  const hq = await bank.as('hq')
  const name = { zh: key, en: key }
  const source = { event: `e-${key}`, agg: 'count' }
  const tag = await hq('POST', '/api/tags', { key: `n-${key}`, name, type: 'number', source })
  expect(tag.status).toBe(201)
  const rule = { did: `e-${key}`, count: { is: 'eq', value: 2 } }
  expect((await hq('POST', '/api/segments', { key: `s-${key}`, name: key, rule })).status).toBe(201)
}

const without = (messages: readonly Message[], ...fields: string[]) =>
  messages.map((message) =>
    Object.fromEntries(Object.entries(message).filter(([field]) => !fields.includes(field))),
  )

const withTime = (messages: readonly Message[], timestamp: number) =>
  messages.map((message) => ({ ...message, timestamp }))

const hours = (count: number) => count * 3_600_000
const moment = (byMs: number) => new Date(bank.clock.now().getTime() + byMs).toISOString()

const cases: [
  name: string,
  key: string,
  first: (d: Delivery) => Promise<void>,
  again: (d: Delivery) => Promise<void>,
][] = [
  [
    'twice in one batch and in the next',
    'batch',
    (d) => collect([...d.first, ...d.first]),
    (d) => collect(d.first),
  ],
  [
    'with another content',
    'content',
    (d) => collect(d.first),
    (d) =>
      collect(
        d.first.map((one) => ({
          ...one,
          properties: { amount: 7 },
          traits: one.operation === 'increment' ? { points: 1 } : { seen: 'x' },
        })),
      ),
  ],
  [
    'after midnight and the end of the month, with no time of its own',
    'timeless',
    (d) => collect(without(d.first, 'timestamp')),
    async (d) => {
      bank.clock.shift(20_000)
      await collect(without(d.first, 'timestamp'))
    },
  ],
  [
    'after midnight',
    'midnight',
    (d) => collect(d.first),
    async (d) => {
      bank.clock.shift(hours(30))
      await collect(d.first)
    },
  ],
  [
    'by a clock that was corrected before',
    'corrected-first',
    (d) => collect(d.first, moment(hours(-5))),
    (d) => collect(d.first),
  ],
  [
    'by a clock that was corrected meanwhile, into another month and day',
    'corrected-then',
    (d) => collect(d.first),
    (d) => collect(d.first, moment(hours(-5))),
  ],
  [
    'by a clock without a battery, later and in another month',
    'no-battery',
    (d) => collect(withTime(d.first, 0), new Date(5_000).toISOString()),
    async (d) => {
      bank.clock.shift(60_000)
      await collect(withTime(d.first, 0), new Date(9_000).toISOString())
    },
  ],
  [
    'after a login',
    'login',
    async (d) => {
      await collect([
        { type: 'identify', userId: `C-${d.key}`, messageId: `${d.key}-0`, timestamp: moment(-1000) },
      ])
      await collect(d.first.slice(2))
      await collect(without(d.first.slice(0, 2), 'userId').map((one) => ({ ...one, anonymousId: d.device })))
      await collect([
        {
          type: 'identify',
          userId: `C-${d.key}`,
          anonymousId: d.device,
          messageId: `${d.key}-9`,
          timestamp: moment(1000),
        },
      ])
    },
    async (d) => {
      await collect(d.first.map((one) => ({ ...one, anonymousId: d.device })))
      await collect(without(d.first.slice(0, 2), 'userId').map((one) => ({ ...one, anonymousId: d.device })))
    },
  ],
  [
    'by two collectors at once',
    'two',
    (d) => collect(d.first),
    async (d) => {
      const [one, two] = await Promise.all([openIngest('one'), openIngest('two')])
      const key = await bank.app.parts.ingest.keys.get('trusted')
      await Promise.all([one, two].map((other) => other.collector.takeBatch(key, d.first)))
      await Promise.all([run(one), run(two)])
    },
  ],
  [
    'by a segment that is loaded again, also by two processes at once',
    'replay',
    (d) => collect(d.first),
    async (d) => {
      const writer = await openIngest('written')
      const key = await bank.app.parts.ingest.keys.get('trusted')
      await writer.collector.takeBatch(key, d.first)
      await writer.stop(0)
      for (const copy of ['copy-1', 'copy-2'])
        cpSync(join(dir, 'written'), join(dir, copy), { recursive: true })
      await run(await openIngest('written'))
      await Promise.all([run(await openIngest('copy-1')), run(await openIngest('copy-2'))])
    },
  ],
]

test.each(cases)('a message that comes again %s changes nothing', async (_name, key, first, again) => {
  const one = delivery(key)
  await define(one)
  await first(one)
  const before = await measure(one)
  expect(before).toMatchObject({ rows: '2', segment: 1, attributes: { points: '5', seen: '["home"]' } })
  for (const laterMs of [1, 5000]) {
    bank.clock.set(new Date(start.getTime() + laterMs))
    await again(one)
  }
  bank.clock.set(start)
  expect(await measure(one)).toEqual(before)
})
