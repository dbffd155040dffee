import { computing, writeOnEachShard } from '#features/tags/server/tag-work.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** How many customers of a tag changed, and by how many more or fewer it now covers. */
export type DiffCount = { changed: number; gained: number }

/** What a step found changed, by tag. */
export async function countDiff(ch: ClickHouse, workId: number): Promise<Map<string, DiffCount>> {
  const rows = await ch.query<{ tag: string; changed: string; now: string; before: string }>(
    sql`
      SELECT d.tag AS tag, count() AS changed, countIf(isNotNull(d.value)) AS now, countIf(d.had_value > 0) AS before
      FROM tag_diff AS d FINAL WHERE d.work_id = ${typed('UInt64', workId)} GROUP BY d.tag`,
    computing,
  )
  return new Map(
    rows.map((row) => [
      row.tag,
      { changed: Number(row.changed), gained: Number(row.now) - Number(row.before) },
    ]),
  )
}

/** Writes what a step found changed into the history; again with the same moment it replaces itself. */
export const writeDiffAsChanges = (ch: ClickHouse, workId: number, at: Date): Promise<void> =>
  writeOnEachShard(
    ch,
    sql`
    INSERT INTO tag_change (tag, customer_id, at, value, number, ver)
    SELECT d.tag, d.customer_id, ${typed("DateTime64(3, 'UTC')", at)}, d.value, d.number, d.work_id
    FROM tag_diff AS d FINAL WHERE d.work_id = ${typed('UInt64', workId)}`,
  )

/** Writes what a step found changed where readers look, under the refresh each tag shows; ver says whose word counts. */
export const writeDiffAsRecent = (
  ch: ClickHouse,
  workId: number,
  refreshes: readonly { key: string; refreshId: number }[],
  write: { at: Date; ver: number },
): Promise<void> => {
  const keys = typed(
    'Array(String)',
    refreshes.map(({ key }) => key),
  )
  const ids = typed(
    'Array(UInt64)',
    refreshes.map(({ refreshId }) => refreshId),
  )
  return writeOnEachShard(
    ch,
    sql`
    INSERT INTO tag_recent (tag, refresh_id, customer_id, value, number, at, ver)
    SELECT d.tag, arrayElement(${ids}, indexOf(${keys}, d.tag)), d.customer_id, d.value, d.number,
      ${typed("DateTime64(3, 'UTC')", write.at)}, ${typed('UInt64', write.ver)}
    FROM tag_diff AS d FINAL WHERE d.work_id = ${typed('UInt64', workId)} AND d.tag IN ${keys}`,
  )
}

/** Rows (tag, customer_id, value, said_now, old, had) of new values against those shown, of customers among. */
export type DiffInput = {
  /** Rows (customer_id, item). */
  items: Sql
  /** (tag, refresh) pairs that count now. */
  pairs: Sql
  hasRecent: boolean
  among: Sql
}

/**
 * New values against those shown now: rows (tag, customer_id, value, number, had_value, differs). A customer without any
 * value on both sides has no row.
 */
export function diffSql(
  { items, pairs, hasRecent, among }: DiffInput,
  everyRowOf: readonly string[] = [],
): Sql {
  const recent = hasRecent
    ? sql`
      UNION ALL
      SELECT v.tag, v.customer_id, tuple(v.value), CAST(NULL, 'Nullable(Float64)'), 2 FROM tag_recent AS v FINAL
      WHERE (v.tag, v.refresh_id) IN (${pairs}) AND v.customer_id IN (${among})`
    : sql``
  // Whoever has no value on either side is told of as well where a refresh under way may think otherwise.
  const everybody = everyRowOf.length
    ? sql`
      UNION ALL
      SELECT arrayJoin(${typed('Array(String)', everyRowOf)}), a.customer_id, tuple(CAST(NULL, 'Nullable(String)')),
        CAST(NULL, 'Nullable(Float64)'), 3 FROM (${among}) AS a`
    : sql``
  return sql`
    SELECT d.tag AS tag, d.customer_id AS customer_id, tupleElement(anyIf(d.said, d.source = 0), 1) AS value,
      anyIf(d.number, d.source = 0) AS number, tupleElement(argMaxIf(d.said, d.source, d.source IN (1, 2)), 1) AS old,
      toUInt8(isNotNull(old)) AS had_value, NOT (value <=> old) AS differs
    FROM (
      SELECT tupleElement(i.item, 1) AS tag, i.customer_id AS customer_id,
        tuple(CAST(tupleElement(i.item, 5), 'Nullable(String)')) AS said,
        if(tupleElement(i.item, 3) = 1, toFloat64OrNull(tupleElement(i.item, 5)), NULL) AS number, 0 AS source
      FROM (${items}) AS i WHERE isNotNull(tupleElement(i.item, 5))
      UNION ALL
      SELECT v.tag, v.customer_id, tuple(toNullable(v.value)), CAST(NULL, 'Nullable(Float64)'), 1 FROM tag_value AS v
      WHERE (v.tag, v.refresh_id) IN (${pairs}) AND v.customer_id IN (${among})${recent}${everybody}) AS d
    GROUP BY d.tag, d.customer_id`
}
