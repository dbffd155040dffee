import { FunnelQuery } from '#features/insight/common/funnel.ts'
import { type Caller, permissions, scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, percentile, rounded, timed } from './measure.ts'

const fullCustomers = 1_000_000
const eventsEach = 50
const steps = ['app_opened', 'page_viewed', 'flow_started', 'flow_step', 'product_purchased']
const names = [...steps, 'logged_in', 'logged_out', 'money_out', 'slot_exposed', 'slot_clicked']
const eventsAtOnce = 5_000_000

/** A million customers with fifty events of ten names each over ninety days, the earlier steps more frequent. */
async function seed({ app }: BenchApp, customers: number): Promise<void> {
  const { ch } = app.parts
  const people = typed('UInt64', customers)
  await ch.command(
    sql`
    INSERT INTO customer (customer_id, customer_no, org_id, rm_staff_id, state, is_provisional, attributes, ver)
    SELECT number + 1, concat('B', toString(number)), 2, 0, 'active', 0, map(), 1 FROM numbers(${people})`,
    { lane: 'jobs' },
  )
  const weights = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7, 7, 8, 8, 9].map((nth) => names[nth] ?? '')
  const wanted = customers * eventsEach
  for (let from = 0; from < wanted; from += eventsAtOnce)
    await ch.command(
      sql`
      INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
      SELECT arrayElement(${typed('Array(String)', weights)}, 1 + sipHash64(number, 1) % 20), 1 + number % ${people},
        reinterpretAsUUID(sipHash128(number)), now64(3) - toIntervalSecond(sipHash64(number, 2) % 7776000), now64(3), 0, 'bench',
        map('page', arrayElement(['home', 'wealth', 'account'], 1 + sipHash64(number, 3) % 3)), 1, 0
      FROM numbers(${typed('UInt64', from)}, ${typed('UInt64', Math.min(eventsAtOnce, wanted - from))})`,
      { lane: 'jobs' },
    )
}

const caller: Caller = {
  ...{ staffId: 0, staffNo: 'bench', username: 'bench', name: 'bench', homeOrgId: 1, roles: ['hq_operator'] },
  permissions: new Set(permissions),
  scopeOf: () => scopeOfEveryone,
}

const question = FunnelQuery.parse({
  period: { days: 90 },
  window: { days: 7 },
  steps: steps.map((event) => ({ event })),
})

/** The engine's own function over the same rows: it gives the steps reached, and neither times nor customers. */
const windowFunnel = sql`
  SELECT f.level AS level, count() AS n FROM (
    SELECT windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(e.occurred_at)), e.name = 'app_opened', e.name = 'page_viewed',
      e.name = 'flow_started', e.name = 'flow_step', e.name = 'product_purchased') AS level
    FROM event AS e FINAL
    PREWHERE e.name IN ('app_opened', 'page_viewed', 'flow_started', 'flow_step', 'product_purchased')
    GROUP BY e.customer_id) AS f
  GROUP BY level
  SETTINGS do_not_merge_across_partitions_select_final = 1`

/** insight.funnel_ms: a funnel of five steps over fifty million events of a million customers, with times to convert. */
export async function benchInsight({ scale = 1 }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    await seed(bench, Math.max(1000, Math.round(fullCustomers * scale)))
    const { insight, ch } = bench.app.parts
    const ask = () => insight.run({ caller, scope: scopeOfEveryone }, 'funnel', question)
    const raw = () => ch.query(windowFunnel)
    await ask()
    await raw()
    const times: number[] = []
    const rawTimes: number[] = []
    for (let time = 0; time < 5; time += 1) {
      times.push(await timed(ask))
      rawTimes.push(await timed(raw))
    }
    const median = percentile(times, 0.5)
    return [
      {
        name: 'insight.funnel_ms',
        value: rounded(median),
        unit: 'ms',
        ratio: rounded(median / percentile(rawTimes, 0.5)),
        of: "the engine's windowFunnel over the same rows, without times to convert",
      },
    ]
  } finally {
    await bench.close()
  }
}
