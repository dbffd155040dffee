import type { ListRow } from '#features/lists/server/list-store.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { PageQuery } from '#platform/common/http.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { idCursor, toPage } from '#platform/server/page.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

const customers = (scope: OrgScope): Sql =>
  sql`SELECT c.customer_id AS customer_id, c.customer_no AS customer_no FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')}`

/** Members of lists in scope, by key. */
export async function countMembers(
  ch: ClickHouse,
  scope: OrgScope,
  lists: readonly ListRow[],
): Promise<Map<string, number>> {
  if (lists.length === 0) return new Map()
  const pairs = lists.map(({ key, version }) => sql`(${typed('String', key)}, ${typed('UInt32', version)})`)
  const rows = await ch.query<{ list: string; n: string }>(
    sql`
      SELECT m.list AS list, count() AS n FROM list_member AS m FINAL
      WHERE (m.list, m.version) IN (${joinSql(pairs, sql`, `)})
        AND m.customer_id IN (SELECT s.customer_id FROM (${customers(scope)}) AS s) GROUP BY m.list`,
    { maxExecutionMs: 10_000 },
  )
  return new Map(rows.map((row) => [row.list, Number(row.n)]))
}

type Member = { customer_id: number; customer_no: string; value: string }

/** Members in scope, in the order of their ids. */
export async function pageOfMembers(
  ch: ClickHouse,
  scope: OrgScope,
  list: ListRow,
  { limit, cursor }: PageQuery,
) {
  const after = idCursor(cursor) ?? 0
  const rows = await ch.query<Member>(
    sql`
      SELECT m.customer_id AS customer_id, s.customer_no AS customer_no, m.value AS value
      FROM (
        SELECT m.customer_id AS customer_id, m.value AS value FROM list_member AS m FINAL
        WHERE m.list = ${typed('String', list.key)} AND m.version = ${typed('UInt32', list.version)}
          AND m.customer_id > ${typed('UInt32', Math.max(after, 0))}
          AND m.customer_id IN (SELECT s.customer_id FROM (${customers(scope)}) AS s)
        ORDER BY m.customer_id LIMIT ${typed('UInt32', limit + 1)}) AS m
      JOIN (${customers(scope)}) AS s ON s.customer_id = m.customer_id
      ORDER BY m.customer_id LIMIT ${typed('UInt32', limit + 1)}`,
    { maxExecutionMs: 10_000 },
  )
  return toPage(
    rows,
    limit,
    (row) => [row.customer_id],
    ({ customer_no, value }) => ({ customerNo: customer_no, value }),
  )
}
