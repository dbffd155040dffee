import type { Audit } from '#features/audit/server/index.ts'
import type { DebugSession } from '#features/ingest/common/debug.ts'
import { type DebugFilter, debugKept, debugMinutes } from '#features/ingest/common/debug-filter.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const mostSessions = 50

type SessionRow = { session_id: string; kind: DebugFilter['kind']; value: string; expires_at: Date }

const describe = (row: SessionRow): DebugSession => ({
  sessionId: row.session_id,
  kind: row.kind,
  value: row.value,
  expiresAt: row.expires_at.toISOString(),
})

/** Who watches what, and the latest of what was seen, where every process can read and write it. */
export function createDebugStore(deps: { pg: Postgres; audit: Audit; clock: Clock; newId: () => string }) {
  const { pg, audit, clock, newId } = deps
  return {
    /** Opens a session, or finds the one this person has on the same; opening is recorded, coming back isn't. */
    async open(actor: string, { kind, value }: DebugFilter): Promise<DebugSession> {
      const now = clock.now()
      return pg.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('debug_session'))`)
        await tx.execute(sql`DELETE FROM debug_session WHERE expires_at <= ${now}::timestamptz`)
        const known = await tx.first<SessionRow>(sql`
          SELECT s.* FROM debug_session AS s
          WHERE s.opened_by = ${actor} AND s.kind = ${kind} AND s.value = ${value}`)
        if (known) return describe(known)
        const count = await tx.first<{ n: string }>(sql`SELECT count(*) AS n FROM debug_session AS s`)
        if (Number(count?.n) >= mostSessions) throw ingestError('DEBUG_BUSY', {})
        const sessionId = newId()
        const expiresAt = new Date(now.getTime() + debugMinutes * 60_000)
        await tx.execute(sql`
          INSERT INTO debug_session (session_id, kind, value, opened_by, opened_at, expires_at)
          VALUES (${sessionId}::uuid, ${kind}, ${value}, ${actor}, ${now}::timestamptz, ${expiresAt}::timestamptz)`)
        const what = { actor, action: 'debug.watch', objectType: kind, objectId: value }
        await audit.record(tx, { ...what, after: { until: expiresAt.toISOString() } })
        return { sessionId, kind, value, expiresAt: expiresAt.toISOString() }
      })
    },
    async active(): Promise<DebugSession[]> {
      const rows = await pg.query<SessionRow>(sql`
        SELECT s.session_id, s.kind, s.value, s.expires_at FROM debug_session AS s
        WHERE s.expires_at > ${clock.now()}::timestamptz`)
      return rows.map(describe)
    },
    /** Writes what was seen, in turn with other processes: a reader goes on by id. Ended sessions are left out. */
    async write(rows: readonly { sessionId: string; body: string }[]): Promise<void> {
      if (rows.length === 0) return
      await pg.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('debug_sighting'))`)
        await tx.execute(sql`
          INSERT INTO debug_sighting (session_id, body)
          SELECT t.session_id, t.body FROM unnest(${rows.map((row) => row.sessionId)}::uuid[],
            ${rows.map((row) => row.body)}::text[]) WITH ORDINALITY AS t(session_id, body, place)
          WHERE EXISTS (SELECT FROM debug_session AS s WHERE s.session_id = t.session_id) ORDER BY t.place`)
        for (const sessionId of new Set(rows.map((row) => row.sessionId)))
          await tx.execute(sql`
            DELETE FROM debug_sighting WHERE session_id = ${sessionId}::uuid AND sighting_id <= (
              SELECT g.sighting_id FROM debug_sighting AS g WHERE g.session_id = ${sessionId}::uuid
              ORDER BY g.sighting_id DESC OFFSET ${debugKept} LIMIT 1)`)
      })
    },
    async readAfter(sessionId: string, afterId: number): Promise<{ id: number; body: string }[]> {
      const rows = await pg.query<{ sighting_id: string; body: string }>(sql`
        SELECT g.sighting_id, g.body FROM debug_sighting AS g
        WHERE g.session_id = ${sessionId}::uuid AND g.sighting_id > ${afterId}::bigint ORDER BY g.sighting_id`)
      return rows.map((row) => ({ id: Number(row.sighting_id), body: row.body }))
    },
  }
}

export type DebugStore = ReturnType<typeof createDebugStore>
