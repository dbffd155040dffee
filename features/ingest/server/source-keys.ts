import type { Audit } from '#features/audit/server/index.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { SourceKey } from '#features/ingest/common/source.ts'
import { mostKeysPerSource, undoRevokeHours } from '#features/ingest/common/source-key-rules.ts'
import {
  describeKey,
  findKeyRow,
  findSourceRow,
  type KeyRow,
  listKeyRows,
  newWriteKey,
  type SourceRow,
} from '#features/ingest/server/source-rows.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Named = { source: string; keyId: string; reason: string }

/** The keys of a source: a new one beside the old, the old one revoked when nothing uses it any more. */
export function createSourceKeys(deps: {
  pg: Postgres
  audit: Audit
  clock: Clock
  onChange: () => Promise<void>
}) {
  const { pg, audit, clock } = deps

  async function locked(tx: PgRunner, source: string): Promise<SourceRow> {
    const row = await findSourceRow(tx, source, sql`FOR UPDATE`)
    if (!row) throw ingestError('SOURCE_NOT_FOUND', { source })
    return row
  }

  /** Does something to one key, says so in audit, and lets every process know. */
  async function onKey(
    actor: string,
    action: string,
    { source, keyId, reason }: Named,
    work: (tx: PgRunner, key: KeyRow) => Promise<unknown>,
  ): Promise<KeyRow> {
    const found = await pg.transaction(async (tx) => {
      await locked(tx, source)
      const key = await findKeyRow(tx, source, keyId)
      if (!key) throw ingestError('KEY_NOT_FOUND', {})
      await work(tx, key)
      await audit.record(tx, {
        actor,
        action,
        objectType: 'source',
        objectId: source,
        after: { keyId },
        reason,
      })
      return key
    })
    await deps.onChange()
    return found
  }

  async function revoke(tx: PgRunner, key: KeyRow, actor: string, reason: string): Promise<void> {
    const keys = await listKeyRows(tx, key.source)
    const others = keys.filter(({ state, key_id }) => state === 'active' && key_id !== key.key_id)
    if (others.length === 0) throw ingestError('KEY_LAST_ACTIVE', {})
    await tx.execute(sql`
      UPDATE write_key SET state = 'revoked', revoked_at = ${clock.now()}::timestamptz, revoked_by = ${actor},
        revoke_reason = ${reason} WHERE key = ${key.key} AND state = 'active'`)
  }

  async function undo(tx: PgRunner, key: KeyRow): Promise<void> {
    const since = clock.now().getTime() - (key.revoked_at?.getTime() ?? 0)
    if (key.state === 'revoked' && since > undoRevokeHours * 3_600_000)
      throw ingestError('KEY_REVOKED_LONG_AGO', { hours: undoRevokeHours })
    await tx.execute(sql`
      UPDATE write_key SET state = 'active', revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL
      WHERE key = ${key.key}`)
  }

  return {
    /** A new key beside the others; the answer is the one time it comes unmasked by itself. */
    async add(actor: string, source: string): Promise<SourceKey> {
      const made = await pg.transaction(async (tx) => {
        const row = await locked(tx, source)
        if ((await listKeyRows(tx, source)).length >= mostKeysPerSource)
          throw ingestError('SOURCE_KEYS_TOO_MANY', { limit: mostKeysPerSource })
        const key = newWriteKey(row.kind)
        await tx.execute(sql`
          INSERT INTO write_key (key, source, created_at) VALUES (${key}, ${source}, ${clock.now()}::timestamptz)`)
        const added = (await listKeyRows(tx, source)).find((one) => one.key === key)
        if (!added) throw ingestError('KEY_NOT_FOUND', {})
        const what = { actor, action: 'source.key.add', objectType: 'source', objectId: source }
        await audit.record(tx, { ...what, after: { keyId: added.key_id } })
        return { ...describeKey(added, row), key, isMasked: false }
      })
      await deps.onChange()
      return made
    },
    revoke: (actor: string, named: Named) =>
      onKey(actor, 'source.key.revoke', named, (tx, key) => revoke(tx, key, actor, named.reason)),
    /** Takes a revocation back, within a day. */
    undoRevoke: (actor: string, named: Named) => onKey(actor, 'source.key.undo', named, undo),
    /** The key itself; who asked and why is recorded. */
    async reveal(actor: string, named: Named): Promise<string> {
      return (await onKey(actor, 'source.key.reveal', named, async () => undefined)).key
    },
    /** Remembers which keys were used on that day of the bank. */
    async markUsed(keys: readonly string[], day: string): Promise<void> {
      if (keys.length === 0) return
      await pg.execute(sql`
        UPDATE write_key SET last_used_on = ${day}::date
        WHERE key = ANY(${[...keys]}::text[]) AND (last_used_on IS NULL OR last_used_on < ${day}::date)`)
    },
  }
}
