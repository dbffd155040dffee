import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** Stored members of a segment: those of a refresh, overlaid by what changed since; null: nobody yet. */
export type StoredMembers = { key: string; refreshId: number | null; hasRecent: boolean }

const isOf = ({ key, refreshId }: StoredMembers): Sql =>
  sql`m.segment = ${typed('String', key)} AND m.refresh_id = ${typed('UInt64', refreshId ?? 0)}`

/** Sources of the three bitmaps that make up stored members: the refresh, whoever changed since, whoever of those is in. */
const sourcesOf = (stored: StoredMembers, first: number, chunkBits: number): Sql[] => {
  if (stored.refreshId === null) return []
  const source = (nth: number) => sql`toUInt8(${typed('UInt8', first + nth)}) AS source`
  const base = sql`SELECT ${source(0)}, m.chunk AS chunk, m.members AS members FROM segment_member AS m WHERE ${isOf(stored)}`
  if (!stored.hasRecent) return [base]
  const recent = (nth: number, only: Sql) => sql`
    SELECT ${source(nth)}, toUInt32(bitShiftRight(m.customer_id, ${typed('UInt8', chunkBits)})) AS chunk,
      groupBitmapState(m.customer_id) AS members
    FROM segment_recent AS m FINAL WHERE ${isOf(stored)} AND ${only} GROUP BY chunk`
  return [base, recent(1, sql`1`), recent(2, sql`m.is_member = 1`)]
}

const merged = (source: number): Sql =>
  sql`groupBitmapMergeStateIf(s.members, s.source = ${typed('UInt8', source)})`

const overlaid = (base: Sql, changed: Sql, joined: Sql): Sql =>
  sql`bitmapOr(bitmapAndnot(${base}, ${changed}), ${joined})`

const nothing = sql`
  SELECT toUInt8(0) AS source, m.chunk AS chunk, m.members AS members FROM segment_member AS m WHERE m.segment = '' AND 0`

/** Rows (chunk, members): the members of a segment as they are stored and kept up to date. */
export const storedMembersSql = (stored: StoredMembers, chunkBits: number): Sql => sql`
  SELECT s.chunk AS chunk, ${overlaid(merged(1), merged(2), merged(3))} AS members
  FROM (${joinSql([nothing, ...sourcesOf(stored, 1, chunkBits)], sql` UNION ALL `)}) AS s GROUP BY chunk`

/** Rows (chunk, was, is): two states of the members of a segment side by side. */
const bothSql = (was: StoredMembers, is: StoredMembers, chunkBits: number): Sql => sql`
  SELECT s.chunk AS chunk, ${overlaid(merged(1), merged(2), merged(3))} AS was,
    ${overlaid(merged(4), merged(5), merged(6))} AS is
  FROM (${joinSql([nothing, ...sourcesOf(was, 1, chunkBits), ...sourcesOf(is, 4, chunkBits)], sql` UNION ALL `)}) AS s
  GROUP BY chunk`

/** Rows (customer_id, is_member): who is in one state of the members and not in the other. */
export const differencesSql = (was: StoredMembers, is: StoredMembers, chunkBits: number): Sql => {
  const both = bothSql(was, is, chunkBits)
  return sql`
    SELECT arrayJoin(bitmapToArray(bitmapAndnot(b.is, b.was))) AS customer_id, toUInt8(1) AS is_member FROM (${both}) AS b
    UNION ALL
    SELECT arrayJoin(bitmapToArray(bitmapAndnot(b.was, b.is))) AS customer_id, toUInt8(0) AS is_member FROM (${both}) AS b`
}
