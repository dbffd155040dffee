import { identifier, joinSql, type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** A table of another feature whose rows follow their customer into a merge, and back out of it. */
export type MergeTable = {
  table: string
  /** Names a row; with the customer's id, where that is part of the table's key. */
  key: readonly string[]
  /** A customer has one row for each of these; where the survivor has it already, the other stays where it is. */
  unique: readonly string[]
}
export type MovedRows = Record<string, readonly (readonly string[])[]>

const same = (columns: readonly string[], left: string, right: string): Sql =>
  joinSql(
    columns.map(
      (column) => sql`${identifier(left)}.${identifier(column)} = ${identifier(right)}.${identifier(column)}`,
    ),
    sql` AND `,
  )

const isFree = ({ table, unique }: MergeTable, customerId: number): Sql =>
  unique.length === 0
    ? sql`true`
    : sql`NOT EXISTS (SELECT FROM ${identifier(table)} AS o
        WHERE o.customer_id = ${customerId}::bigint AND ${same(unique, 'o', 't')})`

/** Moves what a number has in these tables to the survivor; gives the keys of the moved rows by table. */
export async function moveRows(
  tx: PgRunner,
  tables: readonly MergeTable[],
  from: number,
  to: number,
): Promise<MovedRows> {
  const moved: Record<string, string[][]> = {}
  for (const each of tables) {
    const key = joinSql(
      each.key.map((column) => sql`t.${identifier(column)}::text`),
      sql`, `,
    )
    const rows = await tx.query<{ key: string[] }>(sql`
      UPDATE ${identifier(each.table)} AS t SET customer_id = ${to}::bigint
      WHERE t.customer_id = ${from}::bigint AND ${isFree(each, to)} RETURNING ARRAY[${key}] AS key`)
    if (rows.length > 0) moved[each.table] = rows.map((row) => row.key)
  }
  return moved
}

/** Gives rows that a merge moved back to their number. */
export async function returnRows(
  tx: PgRunner,
  tables: readonly MergeTable[],
  moved: MovedRows,
  from: number,
  to: number,
): Promise<void> {
  for (const each of tables) {
    const keys = moved[each.table]
    if (!keys) continue
    const isMoved = joinSql(
      each.key.map((column, index) => sql`t.${identifier(column)}::text = m.key ->> ${index}::int`),
      sql` AND `,
    )
    await tx.execute(sql`
      UPDATE ${identifier(each.table)} AS t SET customer_id = ${from}::bigint
      FROM jsonb_array_elements(${JSON.stringify(keys)}::jsonb) AS m(key)
      WHERE t.customer_id = ${to}::bigint AND ${isMoved} AND ${isFree(each, from)}`)
  }
}
