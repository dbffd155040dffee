import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import type { AnswerFrame, EventFilter, FrameQuery } from '#features/insight/common/frame.ts'
import { insightError } from '#features/insight/common/insight-errors.ts'
import type { InsightContext } from '#features/insight/server/analysis.ts'
import { type Span, spanOf } from '#features/rules/common/bank-time.ts'
import { isOwnEvent, whereSql } from '#features/rules/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** When and of whom, as SQL needs it and as the answer says it. */
export type Frame = {
  span: Span
  /** Rows (customer_id): customers in scope and audience. */
  among: Sql
  answer: AnswerFrame
}

const isoOf = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)

/** Reads period and audience of a question. */
export async function openFrame(context: InsightContext, query: FrameQuery): Promise<Frame> {
  const { scope, rules, now, timeZone, options } = context
  const span = spanOf(query.period, now, timeZone)
  const [{ count }, among] = await Promise.all([
    rules.count(scope, query.audience ?? { all: [] }, { path: 'audience' }, options),
    amongSql(context, query),
  ])
  const period = { from: isoOf(span.fromMs), to: isoOf(span.toMs) }
  return { span, among, answer: { asOf: now.toISOString(), exact: true, period, base: count } }
}

/** Rows (customer_id): customers in scope and audience. */
export const amongSql = async (
  { scope, rules }: InsightContext,
  { audience }: Pick<FrameQuery, 'audience'>,
): Promise<Sql> => (audience ? rules.memberIdsSql(scope, audience) : rules.universeSql(scope))

/** A period with a beginning and an end; one that is open at its end ends now. */
export function closedSpan({ span }: Pick<Frame, 'span'>, now: Date): Span {
  if (span.fromMs === -Infinity) throw insightError('INSIGHT_PERIOD_OPEN', {})
  return { fromMs: span.fromMs, toMs: span.toMs === Infinity ? now.getTime() + 1 : span.toMs }
}

// The engine's DateTime64 holds 1900 to 2299.
const earliestMs = Date.UTC(1900, 0, 1)
const latestMs = Date.UTC(2299, 11, 31)
const instant = (ms: number): Sql =>
  sql`fromUnixTimestamp64Milli(${typed('Int64', Math.min(Math.max(ms, earliestMs), latestMs))}, 'UTC')`

/** Whether a time lies in a half-open span. */
export const timeIn = (column: Sql, { fromMs, toMs }: Span): Sql =>
  sql`(${column} >= ${instant(fromMs)} AND ${column} < ${instant(toMs)})`

/** The moment of an event row with the alias e, in milliseconds. */
export const momentOf: Sql = sql`toUnixTimestamp64Milli(e.occurred_at)`

/** Events of these names in a span, behind `FROM event AS e FINAL`; more conditions follow with AND. No names: any that customers did themselves. */
export function eventsOf(names: readonly string[], span: Span): Sql {
  const wide = { fromMs: span.fromMs - mostSkewMs, toMs: span.toMs + mostSkewMs }
  const named =
    names.length === 0 ? isOwnEvent : sql`e.name IN ${typed('Array(String)', [...new Set(names)])}`
  return sql`PREWHERE ${named} AND ${timeIn(sql`e.client_at`, wide)} WHERE ${timeIn(sql`e.occurred_at`, span)}`
}

/** Whether an event row with the alias e is one of those asked for. */
export const matches = ({ event, where }: EventFilter): Sql =>
  sql`(e.name = ${typed('String', event)} AND ${whereSql(where)})`

/** Only customers in scope and audience. */
export const isAmong = ({ among }: Pick<Frame, 'among'>): Sql => sql`e.customer_id IN (${among})`
