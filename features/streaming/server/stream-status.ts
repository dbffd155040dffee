import type { z } from 'zod'
import type {
  RefreshQuery,
  SegmentAlarm,
  SegmentRefresh,
  StreamedSegmentState,
  StreamingStatus,
} from '#features/streaming/common/streaming.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A leader that says nothing for so long is gone. */
const silentSeconds = 10
const mostSegments = 1_000

const text = (at: Date | null): string | null => at?.toISOString() ?? null

type StateRow = {
  is_running: boolean
  beat_at: Date | null
  passes: number
  customers: number
  entered: number
  left_count: number
  last_pass_at: Date | null
  last_pass_ms: number | null
  last_lag_ms: number | null
  last_error: string | null
  last_error_at: Date | null
}

const readState = (pg: Postgres) =>
  pg.first<StateRow>(sql`
    SELECT s.*, coalesce(s.beat_at > clock_timestamp() - make_interval(secs => ${silentSeconds}), false) AS is_running
    FROM stream_state AS s`)

const readWaiting = (pg: Postgres) =>
  pg.first<{ touches: number; customers: number; by_time: number; lag_ms: number }>(sql`
    SELECT count(*)::int AS touches, coalesce(sum(octet_length(t.customer_ids) / 4), 0)::bigint AS customers,
      coalesce(sum(octet_length(t.customer_ids) / 4) FILTER (WHERE t.is_background), 0)::bigint AS by_time,
      coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(t.at)) * 1000), 0)::bigint AS lag_ms
    FROM event_touch AS t`)

async function readSegments(pg: Postgres, scope: OrgScope) {
  const rows = await pg.query<{
    key: string
    name: string
    member_count: number | null
    refreshed_at: Date | null
    drift: number | null
    drift_share: number | null
    drift_limit: number
    drift_at: Date | null
    is_sendable: boolean
    stream_error: string | null
    total: number
  }>(sql`
    SELECT s.key, s.name, s.member_count, s.refreshed_at, s.drift, s.drift_share, s.drift_limit, s.drift_at, s.is_sendable,
      s.stream_error, count(*) OVER ()::int AS total
    FROM segment AS s WHERE s.state = 'active' AND (s.refresh_mode = 'streaming' OR NOT s.is_sendable)
    ORDER BY s.stream_error IS NULL, s.is_sendable, s.drift DESC NULLS LAST, s.key LIMIT ${mostSegments}::int`)
  const segments = rows.map(
    (row): StreamedSegmentState => ({
      key: row.key,
      name: row.name,
      memberCount: scope.everyone ? row.member_count : null,
      refreshedAt: text(row.refreshed_at),
      drift: row.drift,
      driftShare: row.drift_share,
      driftLimit: row.drift_limit,
      driftAt: text(row.drift_at),
      isSendable: row.is_sendable,
      error: row.stream_error,
    }),
  )
  return { segments, total: rows[0]?.total ?? 0 }
}

async function readAlarms(pg: Postgres): Promise<SegmentAlarm[]> {
  const rows = await pg.query<{
    segment: string
    kind: SegmentAlarm['kind']
    detail: string
    raised_at: Date
    seen_at: Date
    times: number
  }>(sql`
    SELECT a.segment, a.kind, a.detail, a.raised_at, a.seen_at, a.times FROM segment_alarm AS a
    JOIN segment AS s ON s.key = a.segment AND s.state = 'active'
    WHERE a.closed_at IS NULL ORDER BY a.raised_at DESC LIMIT ${mostSegments}::int`)
  return rows.map(({ raised_at, seen_at, ...row }) => ({
    ...row,
    raisedAt: raised_at.toISOString(),
    seenAt: seen_at.toISOString(),
  }))
}

/** How streaming is doing, as any process can tell. */
export async function readStatus(
  { pg, clock }: { pg: Postgres; clock: Clock },
  scope: OrgScope,
): Promise<StreamingStatus> {
  const [state, waiting, { segments, total }, alarms] = await Promise.all([
    readState(pg),
    readWaiting(pg),
    readSegments(pg, scope),
    readAlarms(pg),
  ])
  return {
    isRunning: state?.is_running ?? false,
    beatAt: text(state?.beat_at ?? null),
    lagMs: Math.round(waiting?.lag_ms ?? 0),
    touchesWaiting: waiting?.touches ?? 0,
    customersWaiting: waiting?.customers ?? 0,
    customersWaitingByTime: waiting?.by_time ?? 0,
    passes: state?.passes ?? 0,
    customersLookedAt: state?.customers ?? 0,
    entered: state?.entered ?? 0,
    left: state?.left_count ?? 0,
    lastPassAt: text(state?.last_pass_at ?? null),
    lastPassMs: state?.last_pass_ms ?? null,
    lastLagMs: state?.last_lag_ms ?? null,
    lastError: state?.last_error ?? null,
    lastErrorAt: text(state?.last_error_at ?? null),
    segmentCount: total,
    segments,
    alarms,
    asOf: clock.now().toISOString(),
  }
}

type RefreshRow = {
  refresh_id: number
  version: number
  at: Date
  state: SegmentRefresh['state']
  members: number | null
  entered: number | null
  left_count: number | null
  is_told: boolean
  drift: number | null
  drift_share: number | null
  is_within_limit: boolean | null
  duration_ms: number
  error: string | null
}

/** Full refreshes of a segment, the newest first; counts only for those who see the whole bank. */
export async function readRefreshes(
  pg: Postgres,
  scope: OrgScope,
  key: string,
  { limit, cursor }: z.output<typeof RefreshQuery>,
): Promise<Page<SegmentRefresh>> {
  const before = decodeCursor(cursor, 1)?.[0] ?? null
  const rows = await pg.query<RefreshRow>(sql`
    SELECT r.* FROM segment_refresh AS r
    WHERE r.segment = ${key} AND (${before}::bigint IS NULL OR r.refresh_id < ${before}::bigint)
    ORDER BY r.refresh_id DESC LIMIT ${limit + 1}::int`)
  const seen = <T>(value: T): T | null => (scope.everyone ? value : null)
  return toPage(
    rows,
    limit,
    (row) => [row.refresh_id],
    (row): SegmentRefresh => ({
      at: row.at.toISOString(),
      version: row.version,
      state: row.state,
      members: seen(row.members),
      entered: seen(row.entered),
      left: seen(row.left_count),
      isTold: row.is_told,
      drift: seen(row.drift),
      driftShare: row.drift_share,
      isWithinLimit: row.is_within_limit,
      durationMs: row.duration_ms,
      error: row.error,
    }),
  )
}
