import type { Span } from '#features/rules/common/bank-time.ts'
import { amountOf, eventProperty, eventsSql, whereSql } from '#features/rules/server/index.ts'
import type { RfmQuery } from '#features/value/common/value.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** The smallest values of groups 2 to 5, as text; a group nobody is in begins where the one above does. */
export type Bounds = { recency: string[]; frequency: string[]; monetary: string[] }
const parts = ['recency', 'frequency', 'monetary'] as const

/** What is measured: rows (customer_id, recency: day number, frequency, monetary in 10^-9), shard by shard. */
export const measuredRows = (query: RfmQuery, span: Span, among: Sql, timeZone: string): Sql => sql`
  SELECT e.customer_id AS customer_id, toInt128(toInt32(toDate32(max(e.occurred_at), ${typed('String', timeZone)}))) AS recency,
    toInt128(count()) AS frequency, toInt128(sum(${amountOf(eventProperty(query.amount).text)}) * 1000000000) AS monetary
  FROM event AS e FINAL ${eventsSql(query.event.event, span)} AND ${whereSql(query.event.where)}
    AND e.customer_id IN (${among})
  GROUP BY e.customer_id`

/** How many customers have each value: rows (part, value, customers); values stay as few as there are different ones. */
export const valueCounts = (measured: Sql): Sql => sql`
  SELECT v.part AS part, toString(v.value) AS value, count() AS customers FROM (
    SELECT arrayJoin([('recency', m.recency), ('frequency', m.frequency), ('monetary', m.monetary)]) AS one,
      one.1 AS part, one.2 AS value FROM (${measured}) AS m) AS v
  GROUP BY v.part, v.value`

/** The bounds of groups, over all customers: a value is in group 1 + ⌊5 × share strictly below⌋. */
export const boundsSql = (measured: Sql): Sql => sql`
  SELECT r.part AS part, toUInt8(g) AS grp, toString(minIf(r.value, r.own >= g)) AS bound, countIf(r.own >= g) > 0 AS is_taken
  FROM (
    SELECT c.part AS part, c.value AS value,
      1 + intDiv(5 * (sum(c.customers) OVER (PARTITION BY c.part ORDER BY c.value) - c.customers), sum(c.customers) OVER (PARTITION BY c.part)) AS own
    FROM (SELECT w.part AS part, toInt128(w.value) AS value, w.customers AS customers FROM (${valueCounts(measured)}) AS w) AS c
  ) AS r ARRAY JOIN [2, 3, 4, 5] AS g GROUP BY r.part, g`

const groupSql = (part: (typeof parts)[number], bounds: Bounds): Sql =>
  sql`toUInt8(1 + arrayCount(b -> m.${column[part]} >= toInt128(b), ${typed('Array(String)', bounds[part])}))`
const column = { recency: sql`recency`, frequency: sql`frequency`, monetary: sql`monetary` } as const

/** Customers with their groups: rows (customer_id, recency, frequency, monetary, amount in 10^-9). */
export const groupedRows = (measured: Sql, bounds: Bounds): Sql => sql`
  SELECT m.customer_id AS customer_id, ${groupSql('recency', bounds)} AS r, ${groupSql('frequency', bounds)} AS f,
    ${groupSql('monetary', bounds)} AS mon, m.monetary AS amount
  FROM (${measured}) AS m`
