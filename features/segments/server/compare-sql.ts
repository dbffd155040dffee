import { tagRowsSql } from '#features/rules/server/index.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** A tag whose values can be compared: where they stand. */
export type ComparableTag = {
  key: string
  name: { zh: string; en: string }
  type: 'bool' | 'enum' | 'number' | 'date'
  refreshId: number
  hasBitmaps: boolean
  hasRecent: boolean
}

/** Two sets of customers, each as rows (chunk, members). */
export type Groups = { one: Sql; other: Sql }

// Named once, both sets are constants of the query: no row of a tag carries a copy of them, as a join would.
const withGroups = ({ one, other }: Groups): Sql => sql`
  WITH (SELECT groupBitmapMergeState(b.members) FROM (${one}) AS b) AS one,
    (SELECT groupBitmapMergeState(b.members) FROM (${other}) AS b) AS other`

const refreshesOf = (tags: readonly ComparableTag[]): Sql =>
  joinSql(
    tags.map(({ key, refreshId }) => sql`(${typed('String', key)}, ${typed('UInt64', refreshId)})`),
    sql`, `,
  )

/** Sizes of both sets and of everyone, as one row. */
export const sizesSql = (groups: Groups, universe: Sql): Sql => sql`
  ${withGroups(groups)}
  SELECT bitmapCardinality(one) AS one_size, bitmapCardinality(other) AS other_size,
    (SELECT sum(bitmapCardinality(b.members)) FROM (${universe}) AS b) AS base`

/** Rows (tag, value, one, other): how many of each set have a value, by the bitmaps of a refresh. */
export function bitmapCountsSql(groups: Groups, tags: readonly ComparableTag[], chunkBits: number): Sql {
  const base = sql`FROM tag_bitmap AS v WHERE (v.tag, v.refresh_id) IN (${refreshesOf(tags)})`
  const hasRecent = tags.some((tag) => tag.hasRecent)
  const rows = hasRecent
    ? sql`
      SELECT v.tag AS tag, v.value AS value, v.chunk AS chunk, bitmapAndnot(v.members, r.touched) AS members
      FROM (SELECT v.tag AS tag, v.value AS value, v.chunk AS chunk, v.members AS members ${base}) AS v
      LEFT JOIN (${touchedSql(tags, chunkBits)}) AS r ON r.tag = v.tag AND r.chunk = v.chunk`
    : sql`SELECT v.tag AS tag, v.value AS value, v.chunk AS chunk, v.members AS members ${base}`
  // A bitmap written twice is the same bitmap: it counts once.
  return sql`
    ${withGroups(groups)}
    SELECT c.tag AS tag, c.value AS value, sum(c.one_count) AS one_count, sum(c.other_count) AS other_count FROM (
      SELECT v.tag AS tag, v.value AS value, v.chunk AS chunk, max(bitmapAndCardinality(v.members, one)) AS one_count,
        max(bitmapAndCardinality(v.members, other)) AS other_count
      FROM (${rows}) AS v GROUP BY tag, value, chunk) AS c
    GROUP BY tag, value HAVING one_count > 0 OR other_count > 0`
}

const touchedSql = (tags: readonly ComparableTag[], chunkBits: number): Sql => sql`
  SELECT t.tag AS tag, toUInt32(bitShiftRight(t.customer_id, ${typed('UInt8', chunkBits)})) AS chunk,
    groupBitmapState(t.customer_id) AS touched
  FROM tag_recent AS t WHERE (t.tag, t.refresh_id) IN (${refreshesOf(tags)}) GROUP BY tag, chunk`

/** The same for what changed since the refresh. */
export const recentCountsSql = (groups: Groups, tags: readonly ComparableTag[]): Sql => sql`
  ${withGroups(groups)}
  SELECT v.tag AS tag, assumeNotNull(v.value) AS value, countIf(bitmapContains(one, v.customer_id)) AS one_count,
    countIf(bitmapContains(other, v.customer_id)) AS other_count
  FROM tag_recent AS v FINAL
  WHERE (v.tag, v.refresh_id) IN (${refreshesOf(tags)}) AND isNotNull(v.value)
  GROUP BY tag, value HAVING one_count > 0 OR other_count > 0`

const numberOf = ({ type }: ComparableTag): Sql => {
  if (type === 'number') return sql`r.number`
  return type === 'date' ? sql`toFloat64(toDate32OrNull(r.value))` : sql`CAST(NULL AS Nullable(Float64))`
}

/**
 * Rows (tag, and for each set: customers with a value, how many of them are numbers, mean, variance) of tags whose values
 * are too many for bitmaps. The variance is worked out around the mean, not from a sum of squares.
 */
export function rowMomentsSql(groups: Groups, tags: readonly ComparableTag[]): Sql {
  const values = tags.map(
    (tag) => sql`
      SELECT ${typed('String', tag.key)} AS tag, r.customer_id AS customer_id, ${numberOf(tag)} AS number
      FROM (${tagRowsSql(tag)}) AS r`,
  )
  const side = (name: Sql, prefix: Sql): Sql => sql`
    countIf(v.${name}) AS ${prefix}_count, countIf(v.${name} AND isNotNull(v.number)) AS ${prefix}_numbers,
    avgIf(assumeNotNull(v.number), v.${name} AND isNotNull(v.number)) AS ${prefix}_mean,
    varPopStableIf(assumeNotNull(v.number), v.${name} AND isNotNull(v.number)) AS ${prefix}_variance`
  return sql`
    ${withGroups(groups)}
    SELECT v.tag AS tag, ${side(sql`is_one`, sql`one`)}, ${side(sql`is_other`, sql`other`)}
    FROM (
      SELECT u.tag AS tag, u.number AS number, bitmapContains(one, u.customer_id) AS is_one,
        bitmapContains(other, u.customer_id) AS is_other
      FROM (${joinSql(values, sql` UNION ALL `)}) AS u) AS v
    WHERE v.is_one OR v.is_other GROUP BY v.tag`
}
