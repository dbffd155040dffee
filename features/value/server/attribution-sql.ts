import { lengthMs } from '#features/insight/common/frame.ts'
import type { Span } from '#features/rules/common/bank-time.ts'
import { amountOf, eventProperty, eventsSql, whereSql } from '#features/rules/server/index.ts'
import type { AttributionQuery, CreditModel } from '#features/value/common/value.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

const ms = (value: number): Sql => sql`${typed('Int64', Math.trunc(value))}`

/** Conversions of the period and the touches before them: rows (customer_id, at, msg, item, units, is_touch). */
function facts(query: AttributionQuery, span: Span, among: Sql): Sql {
  const before = { fromMs: span.fromMs - lengthMs(query.window), toMs: span.toMs }
  const by = typed('String', query.by)
  const touches = query.touches.map(
    ({ event, where }) => sql`
      SELECT e.customer_id AS customer_id, toUnixTimestamp64Milli(e.occurred_at) AS at, toString(e.msg) AS msg,
        if(mapContains(e.props, ${by}), concat('v', e.props[${by}]), '-') AS item, toInt256(0) AS units, 1 AS is_touch
      FROM event AS e FINAL ${eventsSql(event, before)} AND ${whereSql(where)} AND e.customer_id IN (${among})`,
  )
  const units = query.amount
    ? sql`toInt256(${amountOf(eventProperty(query.amount).text)} * 1000000000)`
    : sql`toInt256(1000000000)`
  return sql`${joinSql(touches, sql` UNION ALL `)} UNION ALL
    SELECT e.customer_id AS customer_id, toUnixTimestamp64Milli(e.occurred_at) AS at, toString(e.msg) AS msg, '' AS item,
      ${units} AS units, 0 AS is_touch
    FROM event AS e FINAL ${eventsSql(query.conversion.event, span)} AND ${whereSql(query.conversion.where)}
      AND e.customer_id IN (${among})`
}

/** Up to which part of its worth a conversion's first `i` of `n` touches come: differences add up to exactly the whole. */
const upTo: { readonly [M in CreditModel]: (i: Sql) => Sql } = {
  first: (i) => sql`if(${i} >= 1, u.units, toInt256(0))`,
  last: (i) => sql`if(${i} >= u.n, u.units, toInt256(0))`,
  linear: (i) => sql`intDiv(u.units * ${i}, u.n)`,
  position: (i) => sql`multiIf(${i} = 0, toInt256(0), ${i} >= u.n, u.units, u.n = 2, intDiv(u.units, 2),
    intDiv(u.units * (2 * (u.n - 2) + ${i} - 1), 5 * (u.n - 2)))`,
  decay: (i) => sql`multiIf(${i} = 0, toInt256(0), ${i} >= u.n, u.units,
    intDiv(u.units * toInt256(floor(u.upto[${i}] / u.upto[u.n] * 1099511627776)), toInt256(1099511627776)))`,
}

const models = Object.keys(upTo) as CreditModel[]
const creditSql = (model: CreditModel): Sql => sql`${upTo[model](sql`u.i`)} - ${upTo[model](sql`(u.i - 1)`)}`

/**
 * One row a conversion and touch before it (customer_id, conversion, worth, item, first, last, linear, position, decay) in
 * 10^-9 units; a conversion without touches is one row of the item `!` with its whole worth in every model.
 */
export function creditRows(query: AttributionQuery, span: Span, among: Sql): Sql {
  const rate = sql`(0.6931471805599453 / ${typed('Float64', lengthMs(query.halfLife))})`
  return sql`
    SELECT u.customer_id AS customer_id, u.conversion AS conversion, u.i <= 1 AS is_head, u.units AS worth,
      if(u.n = 0, '!', u.touches[u.i].3) AS item, ${joinSql(
        models.map((model) => sql`if(u.n = 0, u.units, ${creditSql(model)}) AS ${modelColumn[model]}`),
        sql`, `,
      )}
    FROM (
      SELECT w.customer_id AS customer_id, w.conversion AS conversion, w.units AS units, w.touches AS touches, w.upto AS upto,
        toInt64(length(w.touches)) AS n,
        arrayJoin(if(empty(w.touches), [toInt64(0)], arrayMap(x -> toInt64(x), arrayEnumerate(w.touches)))) AS i
      FROM (
        SELECT c.customer_id AS customer_id, c.one.2 AS conversion, c.one.3 AS units, c.one.1 AS at,
          arrayFilter(t -> t.1 <= at AND t.1 >= at - ${ms(lengthMs(query.window))}, c.touches) AS touches,
          arrayCumSum(arrayMap(t -> exp((t.1 - at) * ${rate}), touches)) AS upto
        FROM (
          SELECT p.customer_id AS customer_id, p.touches AS touches, arrayJoin(p.conversions) AS one FROM (
            SELECT f.customer_id AS customer_id,
              arraySort(groupArrayIf((f.at, f.msg, f.item), f.is_touch = 1)) AS touches,
              ${query.once ? sql`arraySlice(arraySort(groupArrayIf((f.at, f.msg, f.units), f.is_touch = 0)), 1, 1)` : sql`groupArrayIf((f.at, f.msg, f.units), f.is_touch = 0)`} AS conversions
            FROM (${facts(query, span, among)}) AS f GROUP BY f.customer_id
          ) AS p
        ) AS c
      ) AS w
    ) AS u`
}

const modelColumn: { readonly [M in CreditModel]: Sql } = {
  first: sql`credit_first`,
  last: sql`credit_last`,
  linear: sql`credit_linear`,
  position: sql`credit_position`,
  decay: sql`credit_decay`,
}

/** Rows by item: how many customers, touches, heads of conversions, their worth, and credit by model as text. */
export const creditByItem = (rows: Sql): Sql => sql`
  SELECT r.item AS item, uniqExact(r.customer_id) AS customers, count() AS touches, countIf(r.is_head) AS conversions,
    toString(sumIf(r.worth, r.is_head)) AS worth, ${joinSql(
      models.map((model) => sql`toString(sum(r.${modelColumn[model]})) AS ${modelColumn[model]}`),
      sql`, `,
    )}
  FROM (${rows}) AS r GROUP BY r.item`

/** Customers with credit of an item in a model. */
export const creditedCustomers = (rows: Sql, item: string, model: CreditModel): Sql => sql`
  SELECT DISTINCT r.customer_id AS customer_id FROM (${rows}) AS r
  WHERE r.item = ${typed('String', item)} AND r.${modelColumn[model]} != 0`
