import { aumTiers } from '#features/customers/common/aum-tier.ts'
import { addDays } from '#features/rules/common/bank-time.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

const date = (day: string): Sql => sql`toDate32(${typed('String', day)})`

/** Tiers are read on the average of this many days up to a date, never on one day's balance. */
const tierDays = 30

/** How many of the days `first`–`last` (both included) a balance row stood. */
const daysWithin = (first: string, last: string): Sql =>
  sql`greatest(0, toInt64(least(s.until, ${date(addDays(last, 1))})) - toInt64(greatest(s.since, ${date(first)})))`

const standsOn = (day: string): Sql => sql`s.since <= ${date(day)} AND s.until > ${date(day)}`

/**
 * Each customer with any balance up to `closing`, as rows (customer_id, opening, closing, opening_days, closing_days,
 * is_new, is_closed). `opening` and `closing` are AUM at the end of those days; `…_days` its sum over the `days` days
 * that end there, so an average without dividing; days before the first balance count as 0. New: no balance up to the
 * opening day. Closed: balances once, and nothing on any account at the closing day. `only` narrows `b.customer_id`.
 */
export function aumFacts(span: { opening: string; closing: string; days?: number }, only: Sql = sql`1`): Sql {
  const { opening, closing, days = tierDays } = span
  const sumDays = (last: string) =>
    sql`sum(toDecimal128(s.amount, 2) * ${daysWithin(addDays(last, 1 - days), last)})`
  return sql`
    SELECT s.customer_id AS customer_id,
      sumIf(toDecimal128(s.amount, 2), ${standsOn(opening)}) AS opening,
      sumIf(toDecimal128(s.amount, 2), ${standsOn(closing)}) AS closing,
      ${sumDays(opening)} AS opening_days,
      ${sumDays(closing)} AS closing_days,
      min(s.since) > ${date(opening)} AS is_new,
      maxIf(abs(s.amount), ${standsOn(closing)}) = 0 AS is_closed
    FROM (
      SELECT b.customer_id AS customer_id, b.class AS class, b.business_date AS since, b.amount AS amount,
        leadInFrame(b.business_date, 1, toDate32('2299-12-31')) OVER (
          PARTITION BY b.customer_id, b.class ORDER BY b.business_date
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until
      FROM balance AS b FINAL
      WHERE b.currency = 'CNY' AND b.business_date <= ${date(closing)} AND ${only}
    ) AS s
    GROUP BY s.customer_id`
}

/** The code of the tier of a sum over `days` days, as `tierOf` of the average; exact, for nothing is divided. */
export function tierOfDays(sumOfDays: Sql, days: number = tierDays): Sql {
  const [lowest, ...higher] = aumTiers
  const steps = higher
    .toReversed()
    .map(
      (tier) => sql`${sumOfDays} >= ${typed('Int64', tier.fromYuan * days)}, ${typed('String', tier.code)}`,
    )
  return sql`multiIf(${joinSql(steps, sql`, `)}, ${typed('String', lowest.code)})`
}
