import { addDays, type Span } from '#features/rules/common/bank-time.ts'
import { amountOf, eventProperty, eventsSql, whereSql } from '#features/rules/server/index.ts'
import type { LtvQuery } from '#features/value/common/value.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

export type LtvContext = { timeZone: string; nowMs: number; today: string; among: Sql }

const zone = ({ timeZone }: LtvContext) => typed('String', timeZone)
const date = (day: string): Sql => sql`toDate32(${typed('String', day)})`

const cohortOf = (day: Sql, grain: LtvQuery['grain']): Sql =>
  grain === 'week' ? sql`toDate32(toMonday(${day}))` : sql`toDate32(toStartOfMonth(${day}))`

/** Whole weeks or months from a cohort to a period's first day. */
const ageOf = (period: Sql, cohort: Sql, grain: LtvQuery['grain']): Sql =>
  grain === 'week'
    ? sql`intDiv(dateDiff('day', ${cohort}, ${period}), 7)`
    : sql`dateDiff('month', ${cohort}, ${period})`

/** Customers with their cohort: rows (customer_id, started_at in ms, first_day, cohort). */
export function cohortRows(query: LtvQuery, span: Span, context: LtvContext): Sql {
  const first = sql`min(e.occurred_at)`
  const from = typed('Int64', Math.max(span.fromMs, Date.UTC(1970, 0, 1)))
  return sql`
    SELECT e.customer_id AS customer_id, toUnixTimestamp64Milli(${first}) AS started_at,
      toDate32(${first}, ${zone(context)}) AS first_day, ${cohortOf(sql`toDate32(${first}, ${zone(context)})`, query.grain)} AS cohort
    FROM event AS e FINAL ${eventsSql(query.start.event, { fromMs: -Infinity, toMs: Math.min(span.toMs, context.nowMs + 1) })}
      AND ${whereSql(query.start.where)} AND e.customer_id IN (${context.among})
    GROUP BY e.customer_id HAVING toUnixTimestamp64Milli(${first}) >= ${from}`
}

/** Worth of events: rows (customer_id, age, worth in 10^-9). */
function eventWorth(
  query: LtvQuery,
  worth: Extract<LtvQuery['worth'], { event: unknown }>,
  cohorts: Sql,
  context: LtvContext,
): Sql {
  const period = cohortOf(sql`toDate32(e.occurred_at, ${zone(context)})`, query.grain)
  return sql`
    SELECT w.customer_id AS customer_id, c.cohort AS cohort, ${ageOf(sql`w.period`, sql`c.cohort`, query.grain)} AS age, sum(w.worth) AS worth
    FROM (
      SELECT e.customer_id AS customer_id, toUnixTimestamp64Milli(e.occurred_at) AS at, ${period} AS period,
        toInt256(${amountOf(eventProperty(worth.amount).text)} * 1000000000) AS worth
      FROM event AS e FINAL ${eventsSql(worth.event.event, { fromMs: -Infinity, toMs: context.nowMs + 1 })}
        AND ${whereSql(worth.event.where)} AND e.customer_id IN (${context.among})
    ) AS w INNER JOIN (${cohorts}) AS c ON c.customer_id = w.customer_id
    WHERE w.at >= c.started_at GROUP BY customer_id, cohort, age`
}

/** Worth of assets: the AUM of each day, from the first one on up to yesterday's end or today's so far, times the rate. */
function aumWorth(query: LtvQuery, ratePercent: number, cohorts: Sql, context: LtvContext): Sql {
  const step = query.grain
  const ages = typed('UInt32', query.ages)
  const begin = step === 'week' ? sql`(s.cohort + 7 * age)` : sql`toDate32(addMonths(s.cohort, age))`
  const end = step === 'week' ? sql`(s.cohort + 7 * (age + 1))` : sql`toDate32(addMonths(s.cohort, age + 1))`
  const days = sql`greatest(0, toInt64(least(s.until, ${end}, ${date(addDays(context.today, 1))})) - toInt64(greatest(s.since, ${begin}, s.first_day)))`
  // Percent with four decimals of a year of 365 days, in 10^-9 of a yuan: amount × days × rate ÷ (100 × 365).
  const rate = typed('Int64', Math.round(ratePercent * 10_000))
  return sql`
    SELECT s.customer_id AS customer_id, s.cohort AS cohort, arrayJoin(range(${ages})) AS age,
      intDiv(sum(toInt256(s.amount * 100) * ${days}) * ${rate} * toInt256(1000000000), toInt256(36500000000)) AS worth
    FROM (
      SELECT b.customer_id AS customer_id, toDecimal128(b.amount, 2) AS amount, c.cohort AS cohort, c.first_day AS first_day,
        b.business_date AS since,
        leadInFrame(b.business_date, 1, toDate32('2299-12-31')) OVER (
          PARTITION BY b.customer_id, b.class ORDER BY b.business_date
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until
      FROM (SELECT * FROM balance AS b FINAL WHERE b.currency = 'CNY' AND b.business_date <= ${date(context.today)}
              AND b.customer_id IN (${context.among})) AS b
      INNER JOIN (${cohorts}) AS c ON c.customer_id = b.customer_id
    ) AS s GROUP BY customer_id, cohort, age`
}

/** Worth by customer and age: rows (customer_id, cohort, age, worth in 10^-9). */
export function worthRows(query: LtvQuery, span: Span, context: LtvContext): Sql {
  const cohorts = cohortRows(query, span, context)
  return 'ratePercent' in query.worth
    ? aumWorth(query, query.worth.ratePercent, cohorts, context)
    : eventWorth(query, query.worth, cohorts, context)
}

/** The first day of a cohort's age, and whether it has begun or ended by today. */
export function ageState(
  cohort: string,
  age: number,
  grain: LtvQuery['grain'],
  today: string,
): 'ahead' | 'underWay' | 'complete' {
  const firstOf = (nth: number): string => {
    if (grain === 'week') return addDays(cohort, 7 * nth)
    const day = new Date(`${cohort}T00:00:00Z`)
    day.setUTCMonth(day.getUTCMonth() + nth)
    return day.toISOString().slice(0, 10)
  }
  if (firstOf(age) > today) return 'ahead'
  return firstOf(age + 1) > today ? 'underWay' : 'complete'
}
