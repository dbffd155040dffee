import { insightError } from '#features/insight/common/insight-errors.ts'
import {
  eventBounds,
  lengthBounds,
  SessionAnswer,
  SessionCell,
  SessionQuery,
} from '#features/insight/common/session.ts'
import { spreadOf, type Weighted } from '#features/insight/common/spread.ts'
import { bucketOf, bucketsOf } from '#features/insight/server/analyses/trend.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { addUp, ask } from '#features/insight/server/ask.ts'
import {
  closedSpan,
  eventsOf,
  type Frame,
  isAmong,
  momentOf,
  openFrame,
} from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** Rows (customer_id, began, seconds, events), one for each session. */
function rowsSql(query: SessionQuery, frame: Pick<Frame, 'among'>, span: Span): Sql {
  const gap = typed('Int64', query.gapMinutes * 60_000)
  return sql`
    SELECT s.customer_id AS customer_id, s.run[1] AS began, intDiv(s.run[-1] - s.run[1], 1000) AS seconds,
      length(s.run) AS events
    FROM (
      SELECT w.customer_id AS customer_id,
        arrayJoin(arraySplit((t, pause) -> pause > ${gap}, w.times, arrayDifference(w.times))) AS run
      FROM (
        SELECT e.customer_id AS customer_id, arraySort(groupArray(${momentOf})) AS times
        FROM event AS e FINAL ${eventsOf(query.events, span)} AND ${isAmong(frame)} GROUP BY e.customer_id) AS w) AS s`
}

const below = (bounds: readonly number[], value: Sql): Sql =>
  sql`roundDown(toUInt64(${value}), ${typed('Array(UInt64)', bounds)})`

type Row = {
  of: string
  bucket: string
  long: string
  many: string
  seconds: string
  n: number
  customers: number
  bounces: number
  events: number
}

/** Sessions counted by bucket, by length, by events, by their exact seconds, and all: in one scan. */
async function readRows(context: InsightContext, rows: Sql, starts: readonly number[]): Promise<Row[]> {
  return addUp(
    await ask<Row>(
      context,
      sql`
      SELECT toString(grouping(r.bucket, r.long, r.many, r.seconds)) AS of, toString(r.bucket) AS bucket,
        toString(r.long) AS long, toString(r.many) AS many, toString(r.seconds) AS seconds, count() AS n,
        uniqExact(r.customer_id) AS customers, countIf(r.events = 1) AS bounces, sum(r.events) AS events
      FROM (
        SELECT x.customer_id AS customer_id, ${bucketOf(sql`x.began`, starts)} AS bucket, x.seconds AS seconds,
          ${below(lengthBounds, sql`x.seconds`)} AS long, ${below(eventBounds, sql`x.events`)} AS many, x.events AS events
        FROM (${rows}) AS x) AS r
      GROUP BY GROUPING SETS ((r.bucket), (r.long), (r.many), (r.seconds), ())`,
    ),
    ['of', 'bucket', 'long', 'many', 'seconds'],
    ['n', 'customers', 'bounces', 'events'],
  )
}

// Bits of grouping(): set where that column is not grouped by.
const sets = { bucket: '7', long: '11', many: '13', seconds: '14', all: '15' }

async function run(context: InsightContext, query: SessionQuery) {
  const frame = await openFrame(context, query)
  const span = closedSpan(frame, context.now)
  const starts = bucketsOf(span, query.size, context.timeZone)
  const rows = await readRows(context, rowsSql(query, frame, span), starts)
  const inSet = (of: string) => rows.filter((row) => row.of === of)
  const [all] = inSet(sets.all)
  const bins = (bounds: readonly number[], of: string, name: 'long' | 'many') =>
    bounds.map((from, nth) => {
      const found = inSet(of).find((row) => Number(row[name]) === from)
      return { from, to: bounds[nth + 1] ?? null, sessions: found?.n ?? 0, customers: found?.customers ?? 0 }
    })
  const seconds = inSet(sets.seconds).map((row): Weighted => [Number(row.seconds), row.n])
  return {
    ...frame.answer,
    ...{ sessions: all?.n ?? 0, customers: all?.customers ?? 0 },
    ...{ bounces: all?.bounces ?? 0, events: all?.events ?? 0 },
    buckets: starts.map((start) => {
      const found = inSet(sets.bucket).find((row) => Number(row.bucket) === start)
      return {
        from: new Date(start).toISOString(),
        sessions: found?.n ?? 0,
        customers: found?.customers ?? 0,
      }
    }),
    length: spreadOf(seconds, { resolution: 1, isWhole: true }),
    byLength: bins(lengthBounds, sets.long, 'long'),
    byEvents: bins(eventBounds, sets.many, 'many'),
  }
}

const inBin = (value: Sql, bin: { from: number; to: number | null } | undefined): Sql => {
  if (!bin) return sql`1`
  const from = sql`${value} >= ${typed('Float64', bin.from)}`
  return bin.to === null ? from : sql`${from} AND ${value} < ${typed('Float64', bin.to)}`
}

/** Sessions: how often customers come, how long they stay, and how much they do. */
export const session: Analysis<typeof SessionQuery, typeof SessionAnswer, typeof SessionCell> = {
  kind: 'session',
  operation: 'Session',
  query: SessionQuery,
  answer: SessionAnswer,
  cell: SessionCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    const span = closedSpan(frame, context.now)
    const starts = bucketsOf(span, query.size, context.timeZone)
    const start = cell.bucket === undefined ? undefined : Date.parse(cell.bucket)
    if (start !== undefined && !starts.includes(start)) throw insightError('INSIGHT_CELL_UNKNOWN', {})
    const bucket =
      start === undefined ? sql`1` : sql`${bucketOf(sql`x.began`, starts)} = ${typed('Int64', start)}`
    return sql`
      SELECT x.customer_id AS customer_id FROM (${rowsSql(query, frame, span)}) AS x
      WHERE ${bucket} AND ${inBin(sql`x.seconds`, cell.seconds)} AND ${inBin(sql`x.events`, cell.events)}
        AND ${cell.bounce ? sql`x.events = 1` : sql`1`}`
  },
}
