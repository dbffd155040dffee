import { measureDrift } from '#features/segments/server/refresh-drift.ts'
import type { SegmentStream } from '#features/segments/server/refresh-segment.ts'
import { closeAlarm, raiseAlarm } from '#features/segments/server/segment-alarm.ts'
import {
  differencesSql,
  type StoredMembers,
  storedMembersSql,
} from '#features/segments/server/segment-live.ts'
import { findSegment, type SegmentRow } from '#features/segments/server/segment-store.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What a refresh gave; `isCurrent` is false where another refresh or version came first. */
export type RefreshedSegment = {
  key: string
  memberCount: number
  isCurrent: boolean
  entered: number
  left: number
  drift: number | null
}

type Refresh = { row: SegmentRow; refreshId: number; scannedAt: Date; beganAt: number }
type Counts = { members: number; entered: number; left: number; hasRecent: boolean }
type Outcome = Refresh & {
  pass: number
  now: Date
  counts: Counts
  drift: number | null
  /** Whether who differs is told: a first refresh of very many is a beginning, not news of each of them. */
  isTold: boolean
}

const mostToldAtFirst = 200_000
const jobs = { lane: 'jobs' } as const

/** Whether passes kept the members of this very rule up to date: only then is a difference a drift. */
const isComparable = (row: SegmentRow): boolean =>
  row.refresh_mode === 'streaming' && row.is_live_streamed && row.live_version === row.version

const isWithin = ({ row, drift, counts }: Outcome): boolean =>
  drift === null || drift === 0 || drift <= row.drift_limit * counts.members

/** Makes a refresh what readers see, all at once; call it in turn. */
export function createRefreshPublish(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  streamOf: () => SegmentStream | undefined
}) {
  const { pg, ch, clock } = deps

  async function nextPass(): Promise<number> {
    const next = await pg.first<{ pass: number }>(sql`SELECT nextval('stream_pass_no') AS pass`)
    return next?.pass ?? 0
  }

  /** Writes down who differs, where the customers lie. */
  async function writeDifferences(row: SegmentRow, is: StoredMembers, pass: number): Promise<void> {
    const was: StoredMembers = { key: row.key, refreshId: row.live_refresh_id, hasRecent: row.has_recent }
    const insert = sql`
      INSERT INTO segment_transition (segment, pass, customer_id, is_member)
      SELECT ${typed('String', row.key)}, ${typed('UInt64', pass)}, d.customer_id, d.is_member
      FROM (${differencesSql(was, is, ch.chunkBits)}) AS d`
    await ch.onEachShard((shard) => shard.command(insert, jobs), { writes: true })
  }

  async function count(key: string, is: StoredMembers, pass: number): Promise<Counts> {
    const segment = typed('String', key)
    const changed = await ch.first<{ entered: string; gone: string; recent: string }>(
      sql`
        SELECT uniqExactIf(t.customer_id, t.is_member = 1) AS entered, uniqExactIf(t.customer_id, t.is_member = 0) AS gone,
          (SELECT count() FROM segment_recent AS r
            WHERE r.segment = ${segment} AND r.refresh_id = ${typed('UInt64', is.refreshId ?? 0)}) AS recent
        FROM segment_transition AS t WHERE t.segment = ${segment} AND t.pass = ${typed('UInt64', pass)}`,
      jobs,
    )
    const parts = await ch.onEachShard((shard) =>
      shard.first<{ n: string }>(
        sql`SELECT sum(bitmapCardinality(m.members)) AS n FROM (${storedMembersSql(is, ch.chunkBits)}) AS m`,
        jobs,
      ),
    )
    return {
      members: parts.reduce((sum, part) => sum + Number(part?.n ?? 0), 0),
      entered: Number(changed?.entered ?? 0),
      left: Number(changed?.gone ?? 0),
      hasRecent: Number(changed?.recent ?? 0) > 0,
    }
  }

  async function moveSegment(tx: PgRunner, outcome: Outcome): Promise<void> {
    const { row, refreshId, counts, now, drift, scannedAt } = outcome
    const isStreamed = row.refresh_mode === 'streaming'
    const isClean = drift === null ? !isStreamed : isWithin(outcome)
    const isDrifted = drift !== null && !isWithin(outcome)
    await tx.execute(sql`
      UPDATE segment SET refresh_id = ${refreshId}, live_refresh_id = ${refreshId}, live_version = ${row.version},
        pending_refresh_id = NULL, has_recent = ${counts.hasRecent}, is_live_streamed = ${isStreamed},
        refreshed_at = ${now}::timestamptz, member_count = ${counts.members}, last_error = NULL,
        stream_error = CASE WHEN stream_failed_at >= ${scannedAt}::timestamptz THEN stream_error END,
        drift = ${drift}, drift_share = ${drift === null ? null : shareOf(outcome)},
        drift_at = CASE WHEN ${drift === null} THEN drift_at ELSE ${now}::timestamptz END,
        is_sendable = (is_sendable OR ${isClean}) AND NOT ${isDrifted}
      WHERE key = ${row.key}`)
    await closeAlarm(tx, row.key, 'refresh_failed', now)
    if (isDrifted) {
      const detail = `${drift} of ${counts.members} members differed from the full refresh`
      await raiseAlarm(tx, [row.key], 'drift', detail, now)
    } else if (isClean) await closeAlarm(tx, row.key, 'drift', now)
    const { aside } = (await tx.first<{ aside: boolean }>(
      sql`SELECT s.stream_error IS NOT NULL AS aside FROM segment AS s WHERE s.key = ${row.key}`,
    )) ?? { aside: false }
    if (!aside) await closeAlarm(tx, row.key, 'set_aside', now)
  }

  const shareOf = ({ drift, counts }: Outcome): number => (drift ?? 0) / Math.max(1, counts.members)

  async function keepHistory(tx: PgRunner, outcome: Outcome): Promise<void> {
    const { row, refreshId, now, counts, drift, isTold, beganAt } = outcome
    await tx.execute(sql`
      INSERT INTO segment_refresh (segment, refresh_id, version, at, state, members, entered, left_count, is_told, drift,
        drift_share, is_within_limit, duration_ms)
      VALUES (${row.key}, ${refreshId}, ${row.version}, ${now}::timestamptz, 'done', ${counts.members}, ${counts.entered},
        ${counts.left}, ${isTold}, ${drift}, ${drift === null ? null : shareOf(outcome)},
        ${drift === null ? null : isWithin(outcome)}, ${Math.round(performance.now() - beganAt)})`)
  }

  /** The pass that tells who differs; it is there as soon as the refresh is seen, so that no crash lies between. */
  const leaveTelling = (tx: PgRunner, { pass, row, now }: Outcome): Promise<number> =>
    tx.execute(sql`
      INSERT INTO stream_pass (pass, kind, state, holder, segment, version, started_at, decided_at)
      VALUES (${pass}, 'refresh', 'decided', '', ${row.key}, ${row.version}, ${now}::timestamptz, ${now}::timestamptz)`)

  const supersede = async ({ row, refreshId, beganAt }: Refresh): Promise<void> => {
    await pg.execute(sql`
      INSERT INTO segment_refresh (segment, refresh_id, version, at, state, duration_ms)
      VALUES (${row.key}, ${refreshId}, ${row.version}, ${clock.now()}::timestamptz, 'superseded',
        ${Math.round(performance.now() - beganAt)}) ON CONFLICT DO NOTHING`)
  }

  async function driftOf(row: SegmentRow, refreshId: number, pass: number): Promise<number | null> {
    if (!isComparable(row)) return null
    const events = (await deps.streamOf()?.eventsOf(row.key)) ?? []
    return measureDrift({ pg, ch }, { key: row.key, pass, refreshId, events })
  }

  return async (refresh: Refresh): Promise<{ pass: number | undefined; result: RefreshedSegment }> => {
    const { key } = refresh.row
    await deps.streamOf()?.settle()
    const row = await findSegment(pg, key)
    if (row && isComparable(row)) await deps.streamOf()?.tick()
    const pending = await pg.first<{ pending_refresh_id: number | null }>(
      sql`SELECT s.pending_refresh_id FROM segment AS s WHERE s.key = ${key}`,
    )
    const { refreshId } = refresh
    if (!row || row.version !== refresh.row.version || pending?.pending_refresh_id !== refreshId) {
      await supersede(refresh)
      const members = row?.member_count ?? 0
      const result = { key, memberCount: members, isCurrent: false, entered: 0, left: 0, drift: null }
      return { pass: undefined, result }
    }
    const pass = await nextPass()
    const is: StoredMembers = { key, refreshId, hasRecent: true }
    await writeDifferences(row, is, pass)
    const counts = await count(key, is, pass)
    const drift = await driftOf(row, refreshId, pass)
    const isTold = row.live_refresh_id !== null || counts.entered <= mostToldAtFirst
    const outcome: Outcome = { ...refresh, row, pass, now: clock.now(), counts, drift, isTold }
    const isTelling = isTold && counts.entered + counts.left > 0
    await pg.transaction(async (tx) => {
      await moveSegment(tx, outcome)
      await keepHistory(tx, outcome)
      if (isTelling) await leaveTelling(tx, outcome)
    })
    const { members, entered, left } = counts
    const result = { key, memberCount: members, isCurrent: true, entered, left, drift }
    return { pass: isTelling ? pass : undefined, result }
  }
}
