import { hostname } from 'node:os'
import type { IngestProcesses, IngestStatus } from '#features/ingest/common/ingest.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const beatEveryMs = 5_000
const seenWithinMs = 60_000
const behindAfterMs = 30_000

type ProcessRow = {
  process_id: string
  host: string
  pid: number
  spool_bytes: string
  spool_segments: number
  accepted: string
  loaded: string
  last_load_at: Date | null
  last_error: string | null
  started_at: Date
  seen_at: Date
}

/** Lets every process that collects say how it is doing, and reads what all of them said. */
export function createProcessPresence(deps: {
  pg: Postgres
  clock: Clock
  processId: string
  status: () => IngestStatus
  /** Done along with each beat. */
  alsoOnBeat: () => Promise<void>
}) {
  const { pg, clock, processId } = deps
  const startedAt = clock.now()
  let timer: NodeJS.Timeout | undefined
  let isStopped = true

  async function beat(): Promise<void> {
    const now = clock.now()
    const { spoolBytes, spoolSegments, accepted, loaded, lastLoadAt, lastError } = deps.status()
    await pg.execute(sql`
      INSERT INTO ingest_process (process_id, host, pid, spool_bytes, spool_segments, accepted, loaded, last_load_at,
        last_error, started_at, seen_at)
      VALUES (${processId}::uuid, ${hostname()}, ${process.pid}, ${spoolBytes}, ${spoolSegments}, ${accepted}, ${loaded},
        ${lastLoadAt}::timestamptz, ${lastError}, ${startedAt}::timestamptz, ${now}::timestamptz)
      ON CONFLICT (process_id) DO UPDATE SET spool_bytes = excluded.spool_bytes,
        spool_segments = excluded.spool_segments, accepted = excluded.accepted, loaded = excluded.loaded,
        last_load_at = excluded.last_load_at, last_error = excluded.last_error, seen_at = excluded.seen_at`)
    await pg.execute(sql`
      DELETE FROM ingest_process WHERE seen_at < ${new Date(now.getTime() - 10 * seenWithinMs)}::timestamptz`)
    await deps.alsoOnBeat()
  }

  async function keepBeating(): Promise<void> {
    // The database may be away for a while; collecting goes on, and so does this.
    await beat().catch(() => undefined)
    if (!isStopped) timer = setTimeout(() => void keepBeating(), beatEveryMs)
  }

  return {
    beat,
    start(): void {
      if (!isStopped) return
      isStopped = false
      void keepBeating()
    },
    stop(): void {
      isStopped = true
      clearTimeout(timer)
    },
    async list(): Promise<IngestProcesses['items']> {
      const nowMs = clock.now().getTime()
      const rows = await pg.query<ProcessRow>(sql`
        SELECT p.* FROM ingest_process AS p
        WHERE p.seen_at >= ${new Date(nowMs - seenWithinMs)}::timestamptz ORDER BY p.started_at, p.process_id`)
      return rows.map((row) => ({
        processId: row.process_id,
        host: row.host,
        pid: row.pid,
        spoolBytes: Number(row.spool_bytes),
        spoolSegments: row.spool_segments,
        accepted: Number(row.accepted),
        loaded: Number(row.loaded),
        lastLoadAt: row.last_load_at?.toISOString() ?? null,
        lastError: row.last_error,
        startedAt: row.started_at.toISOString(),
        seenAt: row.seen_at.toISOString(),
        isBehind:
          Number(row.spool_bytes) > 0 &&
          nowMs - (row.last_load_at ?? row.started_at).getTime() > behindAfterMs,
      }))
    },
  }
}

export type ProcessPresence = ReturnType<typeof createProcessPresence>
