import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** Where the values of a tag stand: those of its refresh, and what changed since. */
export type TagValues = { key: string; refreshId: number; hasRecent: boolean }

const ofRefresh = ({ key, refreshId }: TagValues): Sql =>
  sql`v.tag = ${typed('String', key)} AND v.refresh_id = ${typed('UInt64', refreshId)}`

/** A tag's values as they are now, as rows (customer_id, value, number): what changed since the refresh counts instead. */
export function tagRowsSql(tag: TagValues): Sql {
  const base = sql`
    SELECT v.customer_id AS customer_id, v.value AS value, v.number AS number FROM tag_value AS v WHERE ${ofRefresh(tag)}`
  if (!tag.hasRecent) return base
  const recent = sql`FROM tag_recent AS v FINAL WHERE ${ofRefresh(tag)}`
  return sql`
    ${base} AND v.customer_id NOT IN (SELECT v.customer_id ${recent})
    UNION ALL
    SELECT v.customer_id AS customer_id, assumeNotNull(v.value) AS value, v.number AS number ${recent} AND isNotNull(v.value)`
}
