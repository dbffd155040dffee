import type { Audit } from '#features/audit/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import type { SnapshotList } from '#features/segments/common/segment-snapshot.ts'
import { countOf } from '#features/segments/server/member-bitmaps.ts'
import type { SegmentSnapshots } from '#features/segments/server/snapshots.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Makes a customer list, which rules may name, of a snapshot's members in the caller's scope. */
export function createSnapshotList(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  snapshots: Pick<SegmentSnapshots, 'bitmapsOf'>
}) {
  const { pg, ch, clock, audit, snapshots } = deps
  return async (caller: Caller, scope: OrgScope, snapshotId: number, input: SnapshotList) => {
    const { row, bitmaps } = await snapshots.bitmapsOf(scope, snapshotId)
    const count = await countOf(ch, bitmaps)
    const description = `${row.segment} · ${row.name} · ${row.taken_at?.toISOString() ?? ''}`
    return pg.transaction(async (tx) => {
      // A number never used before: what an attempt cut short left behind belongs to no list.
      const made = await tx.first<{ version: number }>(sql`
        INSERT INTO customer_list AS l (key, name, description, version, member_count, owner_org_id, created_by,
          created_at, updated_at)
        VALUES (${input.key}, ${input.name}, ${description}, nextval('refresh_id')::int, ${count}, ${caller.homeOrgId},
          ${caller.username}, ${clock.now()}::timestamptz, ${clock.now()}::timestamptz)
        ON CONFLICT (key) DO NOTHING RETURNING l.version`)
      if (!made) throw segmentError('LIST_KEY_TAKEN', { key: input.key })
      const insert = sql`
        INSERT INTO list_member (list, version, customer_id, value)
        SELECT ${typed('String', input.key)}, ${typed('UInt32', made.version)}, m.customer_id, '' FROM (
          SELECT arrayJoin(bitmapToArray(b.members)) AS customer_id FROM (${bitmaps}) AS b) AS m`
      await ch.onEachShard((shard) => shard.command(insert, { lane: 'jobs' }), { writes: true })
      await audit.record(tx, {
        actor: caller.username,
        action: 'segment.snapshot.list',
        objectType: 'segment',
        objectId: row.segment,
        after: { snapshotId, list: input.key, count },
      })
      return { key: input.key, name: input.name, count }
    })
  }
}
