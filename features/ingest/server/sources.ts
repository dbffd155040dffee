import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Audit } from '#features/audit/server/index.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { ChangeSource, CreateSource, Source, SourceDetail } from '#features/ingest/common/source.ts'
import { createSourceKeys } from '#features/ingest/server/source-keys.ts'
import {
  describeKey,
  describeSource,
  findSourceRow,
  limitsOfRow,
  listKeyRows,
  listSourceRows,
  newWriteKey,
  type SourceRow,
} from '#features/ingest/server/source-rows.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export { loadWriteKeys } from '#features/ingest/server/source-rows.ts'

/** The platform's own events come from this source. */
export const platformSource = 'zhike'

function checkJwks(jwks: unknown): void {
  try {
    createLocalJWKSet(jwks as JSONWebKeySet)
  } catch {
    throw ingestError('SOURCE_JWKS_INVALID', { detail: 'jwks: must be a JSON Web Key Set: {"keys":[…]}' }, [
      { path: 'jwks', code: 'SOURCE_JWKS_INVALID', message: 'must be a JSON Web Key Set' },
    ])
  }
}

/** What audit says of a source: everything but keys. */
const auditOf = (row: SourceRow) => ({
  kind: row.kind,
  name: row.name_zh === null ? null : { zh: row.name_zh, en: row.name_en },
  owner: row.owner,
  allowedOrigins: row.allowed_origins,
  jwksKeyIds: row.jwks?.keys.map(({ kid }) => kid ?? null) ?? null,
  jwksUrl: row.jwks_url,
  tokenIssuer: row.token_issuer,
  limits: limitsOfRow(row),
  state: row.state,
})

/** The row with the changes of an input: undefined keeps, null empties. */
function changed(row: SourceRow, input: ChangeSource): SourceRow {
  const { name, limits = {} } = input
  const pick = <T>(next: T | undefined, before: T): T => (next === undefined ? before : next)
  return {
    ...row,
    name_zh: name === undefined ? row.name_zh : (name?.zh ?? null),
    name_en: name === undefined ? row.name_en : (name?.en ?? null),
    owner: pick(input.owner, row.owner),
    allowed_origins: pick(input.allowedOrigins, row.allowed_origins),
    jwks: pick(input.jwks as JSONWebKeySet | null | undefined, row.jwks),
    jwks_url: pick(input.jwksUrl, row.jwks_url),
    token_issuer: pick(input.tokenIssuer, row.token_issuer),
    events_per_second: pick(limits.eventsPerSecond, row.events_per_second),
    bytes_per_second: pick(limits.bytesPerSecond, row.bytes_per_second),
    concurrent_requests: pick(limits.concurrentRequests, row.concurrent_requests),
    customer_events_per_second: pick(limits.customerEventsPerSecond, row.customer_events_per_second),
  }
}

const update = (tx: PgRunner, row: SourceRow) =>
  tx.execute(sql`
    UPDATE source SET name_zh = ${row.name_zh}, name_en = ${row.name_en}, owner = ${row.owner},
      allowed_origins = ${row.allowed_origins}::text[],
      jwks = ${row.jwks === null ? null : JSON.stringify(row.jwks)}::jsonb, jwks_url = ${row.jwks_url},
      token_issuer = ${row.token_issuer}, events_per_second = ${row.events_per_second}::int,
      bytes_per_second = ${row.bytes_per_second}::bigint, concurrent_requests = ${row.concurrent_requests}::int,
      customer_events_per_second = ${row.customer_events_per_second}::int,
      state = ${row.state}
    WHERE source = ${row.source}`)

/** Sources: who may send events. A key never enters audit. */
export function createSources(deps: {
  pg: Postgres
  audit: Audit
  clock: Clock
  onChange: () => Promise<void>
}) {
  const { pg, audit } = deps

  async function change(
    actor: string,
    source: string,
    action: string,
    next: (row: SourceRow) => SourceRow,
    reason?: string,
  ) {
    await pg.transaction(async (tx) => {
      const row = await findSourceRow(tx, source, sql`FOR UPDATE`)
      if (!row) throw ingestError('SOURCE_NOT_FOUND', { source })
      const after = next(row)
      await update(tx, after)
      const what = { actor, action, objectType: 'source', objectId: source }
      await audit.record(tx, { ...what, before: auditOf(row), after: auditOf(after), reason })
    })
    await deps.onChange()
  }

  return {
    keys: createSourceKeys(deps),
    async list(today: ReadonlyMap<string, number>): Promise<Source[]> {
      const [rows, keys] = await Promise.all([listSourceRows(pg), listKeyRows(pg)])
      const keysOf = new Map<string, typeof keys>()
      for (const key of keys) keysOf.set(key.source, [...(keysOf.get(key.source) ?? []), key])
      return rows.map((row) => describeSource(row, keysOf.get(row.source) ?? [], today.get(row.source) ?? 0))
    },
    async get(source: string, today: ReadonlyMap<string, number>): Promise<SourceDetail> {
      const [row, keys] = await Promise.all([findSourceRow(pg, source), listKeyRows(pg, source)])
      if (!row) throw ingestError('SOURCE_NOT_FOUND', { source })
      return {
        ...describeSource(row, keys, today.get(source) ?? 0),
        jwks: row.jwks,
        keys: keys.map((key) => describeKey(key, row)),
      }
    },
    /** The answer shows the key; a trusted one comes masked from then on. */
    async create(actor: string, input: CreateSource): Promise<Source> {
      const { source, kind } = input
      if (source === platformSource) throw ingestError('SOURCE_RESERVED', { source })
      if (input.jwks != null) checkJwks(input.jwks)
      const key = newWriteKey(kind)
      await pg.transaction(async (tx) => {
        const row = await tx.first<SourceRow>(sql`
          INSERT INTO source (source, kind, created_at) VALUES (${source}, ${kind}, ${deps.clock.now()}::timestamptz)
          ON CONFLICT (source) DO NOTHING RETURNING *`)
        if (!row) throw ingestError('SOURCE_TAKEN', { source })
        const made = changed(row, input)
        await update(tx, made)
        await tx.execute(sql`
          INSERT INTO write_key (key, source, created_at) VALUES (${key}, ${source}, ${deps.clock.now()}::timestamptz)`)
        const what = { actor, action: 'source.create', objectType: 'source', objectId: source }
        await audit.record(tx, { ...what, after: auditOf(made) })
      })
      await deps.onChange()
      return { ...(await this.get(source, new Map())), key }
    },
    async change(actor: string, source: string, input: ChangeSource): Promise<void> {
      if (input.jwks != null) checkJwks(input.jwks)
      await change(actor, source, 'source.change', (row) => changed(row, input))
    },
    /** All its keys end within seconds. */
    revoke: (actor: string, source: string, reason: string): Promise<void> =>
      change(actor, source, 'source.revoke', (row) => ({ ...row, state: 'revoked' }), reason),
    reactivate: (actor: string, source: string, reason: string): Promise<void> =>
      change(actor, source, 'source.reactivate', (row) => ({ ...row, state: 'active' }), reason),
  }
}

export type Sources = ReturnType<typeof createSources>
