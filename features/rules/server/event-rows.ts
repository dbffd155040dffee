import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { platformFacts } from '#features/rules/common/platform-facts.ts'
import { isAmong, type RuleContext } from '#features/rules/server/rule-context.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

// The engine's DateTime64 holds 1900 to 2299.
const earliestMs = Date.UTC(1900, 0, 1)
const latestMs = Date.UTC(2299, 11, 31)

/** An instant; one beyond what the engine knows is the last it knows. */
export const instant = (ms: number): Sql =>
  sql`fromUnixTimestamp64Milli(${typed('Int64', Math.min(Math.max(ms, earliestMs), latestMs))}, 'UTC')`

/** Whether a time lies in a span. */
export const between = (column: Sql, { fromMs, toMs }: Span): Sql => {
  const from = fromMs === -Infinity ? sql`1` : sql`${column} >= ${instant(fromMs)}`
  return toMs === Infinity ? from : sql`${from} AND ${column} < ${instant(toMs)}`
}

const isNamed = (names: string | readonly string[]): Sql =>
  typeof names === 'string'
    ? sql`e.name = ${typed('String', names)}`
    : sql`e.name IN ${typed('Array(String)', names)}`

/** The client's own time is equal in all versions of a message, so it may filter first, as wide as clocks are corrected. */
const firstSql = (
  names: string | readonly string[],
  { fromMs, toMs }: Span,
  context: Pick<RuleContext, 'among'>,
): Sql => {
  const time = between(sql`e.client_at`, { fromMs: fromMs - mostSkewMs, toMs: toMs + mostSkewMs })
  return sql`PREWHERE ${isNamed(names)} AND ${isAmong(sql`e.customer_id`, context)} AND ${time}`
}

/**
 * The events asked for, by name and time, behind `FROM event AS e FINAL`; more conditions follow with AND. A repeated
 * message may have another occurred_at by a corrected clock, so that filters last; client_at leaves out whole months.
 */
export const eventsSql = (
  names: string | readonly string[],
  span: Span,
  context: Pick<RuleContext, 'among'> = {},
): Sql => sql`${firstSql(names, span, context)} WHERE ${between(sql`e.occurred_at`, span)}`

/**
 * Whoever did an event in that time. Name, customer and, unless a clock was corrected, time are the same in every version
 * of a message, so versions need no merging, except for customers with a deletion or a corrected clock: two thirds of such
 * a leaf's time went there.
 */
export function customersWhoDid(name: string, span: Span, context: Pick<RuleContext, 'among'>): Sql {
  const events = eventsSql(name, span, context)
  const unsure = sql`(
    SELECT e.customer_id FROM event AS e ${firstSql(name, span, context)}
    WHERE (e.is_deleted OR (e.occurred_at != e.client_at)) = 1)`
  return sql`
    SELECT e.customer_id AS customer_id FROM event AS e ${events} AND e.customer_id NOT IN ${unsure}
    UNION ALL
    SELECT e.customer_id AS customer_id FROM event AS e FINAL ${events} AND e.customer_id IN ${unsure}`
}

/** Whether an event row with the alias e is something its customer did. */
export const isOwnEvent: Sql = sql`e.name NOT IN ${typed('Array(String)', platformFacts)}`
