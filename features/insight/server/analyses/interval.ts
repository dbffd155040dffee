import { lengthMs } from '#features/insight/common/frame.ts'
import { boundsUpTo, resolutionOf } from '#features/insight/common/funnel.ts'
import { IntervalAnswer, IntervalCell, IntervalQuery } from '#features/insight/common/interval.ts'
import { spreadOf, type Weighted } from '#features/insight/common/spread.ts'
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
} from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** Rows (customer_id, took): -1 for whoever started and did not finish in time. */
function rowsSql(query: IntervalQuery, frame: Pick<Frame, 'among'>, span: Span): Sql {
  const within = lengthMs(query.within)
  const read = { fromMs: span.fromMs, toMs: span.toMs + within }
  const isStart = sql`(${matches(query.first)} AND ${momentOf} < ${typed('Int64', span.toMs)})`
  const later = query.first.event === query.next.event ? sql`>` : sql`>=`
  return sql`
    SELECT w.customer_id AS customer_id, arrayMin(arrayFilter(t -> t ${later} w.start, w.ends)) AS reached,
      if(reached > 0 AND reached - w.start <= ${typed('Int64', within)}, reached - w.start, -1) AS took
    FROM (
      SELECT e.customer_id AS customer_id, minIf(${momentOf}, ${isStart}) AS start,
        groupArrayIf(${momentOf}, ${matches(query.next)}) AS ends
      FROM event AS e FINAL ${eventsOf([query.first.event, query.next.event], read)} AND ${isAmong(frame)}
      GROUP BY e.customer_id HAVING countIf(${isStart}) > 0) AS w`
}

const roundedTook = (resolution: number): Sql =>
  sql`if(x.took < 0, -1, intDiv(x.took, ${typed('Int64', resolution)}) * ${typed('Int64', resolution)})`

async function run(context: InsightContext, query: IntervalQuery) {
  const frame = await openFrame(context, query)
  const resolution = resolutionOf(lengthMs(query.within))
  const rows = addUp(
    await ask<{ took: string; n: number }>(
      context,
      sql`SELECT ${roundedTook(resolution)} AS took, count() AS n
        FROM (${rowsSql(query, frame, closedSpan(frame, context.now))}) AS x GROUP BY took`,
    ),
    ['took'],
    ['n'],
  )
  const times = rows.flatMap((row): Weighted[] => (Number(row.took) < 0 ? [] : [[Number(row.took), row.n]]))
  const bounds = boundsUpTo(Math.max(0, ...times.map(([took]) => took)))
  const time = spreadOf(times, { resolution, isWhole: true, bounds })
  return {
    ...frame.answer,
    started: rows.reduce((sum, row) => sum + row.n, 0),
    finished: time.count,
    time,
  }
}

/** Interval: how long customers take from one event to the next. */
export const interval: Analysis<typeof IntervalQuery, typeof IntervalAnswer, typeof IntervalCell> = {
  kind: 'interval',
  operation: 'Interval',
  query: IntervalQuery,
  answer: IntervalAnswer,
  cell: IntervalCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    const took = roundedTook(resolutionOf(lengthMs(query.within)))
    const holds = {
      started: sql`1`,
      finished: sql`x.took >= 0`,
      unfinished: sql`x.took < 0`,
    }[cell.of]
    const inTime = cell.took
      ? sql`${took} >= ${typed('Int64', cell.took.fromMs)} AND ${took} < ${typed('Int64', cell.took.toMs)}`
      : sql`1`
    return sql`
      SELECT x.customer_id AS customer_id FROM (${rowsSql(query, frame, closedSpan(frame, context.now))}) AS x
      WHERE ${holds} AND ${inTime}`
  },
}
