import type { AuditEntry, AuditVerification } from '#features/audit/common/audit.ts'
import { type AuditContent, auditHash, withoutSecrets } from '#features/audit/server/audit-chain.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** One change: who did what to what, before and after. */
export type AuditInput = {
  actor: string
  /** Dotted, as `segment.create`. */
  action: string
  objectType: string
  objectId: string
  orgId?: number | undefined
  before?: unknown
  after?: unknown
  reason?: string | undefined
}

type AuditRow = {
  seq: number
  at: Date
  actor: string
  action: string
  object_type: string
  object_id: string
  org_id: number | null
  before: unknown
  after: unknown
  reason: string | null
  previous_hash: Buffer
  hash: Buffer
}

export type AuditFilter = {
  limit: number
  cursor?: string | undefined
  actor?: string | undefined
  action?: string | undefined
  objectType?: string | undefined
  objectId?: string | undefined
}

/** The append-only, hash-chained record of every change. */
export type Audit = {
  /** Appends in the caller's transaction; call it last, for the head row stays locked until commit. */
  record(tx: PgRunner, entry: AuditInput): Promise<void>
  list(filter: AuditFilter): Promise<Page<AuditEntry>>
  /** Recomputes the whole chain and names the first row that does not fit. */
  verify(): Promise<AuditVerification>
}

const contentOf = (row: AuditRow): AuditContent => ({
  seq: row.seq,
  at: row.at.toISOString(),
  actor: row.actor,
  action: row.action,
  objectType: row.object_type,
  objectId: row.object_id,
  orgId: row.org_id,
  before: row.before,
  after: row.after,
  reason: row.reason,
})

const describeEntry = (row: AuditRow): AuditEntry => ({
  seq: row.seq,
  at: row.at.toISOString(),
  actor: row.actor,
  action: row.action,
  objectType: row.object_type,
  objectId: row.object_id,
  before: row.before,
  after: row.after,
  reason: row.reason,
  hash: row.hash.toString('hex'),
})

const verifyBatch = 5000

export function createAudit(deps: { pg: Postgres; clock: Clock }): Audit {
  const { pg, clock } = deps
  return {
    async record(tx, entry) {
      const head = await tx.first<{ seq: number; hash: Buffer }>(
        sql`SELECT h.seq, h.hash FROM audit_head AS h FOR UPDATE`,
      )
      if (!head) throw new Error('audit_head has no row')
      const content: AuditContent = {
        seq: head.seq + 1,
        at: clock.now().toISOString(),
        actor: entry.actor,
        action: entry.action,
        objectType: entry.objectType,
        objectId: entry.objectId,
        orgId: entry.orgId ?? null,
        before: withoutSecrets(entry.before),
        after: withoutSecrets(entry.after),
        reason: (withoutSecrets(entry.reason) as string | null) ?? null,
      }
      const hash = auditHash(head.hash, content)
      await tx.execute(sql`
        INSERT INTO audit (seq, at, actor, action, object_type, object_id, org_id, before, after, reason, previous_hash, hash)
        VALUES (${content.seq}, ${content.at}::timestamptz, ${content.actor}, ${content.action}, ${content.objectType},
          ${content.objectId}, ${content.orgId}, ${JSON.stringify(content.before)}::jsonb,
          ${JSON.stringify(content.after)}::jsonb, ${content.reason}, ${head.hash}, ${hash})`)
      await tx.execute(sql`UPDATE audit_head SET seq = ${content.seq}, hash = ${hash}`)
    },

    async list(filter) {
      const after = decodeCursor(filter.cursor, 1)
      const conditions: Sql[] = [sql`true`]
      if (after) conditions.push(sql`a.seq < ${after[0]}`)
      if (filter.actor) conditions.push(sql`a.actor = ${filter.actor}`)
      if (filter.action) conditions.push(sql`starts_with(a.action, ${filter.action})`)
      if (filter.objectType) conditions.push(sql`a.object_type = ${filter.objectType}`)
      if (filter.objectId) conditions.push(sql`a.object_id = ${filter.objectId}`)
      const where = conditions.reduce((all, one) => sql`${all} AND ${one}`)
      const rows = await pg.query<AuditRow>(
        sql`SELECT a.* FROM audit AS a WHERE ${where} ORDER BY a.seq DESC LIMIT ${filter.limit + 1}`,
      )
      return toPage(rows, filter.limit, (row) => [row.seq], describeEntry)
    },

    async verify() {
      let expectedSeq = 1
      let previous: Buffer = Buffer.alloc(32)
      const broken = (seq: number, reason: string): AuditVerification => ({
        ok: false,
        checked: expectedSeq - 1,
        brokenSeq: seq,
        reason,
      })
      for (;;) {
        const rows = await pg.query<AuditRow>(
          sql`SELECT a.* FROM audit AS a WHERE a.seq >= ${expectedSeq} ORDER BY a.seq LIMIT ${verifyBatch}`,
        )
        for (const row of rows) {
          if (row.seq !== expectedSeq) return broken(expectedSeq, 'the row is missing')
          if (!row.previous_hash.equals(previous))
            return broken(row.seq, 'the row does not follow the one before')
          const hash = auditHash(previous, contentOf(row))
          if (!hash.equals(row.hash)) return broken(row.seq, 'the row was changed')
          previous = hash
          expectedSeq += 1
        }
        if (rows.length < verifyBatch) break
      }
      const head = await pg.first<{ seq: number; hash: Buffer }>(
        sql`SELECT h.seq, h.hash FROM audit_head AS h`,
      )
      if (head?.seq !== expectedSeq - 1 || !head.hash.equals(previous))
        return broken(expectedSeq, 'rows at the end are missing')
      return { ok: true, checked: expectedSeq - 1, brokenSeq: null, reason: null }
    },
  }
}
