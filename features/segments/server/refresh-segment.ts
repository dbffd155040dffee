import type { Rules } from '#features/rules/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import { cleanRefreshes } from '#features/segments/server/clean-refreshes.ts'
import { createRefreshPublish, type RefreshedSegment } from '#features/segments/server/refresh-publish.ts'
import { raiseAlarm } from '#features/segments/server/segment-alarm.ts'
import { findSegment, type SegmentRow } from '#features/segments/server/segment-store.ts'
import { inTurn } from '#features/segments/server/segment-turn.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What streaming does for refreshes; without it members are published and nobody is told. */
export type SegmentStream = {
  /** From here on what time and tags move is followed. */
  begin(): Promise<void>
  /** Ends a pass that was cut off; call it in turn. */
  settle(): Promise<void>
  /** Touches whoever time alone has moved. */
  tick(): Promise<unknown>
  /** Events the segment needs, over tags and segments. */
  eventsOf(key: string): Promise<readonly string[]>
  /** Tells the facts of a published refresh. */
  tell(pass: number): Promise<void>
}

export type SegmentRefreshDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  rules: Rules
  jobs: Pick<Jobs, 'define' | 'every'>
}

/** Loaders may not know for so long that somebody streams now. */
const flagMs = 1_100
/** A segment nothing may be sent to is reconciled again after so many minutes at most. */
const blockedEveryMinutes = 60

const reasonOf = (error: unknown): string =>
  error instanceof AppError
    ? `${error.code}: ${error.message}`
    : 'INTERNAL: Something failed here. It has been logged.'

/**
 * Computes all members of a segment: writes them as bitmaps under a new refresh, publishes that by moving
 * `segment.refresh_id`, tells who differs from the members before as facts, and measures how far streaming was off.
 */
export function createSegmentRefresh(deps: SegmentRefreshDeps) {
  const { pg, ch, clock, rules, jobs } = deps
  let stream: SegmentStream | undefined
  const publish = createRefreshPublish({ pg, ch, clock, streamOf: () => stream })

  /** From here on passes write what they find for the new refresh, too. */
  async function announce(row: SegmentRow): Promise<number> {
    const next = await pg.first<{ id: number }>(sql`
      UPDATE segment SET pending_refresh_id = nextval('refresh_id'), last_attempt_at = ${clock.now()}::timestamptz
      WHERE key = ${row.key} AND version = ${row.version} RETURNING pending_refresh_id AS id`)
    if (!next) throw segmentError('SEGMENT_NOT_FOUND', { key: row.key })
    return next.id
  }

  /** The first to stream waits until every loader tells of what it stores. */
  async function untilTold(): Promise<void> {
    const known = await pg.first(sql`
      SELECT 1 FROM segment AS s
      WHERE s.refresh_mode = 'streaming' AND s.state = 'active' AND s.is_live_streamed LIMIT 1`)
    if (!known) await new Promise((resolve) => setTimeout(resolve, flagMs))
  }

  async function compute(row: SegmentRow, refreshId: number): Promise<void> {
    const bitmaps = await rules.memberBitmapsSql(scopeOfEveryone, row.rule)
    const insert = sql`
      INSERT INTO segment_member (segment, refresh_id, chunk, members)
      SELECT ${typed('String', row.key)}, ${typed('UInt64', refreshId)}, m.chunk, m.members FROM (${bitmaps}) AS m`
    await ch.onEachShard((shard) => shard.command(insert, { lane: 'jobs' }), { writes: true })
  }

  async function fail(key: string, refreshId: number | undefined, beganAt: number, error: unknown) {
    const reason = reasonOf(error)
    const now = clock.now()
    await pg.transaction(async (tx) => {
      const row = await tx.first<{ version: number }>(sql`
        UPDATE segment SET last_error = ${reason},
          pending_refresh_id = CASE WHEN pending_refresh_id = ${refreshId ?? null}::bigint THEN NULL ELSE pending_refresh_id END
        WHERE key = ${key} RETURNING version`)
      if (!row) return
      await raiseAlarm(tx, [key], 'refresh_failed', reason, now)
      if (refreshId === undefined) return
      await tx.execute(sql`
        INSERT INTO segment_refresh (segment, refresh_id, version, at, state, duration_ms, error)
        VALUES (${key}, ${refreshId}, ${row.version}, ${now}::timestamptz, 'failed',
          ${Math.round(performance.now() - beganAt)}, ${reason}) ON CONFLICT DO NOTHING`)
    })
  }

  async function refresh(key: string): Promise<RefreshedSegment> {
    const beganAt = performance.now()
    let refreshId: number | undefined
    try {
      const row = await findSegment(pg, key)
      if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
      refreshId = await announce(row)
      if (row.refresh_mode === 'streaming') {
        await untilTold()
        await stream?.begin()
      }
      const scannedAt = clock.now()
      const id = refreshId
      await compute(row, id)
      const published = await inTurn(pg, () => publish({ row, refreshId: id, scannedAt, beganAt }))
      if (published.pass !== undefined) await stream?.tell(published.pass)
      return published.result
    } catch (error) {
      await fail(key, refreshId, beganAt, error)
      throw error
    }
  }

  /** Refreshes what is due; one that fails stops no other. */
  async function refreshDue(): Promise<{ refreshed: number; failed: string[] }> {
    const due = await pg.query<{ key: string }>(sql`
      SELECT s.key FROM segment AS s
      WHERE s.state = 'active' AND (
        (s.refresh_mode <> 'manual' AND (s.last_attempt_at IS NULL OR ${clock.now()}::timestamptz >= s.last_attempt_at
          + make_interval(mins => CASE WHEN s.is_sendable THEN s.refresh_every_minutes
            ELSE least(s.refresh_every_minutes, ${blockedEveryMinutes}::int) END)))
        OR (s.refresh_mode = 'streaming' AND s.stream_error IS NOT NULL
          AND s.last_attempt_at < ${clock.now()}::timestamptz - interval '1 minute'))
      ORDER BY s.last_attempt_at NULLS FIRST, s.key`)
    const failed: string[] = []
    for (const { key } of due) await refresh(key).catch(() => failed.push(key))
    return { refreshed: due.length - failed.length, failed }
  }

  jobs.define('segment.refreshDue', refreshDue)
  jobs.define('segment.cleanRefreshes', () => cleanRefreshes({ pg, ch }))
  jobs.every('segment.refreshDue', 60_000)
  jobs.every('segment.cleanRefreshes', 3_600_000)

  return {
    refresh,
    refreshDue,
    /** Streaming says here what it does for refreshes. */
    streamWith(one: SegmentStream): void {
      stream = one
    },
  }
}
