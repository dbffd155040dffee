import type { Rule } from '#features/rules/common/rule.ts'
import type { CreateTag } from '#features/tags/common/tag.ts'
import { type Caller, permissions, scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { benchLargestBank, benchTenMillion } from './bench-segment-bitmaps.ts'
import { type BenchOptions, type Measure, percentile, rounded, timed } from './measure.ts'

const customers = 1_000_000
const events = 3_000_000

async function seed({ app }: BenchApp): Promise<void> {
  const { ch } = app.parts
  await ch.command(
    sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id, state, is_provisional, attributes, ver)
    SELECT number + 1, concat('B', toString(number)), 2, 0, 'active', 0,
      map('age', toString(18 + sipHash64(number) % 60), 'job', arrayElement(['worker', 'teacher', 'doctor', 'student', 'retired'], 1 + sipHash64(number, 1) % 5),
          'payroll', if(sipHash64(number, 2) % 3 = 0, 'true', 'false')), 1
    FROM numbers(${typed('UInt64', customers)})`,
    { lane: 'jobs' },
  )
  await ch.command(
    sql`
    INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
    SELECT arrayElement(['app_opened', 'page_viewed', 'money_out'], 1 + number % 3), 1 + sipHash64(number, 3) % ${typed('UInt64', customers)},
      generateUUIDv4(), now64(3) - toIntervalSecond(sipHash64(number, 4) % 7776000), now64(3), 0, 'bench',
      map('page', arrayElement(['home', 'wealth', 'account'], 1 + intDiv(number, 3) % 3), 'amount', toString(sipHash64(number) % 5000)), 1, 0
    FROM numbers(${typed('UInt64', events)})`,
    { lane: 'jobs' },
  )
}

const caller: Caller = {
  staffId: 0,
  staffNo: 'bench',
  username: 'bench',
  name: 'bench',
  homeOrgId: 1,
  roles: ['hq_operator'],
  permissions: new Set(permissions),
  scopeOf: () => scopeOfEveryone,
}

async function defineTags({ app }: BenchApp): Promise<void> {
  const { tags } = app.parts
  const tag = (key: string, type: CreateTag['type']): CreateTag => ({
    key,
    name: { zh: key, en: key },
    type,
    source: { attribute: key },
    class: 'C1',
    description: '',
    unit: '',
    draft: false,
    expiresAt: null,
    refreshEveryMinutes: null,
  })
  for (const input of [tag('age', 'number'), tag('job', 'enum'), tag('payroll', 'bool')]) {
    await tags.create(caller, input)
    await tags.refresh(input.key)
  }
}

const rule: Rule = {
  all: [
    { tag: 'job', is: 'in', value: ['teacher', 'doctor', 'worker'] },
    {
      any: [
        { tag: 'payroll', is: 'eq', value: true },
        { tag: 'age', is: 'between', value: [30, 50] },
      ],
    },
    { did: 'app_opened', within: { days: 30 } },
    { not: { did: 'money_out', within: { days: 30 }, count: { is: 'gte', value: 3 } } },
  ],
}

/** The same five conditions written by hand as one query, as an analyst would. */
const byHand = sql`
  SELECT count() AS count FROM customer AS c FINAL
  WHERE c.attributes['job'] IN ('teacher', 'doctor', 'worker')
    AND (c.attributes['payroll'] = 'true' OR toUInt32OrZero(c.attributes['age']) BETWEEN 30 AND 50)
    AND c.customer_id IN (SELECT e.customer_id FROM event AS e FINAL WHERE e.name = 'app_opened' AND e.occurred_at >= now() - INTERVAL 30 DAY)
    AND c.customer_id NOT IN (
      SELECT e.customer_id FROM event AS e FINAL WHERE e.name = 'money_out' AND e.occurred_at >= now() - INTERVAL 30 DAY
      GROUP BY e.customer_id HAVING count() >= 3)`

/** All measures of segments: events and tags of a million customers, then bitmaps of ten and of 550 million. */
export const benchSegments = async (options: BenchOptions): Promise<Measure[]> => [
  ...(await benchEstimate(options)),
  ...(await benchTenMillion(options)),
  ...(await benchLargestBank(options)),
]

/** segment.estimate_p95_ms: a rule of five leaves over one million customers and three million events. */
async function benchEstimate({ seconds }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    await seed(bench)
    await defineTags(bench)
    const { segments, ch, customers: copied } = bench.app.parts
    await copied.settleCustomers()
    const estimate = () => segments.estimate(scopeOfEveryone, rule)
    const raw = () => ch.query(byHand)
    await estimate()
    await raw()
    const times: number[] = []
    const rawTimes: number[] = []
    const until = performance.now() + seconds * 1000
    while (performance.now() < until || times.length < 20) {
      times.push(await timed(estimate))
      if (times.length % 5 === 0) rawTimes.push(await timed(raw))
    }
    const p95 = percentile(times, 0.95)
    const rawP95 = percentile(rawTimes, 0.95)
    return [
      {
        name: 'segment.estimate_p95_ms',
        value: rounded(p95),
        unit: 'ms',
        ratio: rounded(p95 / rawP95),
        of: 'the same conditions as one hand-written query',
      },
      { name: 'segment.estimate_p50_ms', value: rounded(percentile(times, 0.5)), unit: 'ms' },
    ]
  } finally {
    await bench.close()
  }
}
