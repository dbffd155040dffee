import type { z } from 'zod'
import { insightError } from '#features/insight/common/insight-errors.ts'
import { RetentionAnswer, RetentionCell, RetentionQuery } from '#features/insight/common/retention.ts'
import { bucketOf, bucketsOf } from '#features/insight/server/analyses/trend.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { addUp, ask } from '#features/insight/server/ask.ts'
import {
  closedSpan,
  eventsOf,
  type Frame,
  isAmong,
  matches,
  momentOf,
  openFrame,
  timeIn,
} from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

const dayMs = 86_400_000
const longest = { day: dayMs, week: 7 * dayMs, month: 31 * dayMs }

/** Buckets of the cohorts, and those in which their customers may still return. */
function calendar({ timeZone }: InsightContext, query: RetentionQuery, span: Span) {
  const cohorts = bucketsOf(span, query.size, timeZone).length
  const ahead = { fromMs: span.fromMs, toMs: span.toMs + (query.periods + 2) * longest[query.size] }
  const starts = bucketsOf(ahead, query.size, timeZone).slice(0, cohorts + query.periods + 1)
  return { cohorts, starts, end: starts.at(-1) ?? span.toMs }
}
type Calendar = ReturnType<typeof calendar>

const nth = (moment: Sql, { starts }: Calendar): Sql =>
  sql`transform(${bucketOf(moment, starts)}, ${typed('Array(Int64)', starts)}, ${typed(
    'Array(UInt16)',
    starts.map((_, index) => index),
  )}, toUInt16(0))`

/** Rows (customer_id, begun, returned): buckets (counted from 0) in which a customer began and did the return event. */
function rowsSql(query: RetentionQuery, frame: Pick<Frame, 'among'>, span: Span, days: Calendar): Sql {
  const isFirst = query.cohort === 'first'
  const read = { fromMs: isFirst ? -Infinity : span.fromMs, toMs: days.end }
  const starts = sql`${matches(query.start)}`
  const inPeriod = timeIn(sql`e.occurred_at`, span)
  const afterwards = timeIn(sql`e.occurred_at`, { fromMs: span.fromMs, toMs: days.end })
  const bucket = nth(momentOf, days)
  const begun = isFirst
    ? sql`if(countIf(${starts}) > 0 AND argMinIf(${inPeriod}, e.occurred_at, ${starts}), [argMinIf(${bucket}, e.occurred_at, ${starts})], [])`
    : sql`groupUniqArrayIf(${bucket}, ${starts} AND ${inPeriod})`
  return sql`
    SELECT e.customer_id AS customer_id, ${begun} AS begun,
      groupUniqArrayIf(${bucket}, ${matches(query.returning)} AND ${afterwards}) AS returned
    FROM event AS e FINAL ${eventsOf([query.start.event, query.returning.event], read)} AND ${isAmong(frame)}
    GROUP BY e.customer_id HAVING notEmpty(begun)`
}

async function run(context: InsightContext, query: RetentionQuery) {
  const frame = await openFrame(context, query)
  const span = closedSpan(frame, context.now)
  const days = calendar(context, query, span)
  const most = typed('UInt16', query.periods)
  const rows = addUp(
    await ask<{ cohort: number; period: number; n: number }>(
      context,
      sql`
      SELECT y.cohort AS cohort, y.period AS period, count() AS n FROM (
        SELECT arrayJoin(x.begun) AS cohort, arrayJoin(arrayConcat([toInt32(0)], arrayFilter(p -> p >= 1 AND p <= ${most},
          arrayMap(b -> toInt32(b) - toInt32(cohort), x.returned)))) AS period
        FROM (${rowsSql(query, frame, span, days)}) AS x) AS y
      GROUP BY y.cohort, y.period`,
    ),
    ['cohort', 'period'],
    ['n'],
  )
  const counts = new Map(rows.map((row) => [`${row.cohort}|${row.period}`, row.n]))
  const now = context.now.getTime()
  const cohorts = days.starts.slice(0, days.cohorts).map((start, cohort) => ({
    from: new Date(start).toISOString(),
    customers: counts.get(`${cohort}|0`) ?? 0,
    returned: Array.from({ length: query.periods }, (_, index) =>
      (days.starts[cohort + index + 1] ?? Infinity) > now
        ? null
        : (counts.get(`${cohort}|${index + 1}`) ?? 0),
    ),
  }))
  const average = Array.from({ length: query.periods }, (_, index) => {
    const ended = cohorts.filter((_, cohort) => (days.starts[cohort + index + 2] ?? Infinity) <= now)
    const sum = (of: (one: (typeof cohorts)[number]) => number) =>
      ended.reduce((all, one) => all + of(one), 0)
    return { returned: sum((one) => one.returned[index] ?? 0), of: sum((one) => one.customers) }
  })
  return { ...frame.answer, cohorts, average }
}

/** Retention: how many of those who began come back in the days, weeks or months after. */
export const retention: Analysis<typeof RetentionQuery, typeof RetentionAnswer, typeof RetentionCell> = {
  kind: 'retention',
  operation: 'Retention',
  query: RetentionQuery,
  answer: RetentionAnswer,
  cell: RetentionCell,
  run,
  async customers(context, query, cell: z.output<typeof RetentionCell>) {
    const frame = await openFrame(context, query)
    const span = closedSpan(frame, context.now)
    const days = calendar(context, query, span)
    const cohort = days.starts.slice(0, days.cohorts).indexOf(Date.parse(cell.cohort))
    if (cohort < 0 || cell.period > query.periods) throw insightError('INSIGHT_CELL_UNKNOWN', {})
    const has = sql`has(x.returned, ${typed('UInt16', cohort + cell.period)})`
    const returned = cell.period === 0 ? sql`1` : cell.lost ? sql`NOT ${has}` : has
    return sql`
      SELECT x.customer_id AS customer_id FROM (${rowsSql(query, frame, span, days)}) AS x
      WHERE has(x.begun, ${typed('UInt16', cohort)}) AND ${returned}`
  },
}
