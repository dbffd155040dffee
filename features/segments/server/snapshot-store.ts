import type { Rule } from '#features/rules/common/rule.ts'
import type {
  ChangeSnapshot,
  CreateSnapshot,
  Snapshot,
  Trend,
} from '#features/segments/common/segment-snapshot.ts'
import type { SegmentRow } from '#features/segments/server/segment-store.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type SnapshotRow = {
  snapshot_id: number
  segment: string
  version: number
  rule: Rule
  name: string
  state: Snapshot['state']
  member_count: number | null
  taken_at: Date | null
  expires_at: Date | null
  created_by: string
  owner_org_id: number
  created_at: Date
}

const mostListed = 200

export const describeSnapshot = (row: SnapshotRow, count: number | null): Snapshot => ({
  snapshotId: row.snapshot_id,
  segment: row.segment,
  version: row.version,
  name: row.name,
  state: row.state,
  count,
  takenAt: row.taken_at?.toISOString() ?? null,
  expiresAt: row.expires_at?.toISOString() ?? null,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})

export async function insertSnapshot(
  tx: PgRunner,
  segment: SegmentRow,
  input: CreateSnapshot,
  maker: { username: string; homeOrgId: number },
  now: Date,
): Promise<SnapshotRow> {
  const row = await tx.first<SnapshotRow>(sql`
    INSERT INTO segment_snapshot AS s (segment, version, rule, name, expires_at, created_by, owner_org_id, created_at)
    VALUES (${segment.key}, ${segment.version}, ${JSON.stringify(segment.rule)}::jsonb, ${input.name},
      ${input.expiresAt}::timestamptz, ${maker.username}, ${maker.homeOrgId}, ${now}::timestamptz)
    RETURNING s.*`)
  if (!row) throw new Error('a snapshot was not written')
  return row
}

export const findSnapshot = (pg: PgRunner, snapshotId: number): Promise<SnapshotRow | undefined> =>
  pg.first<SnapshotRow>(sql`SELECT s.* FROM segment_snapshot AS s WHERE s.snapshot_id = ${snapshotId}`)

export const lockSnapshot = (tx: PgRunner, snapshotId: number): Promise<SnapshotRow | undefined> =>
  tx.first<SnapshotRow>(
    sql`SELECT s.* FROM segment_snapshot AS s WHERE s.snapshot_id = ${snapshotId} FOR UPDATE`,
  )

export const listSnapshots = (pg: PgRunner, key: string): Promise<SnapshotRow[]> =>
  pg.query<SnapshotRow>(sql`
    SELECT s.* FROM segment_snapshot AS s WHERE s.segment = ${key} ORDER BY s.snapshot_id DESC LIMIT ${mostListed}`)

export async function updateSnapshot(
  tx: PgRunner,
  snapshotId: number,
  input: ChangeSnapshot,
): Promise<SnapshotRow> {
  const row = await tx.first<SnapshotRow>(sql`
    UPDATE segment_snapshot AS s SET name = ${input.name}, expires_at = ${input.expiresAt}::timestamptz
    WHERE s.snapshot_id = ${snapshotId} RETURNING s.*`)
  if (!row) throw new Error('a locked snapshot vanished')
  return row
}

export const finishSnapshot = (
  pg: PgRunner,
  snapshotId: number,
  count: number,
  takenAt: Date,
): Promise<number> =>
  pg.execute(sql`
    UPDATE segment_snapshot SET state = 'ready', member_count = ${count}, taken_at = ${takenAt}::timestamptz
    WHERE snapshot_id = ${snapshotId}`)

export const setSnapshotState = (
  pg: PgRunner,
  snapshotId: number,
  state: Snapshot['state'],
): Promise<number> =>
  pg.execute(sql`UPDATE segment_snapshot SET state = ${state} WHERE snapshot_id = ${snapshotId}`)

export const deleteSnapshot = (tx: PgRunner, snapshotId: number): Promise<number> =>
  tx.execute(sql`DELETE FROM segment_snapshot WHERE snapshot_id = ${snapshotId}`)

/** Sizes a refresh or the stream left behind. */
export async function listSizes(pg: PgRunner, key: string): Promise<Trend['points']> {
  const rows = await pg.query<{ at: Date; member_count: number; version: number }>(sql`
    SELECT s.at, s.member_count, s.version FROM segment_size AS s WHERE s.segment = ${key} ORDER BY s.at DESC LIMIT 2000`)
  return rows.map((row) => ({
    at: row.at.toISOString(),
    count: Number(row.member_count),
    version: row.version,
    source: 'refresh' as const,
  }))
}

/** Keeps a point a day of sizes older than two days, the day's last. */
export const thinSizes = (pg: PgRunner, now: Date): Promise<number> =>
  pg.execute(sql`
    DELETE FROM segment_size AS s WHERE s.at < ${now}::timestamptz - interval '2 days' AND EXISTS (
      SELECT 1 FROM segment_size AS l WHERE l.segment = s.segment AND l.at > s.at
        AND date_trunc('day', l.at AT TIME ZONE 'UTC') = date_trunc('day', s.at AT TIME ZONE 'UTC'))`)
