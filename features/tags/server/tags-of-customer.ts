import type { TagRow } from '#features/tags/server/tag-store.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** The values of one customer. Whoever asks has checked that the caller may see that customer. */
export async function readTagsOfCustomer(
  deps: { pg: Postgres; ch: ClickHouse },
  customerId: number,
  options: { includeC2: boolean },
) {
  const tags = await deps.pg.query<TagRow & { refresh_id: number; refreshed_at: Date }>(sql`
    SELECT t.* FROM tag AS t
    WHERE t.state = 'active' AND t.refresh_id IS NOT NULL AND (${options.includeC2} OR t.class = 'C1')
    ORDER BY t.key`)
  if (tags.length === 0) return []
  const keys = tags.map(
    (tag) =>
      sql`(${typed('String', tag.key)}, ${typed('UInt64', tag.refresh_id)}, ${typed('UInt32', customerId)})`,
  )
  const rows = await deps.ch.query<{ tag: string; value: string }>(sql`
    SELECT v.tag AS tag, v.value AS value FROM tag_value AS v
    WHERE (v.tag, v.refresh_id, v.customer_id) IN (${joinSql(keys, sql`, `)})`)
  const values = new Map(rows.map((row) => [row.tag, row.value]))
  return tags.flatMap((tag) => {
    const value = values.get(tag.key)
    if (value === undefined) return []
    return [
      { key: tag.key, name: tag.name, type: tag.type, value, refreshedAt: tag.refreshed_at.toISOString() },
    ]
  })
}
