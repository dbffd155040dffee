import type { Flow } from '#features/breakpoints/common/flow.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { eventsSql, whereSql } from '#features/rules/server/index.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

const moment = sql`toUnixTimestamp64Milli(e.occurred_at)`
const text = (value: string) => typed('String', value)

/** Step events, reasons and pages of the period, one kind each: rows (customer_id, kind, at, step, msg, said). */
function flowEvents(flow: Flow, span: Span, among: Sql, item: Sql): Sql {
  const steps = flow.steps.map(
    ({ event, where }, nth) => sql`
      SELECT e.customer_id AS customer_id, 1 AS kind, ${moment} AS at, toInt16(${typed('Int16', nth)}) AS step,
        toString(e.msg) AS msg, e.props['error'] AS said, ${item} AS item
      FROM event AS e FINAL ${eventsSql(event, span)} AND ${whereSql(where)} AND e.customer_id IN (${among})`,
  )
  const other = (kind: number, name: string, prop: string, only: Sql) => sql`
      SELECT e.customer_id AS customer_id, ${typed('UInt8', kind)} AS kind, ${moment} AS at, toInt16(-1) AS step,
        toString(e.msg) AS msg, e.props[${text(prop)}] AS said, '' AS item
      FROM event AS e FINAL ${eventsSql(name, span)} AND ${only} AND e.customer_id IN (${among})`
  return joinSql(
    [
      ...steps,
      other(2, 'flow_abandoned', 'reason', sql`e.props['flow'] = ${text(flow.key)}`),
      other(3, 'page_viewed', 'page', sql`1`),
    ],
    sql` UNION ALL `,
  )
}

/** The state machine of attempts, as the words of `BreakpointQuery` have it: acc is (level, last, attempts), x (at, step, msg, item). */
function foldSql(steps: number, limitMs: number): Sql {
  const limit = typed('Int64', limitMs)
  const isGap = sql`x.1 - acc.2 > ${limit}`
  const fits = sql`x.2 <= acc.1 + 1`
  const isNew = sql`((acc.1 = -1 AND x.2 = 0) OR (acc.1 >= 0 AND ${isGap} AND ${fits}))`
  const isOn = sql`(acc.1 >= 0 AND NOT (${isGap}) AND ${fits})`
  const level = sql`if(x.2 = 0 AND ${isNew}, toInt16(0), greatest(acc.1, x.2))`
  const isDone = sql`${level} = ${typed('Int16', steps - 1)}`
  return sql`arrayFold((acc, x) -> (
      if(${isNew} OR ${isOn}, if(${isDone}, toInt16(-1), ${level}), acc.1),
      if(${isNew} OR ${isOn}, x.1, acc.2),
      multiIf(${isNew}, arrayPushBack(acc.3, (x.1, x.1, ${level}, x.4)),
        ${isOn}, arrayPushBack(arrayPopBack(acc.3), (acc.3[-1].1, x.1, ${level}, acc.3[-1].4)), acc.3)),
    p.steps, (toInt16(-1), toInt64(0), CAST([] AS Array(Tuple(Int64, Int64, Int16, String)))))`
}

/**
 * Attempts: rows (customer_id, started, last, step, is_done, is_stopped, next_started, next_is_done, reason_kind, reason, item);
 * next_started is 0 where the customer did not come back.
 */
export function attemptRows(flow: Flow, ask: { span: Span; among: Sql; item: Sql; nowMs: number }): Sql {
  const limitMs = flow.inactivityMinutes * 60_000
  const last = typed('Int16', flow.steps.length - 1)
  const inside = (list: Sql, to: Sql) =>
    sql`arrayFilter(o -> o.1 >= t.started AND o.1 <= ${to} AND o.3 != '', ${list})`
  const untilNext = sql`if(t.next_started = 0, toInt64(9000000000000000), t.next_started - 1)`
  return sql`
    SELECT r.customer_id AS customer_id, r.started AS started, r.last AS last, r.step AS step, r.is_done AS is_done,
      r.next_started AS next_started, r.next_is_done AS next_is_done, r.item AS item,
      NOT r.is_done AND ${typed('Int64', ask.nowMs)} - r.last > ${typed('Int64', limitMs)} AS is_stopped,
      multiIf(notEmpty(r.said), 'said', notEmpty(r.errors), 'error', notEmpty(r.seen), 'page', 'unknown') AS reason_kind,
      multiIf(notEmpty(r.said), r.said[-1].3, notEmpty(r.errors), r.errors[-1].3, notEmpty(r.seen), r.seen[-1].3, '') AS reason
    FROM (
      SELECT t.*, ${inside(sql`t.abandons`, untilNext)} AS said, ${inside(sql`t.step_errors`, sql`t.last`)} AS errors,
        ${inside(sql`t.pages`, sql`least(t.last + ${typed('Int64', limitMs)}, ${untilNext})`)} AS seen
      FROM (
        SELECT a.customer_id AS customer_id, a.abandons AS abandons, a.pages AS pages, a.step_errors AS step_errors,
          a.list[nth].1 AS started, a.list[nth].2 AS last, a.list[nth].3 AS step, a.list[nth].4 AS item,
          a.list[nth].3 = ${last} AS is_done,
          if(nth < length(a.list) AND a.list[nth].3 != ${last}, a.list[nth + 1].1, toInt64(0)) AS next_started,
          nth < length(a.list) AND a.list[nth].3 != ${last} AND a.list[nth + 1].3 = ${last} AS next_is_done
        FROM (
          SELECT p.customer_id AS customer_id, p.abandons AS abandons, p.pages AS pages,
            arrayMap(s -> (s.1, s.3, s.5), p.steps) AS step_errors, ${foldSql(flow.steps.length, limitMs)}.3 AS list
          FROM (
            SELECT f.customer_id AS customer_id,
              arraySort(groupArrayIf((f.at, f.step, f.msg, f.item, f.said), f.kind = 1)) AS steps,
              arraySort(groupArrayIf((f.at, f.msg, f.said), f.kind = 2)) AS abandons,
              arraySort(groupArrayIf((f.at, f.msg, f.said), f.kind = 3)) AS pages
            FROM (${flowEvents(flow, ask.span, ask.among, ask.item)}) AS f
            GROUP BY f.customer_id HAVING notEmpty(steps)
          ) AS p
        ) AS a ARRAY JOIN arrayEnumerate(a.list) AS nth
      ) AS t
    ) AS r`
}
