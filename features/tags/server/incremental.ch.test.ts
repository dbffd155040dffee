import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  dying,
  openTestEngine,
  type TestEngine,
  type TestEvent,
  type TestTag,
} from '#features/tags/server/tag-engine-testing.ts'
import { sql } from '#platform/common/sql.ts'
import { connectPostgres } from '#platform/server/postgres/postgres.ts'

const start = Date.parse('2026-03-10T15:30:00Z')
const hour = 3_600_000
let bank: TestEngine
beforeAll(async () => {
  bank = await openTestEngine(new Date(start).toISOString())
})
afterAll(() => bank.close())

const tagsOf = (side: 'x' | 'f'): TestTag[] => {
  const streaming = side === 'x'
  return [
    { key: `${side}-count`, type: 'number', source: { event: 'a', agg: 'count' }, streaming },
    {
      key: `${side}-sum`,
      type: 'number',
      source: { event: 'a', agg: 'sum', prop: 'n', within: { days: 2 } },
      streaming,
    },
    {
      key: `${side}-last`,
      type: 'enum',
      source: { event: 'b', agg: 'last', prop: 'n', within: { hours: 30 } },
    },
    { key: `${side}-top`, type: 'enum', source: { event: 'a', agg: 'top', prop: 'n' } },
    { key: `${side}-job`, type: 'enum', source: { attribute: 'job' } },
    {
      key: `${side}-rule`,
      type: 'bool',
      streaming,
      source: {
        rule: {
          any: [
            { tag: `${side}-sum`, is: 'gte', value: 10 },
            { did: 'b', within: { hours: 20 }, count: { is: 'gte', value: 2 } },
          ],
        },
      },
    },
    {
      key: `${side}-rule2`,
      type: 'bool',
      source: {
        rule: {
          all: [
            { not: { tag: `${side}-rule`, is: 'eq', value: true } },
            { tag: `${side}-job`, is: 'eq', value: 'x' },
          ],
        },
      },
    },
  ]
}
const keys = tagsOf('x').map(({ key }) => key)

const event = fc
  .record({
    name: fc.constantFrom('a', 'b'),
    customerId: fc.integer({ min: 1, max: 6 }),
    n: fc.integer({ min: 1, max: 14 }),
    ver: fc.integer({ min: 1, max: 3 }),
    isDeleted: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
  })
  // What repeats a message says the same, but for what a corrected clock made of its time.
  .map(({ n, ver, ...one }): TestEvent => {
    const at = new Date(start + (n - 9) * 11 * hour)
    const occurredAt = new Date(at.getTime() + (ver - 1) * 2 * hour)
    const msg = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    return { ...one, msg, at, occurredAt, ver, props: { n: String(n % 5) } }
  })

type Step =
  | { do: 'events'; events: TestEvent[]; isTold: boolean }
  | { do: 'wait'; hours: number }
  | { do: 'customer'; id: number; job: string }
  | { do: 'full' | 'compact' | 'both'; tag: number }
  | { do: 'incremental' }
  | { do: 'kill'; after: number; mode: 'full' | 'incremental' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      events: fc.array(event, { minLength: 1, maxLength: 5 }),
      isTold: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 30 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('customer' as const),
      id: fc.integer({ min: 1, max: 8 }),
      job: fc.constantFrom('x', 'y'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('full' as const, 'compact' as const, 'both' as const),
      tag: fc.nat({ max: keys.length - 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'incremental' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      after: fc.integer({ min: 0, max: 60 }),
      mode: fc.constantFrom('full' as const, 'incremental' as const),
    }),
  },
)

/** Computes in a process that ends in the middle, or is done before. */
async function computeAndDie(after: number, mode: 'full' | 'incremental'): Promise<void> {
  const pg = await connectPostgres(bank.url ?? '', { applicationName: 'dies' })
  let left = after
  const { ch, died } = dying(bank.ch, () => {
    left -= 1
    return left < 0
  })
  const run = bank.create({ pg, ch }).runs.runNow('test', mode, keys)
  await Promise.race([died, run])
  await bank.pg.execute(sql`
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
    WHERE a.application_name = 'dies' AND a.datname = current_database()`)
  void run.catch(() => undefined)
}

let customerVersion = 1
let now = start

async function take(one: Step): Promise<void> {
  const { engine } = bank
  const key = 'tag' in one ? (keys[one.tag] ?? '') : ''
  if (one.do === 'events') {
    await bank.events(one.events)
    const names = [...new Set(one.events.map(({ name }) => name))]
    const ids = [...new Set(one.events.map(({ customerId }) => customerId))]
    if (one.isTold) await engine.updateCustomers(ids, names)
  } else if (one.do === 'wait') {
    now += one.hours * hour
    bank.setNow(new Date(now))
  } else if (one.do === 'customer') {
    customerVersion += 1
    await bank.customers([one.id], { job: one.job }, customerVersion)
  } else if (one.do === 'full') await engine.refresh(key)
  else if (one.do === 'compact') await engine.compact([key])
  else if (one.do === 'both') {
    const ids = [1, 2, 3, 4, 5, 6]
    await Promise.all([
      engine.refresh(key),
      engine.updateCustomers(ids, 'all'),
      engine.updateCustomers(ids, ['a']),
    ])
  } else if (one.do === 'kill') await computeAndDie(one.after, one.mode)
  else await engine.runs.runNow('test', 'incremental', keys)
}

async function compare(): Promise<void> {
  const { engine } = bank
  await engine.runs.resume()
  expect(await engine.runs.runNow('test', 'incremental', keys)).toMatchObject({ state: 'done', failed: [] })
  await engine.runs.runNow(
    'test',
    'full',
    tagsOf('f').map(({ key }) => key),
  )
  for (const { key } of tagsOf('x')) {
    const values = await bank.values(key)
    expect(values, key).toEqual(await bank.values(key.replace('x-', 'f-')))
    expect(await bank.told(key), `${key} as its history tells`).toEqual(values)
    const row = await bank.pg.first<{ coverage: number }>(
      sql`SELECT t.coverage FROM tag AS t WHERE t.key = ${key}`,
    )
    expect(row?.coverage, `${key} coverage`).toBe(Object.keys(values).length)
  }
}

async function begin(first: readonly TestEvent[]): Promise<void> {
  for (const table of [
    'event',
    'customer',
    'tag_value',
    'tag_bitmap',
    'tag_recent',
    'tag_change',
    'tag_touched',
    'tag_diff',
  ])
    await bank.ch.command({ kind: 'sql', text: [`TRUNCATE TABLE ${table}`], values: [] })
  await bank.pg.execute(sql`DELETE FROM tag_run`)
  await bank.pg.execute(sql`DELETE FROM tag`)
  now = start
  bank.setNow(new Date(now))
  await bank.customers([1, 2, 3, 4, 5, 6], { job: 'x' })
  await bank.events(first, true)
  await bank.define(...tagsOf('x'), ...tagsOf('f'))
  await bank.engine.runs.runNow('test', 'full', keys)
}

test('whatever happens in whatever order, changes end at what a full recompute gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 12 }),
      fc.array(step, { minLength: 4, maxLength: 10 }),
      async (first, steps) => {
        await begin(first)
        for (const one of steps) await take(one)
        await compare()
      },
    ),
    { numRuns: Number(process.env.ZHIKE_TAG_RUNS ?? 2), endOnFailure: true },
  )
}, 300_000)
