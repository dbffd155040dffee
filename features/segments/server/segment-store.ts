import type { z } from 'zod'
import type {
  ChangeSegment,
  CreateSegment,
  Segment,
  SegmentQuery,
} from '#features/segments/common/segment.ts'
import { searchText } from '#features/segments/server/segment-search.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type SegmentRow = {
  key: string
  name: string
  description: string
  rule: Segment['rule']
  owner_org_id: number
  created_by: string
  version: number
  refresh_id: number | null
  refreshed_at: Date | null
  member_count: number | null
  last_error: string | null
  refresh_mode: Segment['refreshMode']
  refresh_every_minutes: number
  drift_limit: number
  is_sendable: boolean
  live_refresh_id: number | null
  live_version: number | null
  is_live_streamed: boolean
  has_recent: boolean
  state: 'active' | 'retired'
  updated_at: Date
}

/** A segment as the API shows it: the stored count is the whole bank's, so only those who see the bank see it. */
export const describeSegment = (scope: OrgScope, row: SegmentRow): Segment => ({
  key: row.key,
  name: row.name,
  description: row.description,
  rule: row.rule,
  ownerOrgId: row.owner_org_id,
  createdBy: row.created_by,
  version: row.version,
  memberCount: scope.everyone ? row.member_count : null,
  refreshedAt: row.refreshed_at?.toISOString() ?? null,
  lastError: row.last_error,
  refreshMode: row.refresh_mode,
  refreshEveryMinutes: row.refresh_every_minutes,
  driftLimit: row.drift_limit,
  isSendable: row.is_sendable,
  updatedAt: row.updated_at.toISOString(),
})

/** What a version keeps. */
export const definitionOf = (row: SegmentRow): ChangeSegment => ({
  name: row.name,
  description: row.description,
  rule: row.rule,
  refreshMode: row.refresh_mode,
  refreshEveryMinutes: row.refresh_every_minutes,
  driftLimit: row.drift_limit,
})

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`

export const findSegment = (pg: PgRunner, key: string): Promise<SegmentRow | undefined> =>
  pg.first<SegmentRow>(sql`SELECT s.* FROM segment AS s WHERE s.key = ${key} AND s.state = 'active'`)

/** Locks a segment until the transaction ends. */
export const lockSegment = (tx: PgRunner, key: string): Promise<SegmentRow | undefined> =>
  tx.first<SegmentRow>(
    sql`SELECT s.* FROM segment AS s WHERE s.key = ${key} AND s.state = 'active' FOR UPDATE`,
  )

const like = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

export async function listSegments(pg: PgRunner, scope: OrgScope, query: z.output<typeof SegmentQuery>) {
  const { limit, cursor, q } = query
  const after = decodeCursor(cursor, 1)?.[0] ?? null
  const rows = await pg.query<SegmentRow>(sql`
    SELECT s.* FROM segment AS s
    WHERE s.state = 'active'
      AND (${q ?? null}::text IS NULL OR s.key ILIKE ${like(q ?? '')} OR s.name ILIKE ${like(q ?? '')}
        OR s.search LIKE ${like((q ?? '').toLowerCase().replaceAll(' ', ''))})
      AND (${after}::text IS NULL OR s.key > ${after}::text)
    ORDER BY s.key LIMIT ${limit + 1}`)
  return toPage(
    rows,
    limit,
    (row) => [row.key],
    (row) => describeSegment(scope, row),
  )
}

type Maker = { username: string; homeOrgId: number }

/** Writes a new segment, or a deleted one's key anew; undefined where the key is taken. */
export const insertSegment = (tx: PgRunner, segment: CreateSegment, maker: Maker, now: Date) =>
  tx.first<SegmentRow>(sql`
    INSERT INTO segment AS s (key, name, description, rule, owner_org_id, created_by, refresh_mode,
      refresh_every_minutes, drift_limit, search, created_at, updated_at)
    VALUES (${segment.key}, ${segment.name}, ${segment.description}, ${json(segment.rule)}, ${maker.homeOrgId},
      ${maker.username}, ${segment.refreshMode ?? 'streaming'}, ${segment.refreshEveryMinutes ?? 1440},
      ${segment.driftLimit ?? 0.001}, ${searchText(segment.name)}, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name, search = excluded.search, description = excluded.description, rule = excluded.rule,
      owner_org_id = excluded.owner_org_id, created_by = excluded.created_by, version = s.version + 1, state = 'active',
      refresh_id = NULL, refreshed_at = NULL, member_count = NULL, last_error = NULL, updated_at = excluded.updated_at,
      refresh_mode = excluded.refresh_mode, refresh_every_minutes = excluded.refresh_every_minutes,
      drift_limit = excluded.drift_limit, pending_refresh_id = NULL, live_refresh_id = NULL, live_version = NULL,
      is_live_streamed = false, has_recent = false, stream_error = NULL, stream_failed_at = NULL, is_sendable = true,
      drift = NULL, drift_share = NULL, drift_at = NULL, last_attempt_at = NULL
      WHERE s.state = 'retired'
    RETURNING s.*`)

/** Writes a new version; the members of the one before no longer count. */
export const updateSegment = (
  tx: PgRunner,
  key: string,
  segment: ChangeSegment,
  areMembersKept: boolean,
  now: Date,
) =>
  tx.first<SegmentRow>(sql`
    UPDATE segment AS s SET name = ${segment.name}, search = ${searchText(segment.name)}, description = ${segment.description}, rule = ${json(segment.rule)},
      version = s.version + 1, updated_at = ${now}::timestamptz,
      refresh_mode = coalesce(${segment.refreshMode ?? null}, s.refresh_mode),
      refresh_every_minutes = coalesce(${segment.refreshEveryMinutes ?? null}::int, s.refresh_every_minutes),
      drift_limit = coalesce(${segment.driftLimit ?? null}::float8, s.drift_limit),
      refresh_id = CASE WHEN ${areMembersKept} THEN s.refresh_id END,
      refreshed_at = CASE WHEN ${areMembersKept} THEN s.refreshed_at END,
      member_count = CASE WHEN ${areMembersKept} THEN s.member_count END,
      last_error = CASE WHEN ${areMembersKept} THEN s.last_error END
    WHERE s.key = ${key} RETURNING s.*`)

export const retireSegment = (tx: PgRunner, key: string, now: Date): Promise<number> =>
  tx.execute(sql`
    UPDATE segment SET state = 'retired', updated_at = ${now}::timestamptz WHERE key = ${key} AND state = 'active'`)

export const insertVersion = (tx: PgRunner, row: SegmentRow, by: string, now: Date): Promise<number> =>
  tx.execute(sql`
    INSERT INTO segment_version (key, version, definition, changed_by, at)
    VALUES (${row.key}, ${row.version}, ${json(definitionOf(row))}, ${by}, ${now}::timestamptz)`)

export async function listVersions(pg: PgRunner, key: string) {
  const rows = await pg.query<{ version: number; definition: unknown; changed_by: string; at: Date }>(sql`
    SELECT v.version, v.definition, v.changed_by, v.at FROM segment_version AS v
    WHERE v.key = ${key} ORDER BY v.version DESC`)
  return rows.map((row) => ({
    version: row.version,
    definition: row.definition,
    changedBy: row.changed_by,
    at: row.at.toISOString(),
  }))
}

const usePaths = {
  tag: '$.**.tag ? (@ == $key)',
  segment: '$.**.segment ? (@ == $key)',
  event: '$.**.did ? (@ == $key)',
  list: '$.**.list ? (@ == $key)',
} as const

/** Segments whose rule names this tag, segment, event or list. */
export const listSegmentsUsing = (pg: PgRunner, kind: keyof typeof usePaths, key: string) =>
  pg.query<{ key: string; name: string }>(sql`
    SELECT s.key, s.name FROM segment AS s
    WHERE s.state = 'active'
      AND jsonb_path_exists(s.rule, ${usePaths[kind]}::jsonpath,
        jsonb_build_object('key', ${key}::text))
    ORDER BY s.key`)
