import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

const jobs = { lane: 'jobs' } as const

const ofSnapshot = (snapshotId: number): Sql => sql`b.snapshot_id = ${typed('UInt32', snapshotId)}`

/** Rows (chunk, members) of a frozen membership. */
export const frozenBitmapsSql = (snapshotId: number): Sql => sql`
  SELECT b.chunk AS chunk, b.members AS members FROM segment_snapshot_member AS b FINAL WHERE ${ofSnapshot(snapshotId)}`

/** Freezes a membership under an id; a repetition starts anew. Gives how many were frozen. */
export async function freezeMembers(ch: ClickHouse, snapshotId: number, bitmaps: Sql): Promise<number> {
  await thawMembers(ch, snapshotId)
  const insert = sql`
    INSERT INTO segment_snapshot_member (snapshot_id, chunk, members)
    SELECT ${typed('UInt32', snapshotId)}, m.chunk, m.members FROM (${bitmaps}) AS m`
  await ch.onEachShard((shard) => shard.command(insert, jobs), { writes: true })
  return countOf(ch, frozenBitmapsSql(snapshotId))
}

/** Removes a frozen membership. */
export const thawMembers = (ch: ClickHouse, snapshotId: number): Promise<void> =>
  ch.command(
    sql`ALTER TABLE segment_snapshot_member DELETE WHERE snapshot_id = ${typed('UInt32', snapshotId)}`,
    {
      ...jobs,
      settings: { mutations_sync: 2 },
    },
  )

/** Customers in bitmaps. */
export async function countOf(ch: ClickHouse, bitmaps: Sql): Promise<number> {
  const rows = await ch.onEachShard((shard) =>
    shard.first<{ members: string }>(
      sql`SELECT sum(bitmapCardinality(b.members)) AS members FROM (${bitmaps}) AS b`,
      jobs,
    ),
  )
  return rows.reduce((sum, row) => sum + Number(row?.members ?? 0), 0)
}

/** How two sets are put together: only in the first, only in the second, in both. */
const together = {
  left: sql`bitmapAndnot(g.one, g.other)`,
  entered: sql`bitmapAndnot(g.other, g.one)`,
  stayed: sql`bitmapAnd(g.one, g.other)`,
} as const
export type Part = keyof typeof together

/** Rows (chunk, one, other): both sets by chunk, the chunks of only one of them included. */
const sideBySide = (one: Sql, other: Sql): Sql => sql`
  SELECT s.chunk AS chunk, groupBitmapMergeStateIf(s.members, s.source = 0) AS one,
    groupBitmapMergeStateIf(s.members, s.source = 1) AS other
  FROM (
    SELECT toUInt8(0) AS source, toUInt64(b.chunk) AS chunk, b.members AS members FROM (${one}) AS b
    UNION ALL SELECT toUInt8(1) AS source, toUInt64(b.chunk) AS chunk, b.members AS members FROM (${other}) AS b) AS s
  GROUP BY s.chunk`

/** Rows (chunk, members) of one part of two sets. */
export const partSql = (part: Part, one: Sql, other: Sql): Sql => sql`
  SELECT g.chunk AS chunk, ${together[part]} AS members FROM (${sideBySide(one, other)}) AS g`

/** How many entered, left and stayed. */
export async function countParts(ch: ClickHouse, one: Sql, other: Sql): Promise<{ [P in Part]: number }> {
  const rows = await ch.onEachShard((shard) =>
    shard.first<{ [P in `${Part}_count`]: string }>(sql`
      SELECT sum(bitmapCardinality(${together.left})) AS left_count,
        sum(bitmapCardinality(${together.entered})) AS entered_count,
        sum(bitmapCardinality(${together.stayed})) AS stayed_count
      FROM (${sideBySide(one, other)}) AS g`),
  )
  const sum = (part: Part) => rows.reduce((total, row) => total + Number(row?.[`${part}_count`] ?? 0), 0)
  return { left: sum('left'), entered: sum('entered'), stayed: sum('stayed') }
}

/** The first ids above `after`, in order. */
export async function idsOf(
  ch: ClickHouse,
  bitmaps: Sql,
  page: { after: number; limit: number },
): Promise<number[]> {
  const [from, limit] = [typed('UInt32', page.after + 1), typed('UInt32', page.limit)]
  const lists = await ch.onEachShard((shard) =>
    shard.query<{ customer_id: number }>(sql`
      SELECT m.customer_id AS customer_id FROM (
        SELECT arrayJoin(bitmapToArray(bitmapSubsetLimit(b.members, ${from}, ${limit}))) AS customer_id
        FROM (${bitmaps}) AS b) AS m
      ORDER BY m.customer_id LIMIT ${limit}`),
  )
  const ids = lists.flatMap((rows) => rows.map((row) => row.customer_id))
  return ids.sort((one, other) => one - other).slice(0, page.limit)
}
