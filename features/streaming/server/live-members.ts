import type { StreamedSegment } from '#features/streaming/server/stream-definitions.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type BaseRow = { segment: string; members: number[] }
type RecentRow = { segment: string; entered: number[]; gone: number[] }

/** Which of these customers are members by what facts have told: the refresh of each segment, overlaid by what changed since. */
export async function readLiveMembers(
  ch: ClickHouse,
  segments: readonly StreamedSegment[],
  customerIds: readonly number[],
): Promise<Map<string, Set<number>>> {
  const told = segments.filter((one) => one.refreshId !== null)
  const live = new Map(told.map((one) => [one.key, new Set<number>()]))
  if (told.length === 0 || customerIds.length === 0) return live
  const ids = typed('Array(UInt32)', customerIds)
  const chunks = [...new Set(customerIds.map((id) => id >>> ch.chunkBits))]
  // A refresh is of one segment, so both lists together name exactly these.
  const keys = typed(
    'Array(String)',
    told.map((one) => one.key),
  )
  const refreshes = typed(
    'Array(UInt64)',
    told.map((one) => one.refreshId),
  )
  const options = { lane: 'load', maxExecutionMs: 30_000 } as const
  const base = ch.query<BaseRow>(
    sql`
      SELECT m.segment AS segment, bitmapToArray(bitmapAnd(m.members, bitmapBuild(${ids}))) AS members
      FROM segment_member AS m
      WHERE m.segment IN ${keys} AND m.refresh_id IN ${refreshes} AND m.chunk IN ${typed('Array(UInt32)', chunks)}`,
    options,
  )
  const recent = told.some((one) => one.hasRecent)
    ? ch.query<RecentRow>(
        sql`
          SELECT r.segment AS segment, groupArrayIf(r.customer_id, r.is_member = 1) AS entered,
            groupArrayIf(r.customer_id, r.is_member = 0) AS gone
          FROM segment_recent AS r FINAL
          WHERE r.segment IN ${keys} AND r.refresh_id IN ${refreshes} AND r.customer_id IN ${ids}
          GROUP BY segment`,
        options,
      )
    : []
  for (const { segment, members } of await base) for (const id of members) live.get(segment)?.add(id)
  for (const { segment, entered, gone } of await recent) {
    for (const id of entered) live.get(segment)?.add(id)
    for (const id of gone) live.get(segment)?.delete(id)
  }
  return live
}
