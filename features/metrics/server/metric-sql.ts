import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import type { BaseFormula } from '#features/metrics/common/metric.ts'
import { daysIn, type Grain, type Period } from '#features/metrics/common/metric-period.ts'
import { aumFacts, tierOfDays } from '#features/metrics/server/aum-facts.ts'
import { addDays, startOfDate } from '#features/rules/common/bank-time.ts'
import { amountOf, eventProperty, eventsSql, isOwnEvent, whereSql } from '#features/rules/server/index.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

type EventsOf = Extract<BaseFormula, { events: unknown }>['events']
type AumOf = Extract<BaseFormula, { aum: unknown }>['aum']
type IntervalOf = Extract<BaseFormula, { interval: unknown }>['interval']

export type FlowContext = { timeZone: string; grain: Grain; scope: OrgScope; nowMs: number }

/** Per org unit of the owner: rows (period, org_id, numerator, denominator) as text, from rows (customer_id, period, numerator, denominator). */
export const byOrg = (scope: OrgScope, facts: Sql): Sql => sql`
  SELECT toString(f.period) AS period, c.org_id AS org_id, toString(sum(f.numerator)) AS numerator,
    toString(sum(f.denominator)) AS denominator
  FROM (${facts}) AS f
  INNER JOIN (SELECT o.customer_id AS customer_id, o.org_id AS org_id FROM customer AS o FINAL
              WHERE ${clickHouseScope(scope, 'o')}) AS c ON c.customer_id = f.customer_id
  GROUP BY f.period, c.org_id`

const zone = (context: FlowContext) => typed('String', context.timeZone)

/** The first day of the period an instant lies in. */
function periodSql(at: Sql, context: FlowContext): Sql {
  const day = sql`toDate32(${at}, ${zone(context)})`
  if (context.grain === 'day') return day
  return context.grain === 'week' ? sql`toDate32(toMonday(${day}))` : sql`toDate32(toStartOfMonth(${day}))`
}

const instant = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', ms)}, 'UTC')`

type Span = { fromMs: number; toMs: number }

/** Instants from the first to the last day of all periods, as far as they have come. */
const spanOfPeriods = (periods: readonly Period[], { timeZone, nowMs }: FlowContext): Span => ({
  fromMs: startOfDate(periods[0]?.first ?? '1970-01-01', timeZone),
  toMs: Math.min(nowMs + 1, startOfDate(addDays(periods.at(-1)?.last ?? '1970-01-01', 1), timeZone)),
})

/** Events of a name, or of any that customers did themselves: then only by time. */
function eventRows(name: string, span: Span): Sql {
  if (name !== '*') return sql`FROM event AS e FINAL ${eventsSql(name, span)}`
  return sql`FROM event AS e FINAL
    PREWHERE e.client_at >= ${instant(span.fromMs - mostSkewMs)} AND e.client_at < ${instant(span.toMs + mostSkewMs)}
    WHERE ${isOwnEvent} AND e.occurred_at >= ${instant(span.fromMs)} AND e.occurred_at < ${instant(span.toMs)}`
}

const ever = (toMs: number, { event }: EventsOf): Sql =>
  event === '*'
    ? sql`FROM event AS e FINAL WHERE ${isOwnEvent} AND e.occurred_at < ${instant(toMs)}`
    : sql`FROM event AS e FINAL ${eventsSql(event, { fromMs: -Infinity, toMs })}`

/** Rows (customer_id, period, numerator, denominator) of an events formula. */
export function eventsFacts(formula: EventsOf, periods: readonly Period[], context: FlowContext): Sql {
  const span = spanOfPeriods(periods, context)
  const where = whereSql(formula.where)
  if (formula.of === 'first')
    return sql`
      SELECT e.customer_id AS customer_id, ${periodSql(sql`min(e.occurred_at)`, context)} AS period,
        toDecimal128(1, 9) AS numerator, toDecimal128(0, 0) AS denominator
      ${ever(span.toMs, formula)} AND ${where}
      GROUP BY e.customer_id HAVING min(e.occurred_at) >= ${instant(span.fromMs)}`
  if (formula.of === 'returned') return returnedFacts(formula, span, context)
  const measure =
    formula.of === 'sum'
      ? sql`sum(${amountOf(eventProperty(formula.prop ?? '').text)})`
      : formula.of === 'count'
        ? sql`toDecimal128(count(), 9)`
        : sql`toDecimal128(1, 9)`
  return sql`
    SELECT e.customer_id AS customer_id, ${periodSql(sql`e.occurred_at`, context)} AS period,
      ${measure} AS numerator, toDecimal128(0, 0) AS denominator
    ${eventRows(formula.event, span)} AND ${where} GROUP BY customer_id, period`
}

/** Active on a day after at least `absentDays` whole days without, having been active before. */
function returnedFacts(formula: EventsOf, span: Span, context: FlowContext): Sql {
  const absent = typed('UInt32', formula.absentDays ?? 1)
  const start = sql`toDate32(${instant(span.fromMs)}, ${zone(context)})`
  const { grain } = context
  const period =
    grain === 'day'
      ? sql`r.day`
      : grain === 'week'
        ? sql`toDate32(toMonday(r.day))`
        : sql`toDate32(toStartOfMonth(r.day))`
  return sql`
    SELECT DISTINCT r.customer_id AS customer_id, ${period} AS period, toDecimal128(1, 9) AS numerator,
      toDecimal128(0, 0) AS denominator
    FROM (
      SELECT d.customer_id AS customer_id,
        arrayJoin(arrayFilter((day, nth) -> nth > 1 AND dateDiff('day', d.days[nth - 1], day) > ${absent}, d.days, arrayEnumerate(d.days))) AS day
      FROM (
        SELECT e.customer_id AS customer_id, arraySort(groupUniqArray(toDate32(e.occurred_at, ${zone(context)}))) AS days
        ${ever(span.toMs, formula)} AND ${whereSql(formula.where)} GROUP BY e.customer_id
      ) AS d
    ) AS r WHERE r.day >= ${start}`
}

/** Rows of an interval: milliseconds as numerator, how many as denominator (in milliseconds of an hour). */
export function intervalFacts(formula: IntervalOf, periods: readonly Period[], context: FlowContext): Sql {
  const span = spanOfPeriods(periods, context)
  const side = (name: string) => sql`
    SELECT e.customer_id AS customer_id, e.props[${typed('String', formula.by)}] AS thing,
      toUnixTimestamp64Milli(e.occurred_at) AS at, ${typed('UInt8', name === formula.from ? 1 : 0)} AS is_from
    FROM event AS e FINAL ${eventsSql(name, { fromMs: -Infinity, toMs: span.toMs })}
      AND mapContains(e.props, ${typed('String', formula.by)})`
  return sql`
    SELECT p.customer_id AS customer_id, ${periodSql(sql`fromUnixTimestamp64Milli(p.ended, 'UTC')`, context)} AS period,
      toDecimal128(sum(p.ended - p.started), 0) AS numerator, toDecimal128(count() * 3600000, 0) AS denominator
    FROM (
      SELECT x.customer_id AS customer_id, x.thing AS thing, minIf(x.at, x.is_from = 1) AS started,
        arrayMin(arrayFilter(at -> at >= started, groupArrayIf(x.at, x.is_from = 0))) AS ended,
        arrayExists(at -> at >= started, groupArrayIf(x.at, x.is_from = 0)) AND countIf(x.is_from = 1) > 0 AS is_done
      FROM (${side(formula.from)} UNION ALL ${side(formula.to)}) AS x GROUP BY x.customer_id, x.thing
    ) AS p
    WHERE p.is_done AND p.ended >= ${typed('Int64', span.fromMs)} GROUP BY customer_id, period`
}

/** Rows of an assets formula for one period, up to today at most. */
export function aumFactsOf(formula: AumOf, period: Period, today: string, only: Sql): Sql {
  const closing = period.last < today ? period.last : today
  const opening = addDays(period.first, -1)
  const days = daysIn({ first: period.first, last: closing })
  const facts =
    formula.of === 'average'
      ? aumFacts({ opening, closing, days }, only)
      : aumFacts({ opening, closing }, only)
  const openingTier = sql`if(a.is_new, 'new', ${tierOfDays(sql`a.opening_days`)})`
  const closingTier = tierOfDays(sql`a.closing_days`)
  const isIn = (tier: Sql) =>
    formula.tiers ? sql`${tier} IN ${typed('Array(String)', formula.tiers)}` : sql`1`
  const one = sql`toDecimal128(1, 9)`
  const measures: {
    readonly [O in AumOf['of']]: readonly [numerator: Sql, denominator: Sql, condition: Sql]
  } = {
    end: [sql`a.closing`, sql`toDecimal128(0, 0)`, sql`1`],
    average: [sql`a.closing_days`, sql`toDecimal128(0, 0)`, sql`1`],
    increment: [sql`a.closing - a.opening`, sql`toDecimal128(0, 0)`, isIn(openingTier)],
    customers: [one, sql`toDecimal128(0, 0)`, sql`NOT a.is_closed AND ${isIn(closingTier)}`],
    tierUp: [one, sql`toDecimal128(0, 0)`, sql`NOT a.is_new AND ${closingTier} > ${openingTier}`],
    tierDown: [one, sql`toDecimal128(0, 0)`, sql`NOT a.is_new AND ${closingTier} < ${openingTier}`],
  }
  const [numerator, denominator, condition] = measures[formula.of]
  return sql`
    SELECT a.customer_id AS customer_id, toDate32(${typed('String', period.first)}) AS period,
      ${numerator} AS numerator, ${denominator} AS denominator
    FROM (${facts}) AS a WHERE ${condition}`
}
