import type { Lists } from '#features/lists/server/index.ts'
import type { SnapshotList } from '#features/segments/common/segment-snapshot.ts'
import type { SegmentSnapshots } from '#features/segments/server/snapshots.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

/** Makes a customer list, which rules may name, of a snapshot's members in the caller's scope. */
export function createSnapshotList(deps: {
  lists: Pick<Lists, 'keep'>
  snapshots: Pick<SegmentSnapshots, 'bitmapsOf'>
}) {
  const { lists, snapshots } = deps
  return async (caller: Caller, scope: OrgScope, snapshotId: number, { key, name }: SnapshotList) => {
    const { row, bitmaps } = await snapshots.bitmapsOf(scope, snapshotId)
    const description = `${row.segment} · ${row.name} · ${row.taken_at?.toISOString() ?? ''}`
    const members = sql`SELECT arrayJoin(bitmapToArray(b.members)) AS customer_id FROM (${bitmaps}) AS b`
    const origin = { segment: row.segment, snapshotId }
    const count = await lists.keep(caller, scope, { key, name, description }, members, origin)
    return { key, name, count }
  }
}
