import { lengthMs, noGroup } from '#features/insight/common/frame.ts'
import { type FunnelQuery, isStrict } from '#features/insight/common/funnel.ts'
import { propertyItem } from '#features/insight/server/breakdown.ts'
import { eventsOf, type Frame, isAmong, matches, momentOf } from '#features/insight/server/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

// Each event of a customer becomes one number: its moment, then what it is. Sorted, they are in the order in which the
// funnel looks at them: at one instant exclusions first, then steps, the later ones first where instants must differ.
const codes = sql`64`
const firstStepCode = 32

type Coded = { code: number; condition: Sql; names: string }

/** What events may be: gaps that they close (code = gap), steps (code from 32 on). */
function codesOf({ steps, exclude, strict }: FunnelQuery): Coded[] {
  const gaps = steps.slice(1).map((_, nth) => nth + 1)
  const excluded = exclude.flatMap((one) =>
    (one.after === undefined ? gaps : [one.after]).map((gap) => ({
      ...{ code: gap, condition: matches(one), names: one.event },
    })),
  )
  const order = (nth: number) => (isStrict({ steps, strict }) ? steps.length - nth : nth + 1)
  return [
    ...excluded,
    ...steps.map((step, nth) => ({
      ...{ code: firstStepCode + order(nth), condition: matches(step), names: step.event },
    })),
  ]
}

const uint8 = (value: number) => typed('UInt8', value)

/** The code of an event; where it may be several things at once, an array of codes to join. */
function codeSql(coded: readonly Coded[]): Sql {
  const areApart = new Set(coded.map((one) => one.names)).size === coded.length
  if (areApart)
    return sql`multiIf(${joinSql(
      coded.map((one) => sql`${one.condition}, ${uint8(one.code)}`),
      sql`, `,
    )}, 0)`
  const each = coded.map((one) => sql`if(${one.condition}, ${uint8(one.code)}, 0)`)
  return sql`arrayJoin(arrayFilter(c -> c > 0, arrayDistinct([${joinSql(each, sql`, `)}])))`
}

const column = (name: string, nth: number): Sql => identifier(`${name}_${nth}`)

/**
 * The starts that chains carry: at every event, the latest first step from which a chain has come to step k by then. The
 * latest is enough: later starts leave more time, and starts never go back (0: no chain). An excluded event ends the
 * chains that wait in its gap.
 */
function startsSql(query: FunnelQuery): Sql {
  const { steps, exclude, strict } = query
  const order = (nth: number) => firstStepCode + (isStrict({ steps, strict }) ? steps.length - nth : nth + 1)
  const isGapClosed = (nth: number) =>
    nth < steps.length - 1 && exclude.some(({ after }) => after === undefined || after === nth + 1)
  const parts = steps.map((_, nth) => {
    const code = uint8(order(nth))
    const gap = uint8(nth + 1)
    const carried =
      nth === 0
        ? sql`arrayMap((t, c) -> if(c = ${code} AND t <= w.last_start, t, 0), w.t, w.c)`
        : isGapClosed(nth)
          ? sql`arrayMap((v, c) -> if(c = ${gap}, 0, v), ${column('s', nth - 1)}, w.c)`
          : column('s', nth - 1)
    const closes = isGapClosed(nth) ? sql` OR c = ${gap}` : sql``
    return sql`arrayFill((v, c) -> (c = ${code} AND v > 0) OR c = 0${closes}, ${carried}, w.c) AS ${column('s', nth)}`
  })
  return joinSql(parts, sql`, `)
}

/** Where in the events each step was first reached in time; 0: never. */
function reachedSql({ steps, strict, window }: FunnelQuery): Sql {
  const order = (nth: number) => firstStepCode + (isStrict({ steps, strict }) ? steps.length - nth : nth + 1)
  const longest = typed('UInt64', lengthMs(window))
  const parts = steps.map(
    (_, nth) => sql`arrayFirstIndex((v, t, c) -> c = ${uint8(order(nth))} AND v > 0 AND t - v <= ${longest},
      ${column('s', nth)}, w.t, w.c) AS ${column('r', nth)}`,
  )
  return joinSql(parts, sql`, `)
}

/** Events of the first step lie in the period; later ones up to a window beyond its end. */
const readSpan = (span: Span, query: FunnelQuery): Span => ({
  fromMs: span.fromMs,
  toMs: span.toMs + lengthMs(query.window),
})

/**
 * Rows (customer_id, own, level, took): the last step a customer reached and the milliseconds from the first step to
 * each step reached, at its first completion.
 */
export function funnelRows(query: FunnelQuery, frame: Pick<Frame, 'among'>, span: Span): Sql {
  const coded = codesOf(query)
  const names = coded.map((one) => one.names)
  const origin = typed('Int64', span.fromMs - 1)
  const ownOf = query.by && 'prop' in query.by ? propertyItem(query.by.prop) : undefined
  const firstCode = uint8(firstStepCode + (isStrict(query) ? query.steps.length : 1))
  // The group of a customer is that of their first event of the first step; ties by message.
  const own = ownOf
    ? sql`argMinIf(v.own, (v.at, v.msg), v.code = ${firstCode})`
    : sql`${typed('String', noGroup)}`
  const reached = query.steps.map((_, nth) => sql`(r.${column('r', nth)} > 0)`)
  const took = query.steps.map(
    (_, nth) => sql`r.t[r.${column('r', nth)}] - r.${column('s', nth)}[r.${column('r', nth)}]`,
  )
  return sql`
    SELECT r.customer_id AS customer_id, r.own AS own, ${joinSql(reached, sql` + `)} AS level,
      arraySlice([${joinSql(took, sql`, `)}], 1, level) AS took
    FROM (
      SELECT w.customer_id AS customer_id, w.own AS own, w.t AS t, ${startsSql(query)}, ${reachedSql(query)}
      FROM (
        SELECT v.customer_id AS customer_id, ${own} AS own, arraySort(groupArray(v.at * ${codes} + v.code)) AS sorted,
          arrayMap(x -> intDiv(x, ${codes}), arrayPushFront(sorted, toUInt64(0))) AS t,
          arrayMap(x -> toUInt8(x % ${codes}), arrayPushFront(sorted, toUInt64(0))) AS c,
          ${typed('UInt64', span.toMs - span.fromMs)} AS last_start
        FROM (
          SELECT e.customer_id AS customer_id, toUInt64(${momentOf} - ${origin}) AS at, ${codeSql(coded)} AS code
            ${ownOf ? sql`, e.msg AS msg, ${ownOf} AS own` : sql``}
          FROM event AS e FINAL ${eventsOf(names, readSpan(span, query))} AND ${isAmong(frame)}) AS v
        WHERE v.code > 0
        GROUP BY v.customer_id
        HAVING countIf(v.code = ${firstCode} AND v.at <= last_start) > 0) AS w) AS r
    WHERE r.r_0 > 0`
}
