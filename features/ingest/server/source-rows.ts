import { randomBytes } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import type { Source, SourceKey, SourceLimits } from '#features/ingest/common/source.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type SourceRow = {
  source: string
  kind: 'trusted' | 'public'
  name_zh: string | null
  name_en: string | null
  owner: string | null
  allowed_origins: string[]
  jwks: JSONWebKeySet | null
  jwks_url: string | null
  token_issuer: string | null
  events_per_second: number | null
  bytes_per_second: number | null
  concurrent_requests: number | null
  customer_events_per_second: number | null
  state: 'active' | 'revoked'
  is_demo: boolean
  created_at: Date
}
export type KeyRow = {
  key_id: string
  key: string
  source: string
  state: 'active' | 'revoked'
  created_at: Date
  last_used_on: string | null
  revoked_at: Date | null
  revoke_reason: string | null
}

export const newWriteKey = (kind: 'trusted' | 'public'): string =>
  `zk_${kind === 'trusted' ? 's' : 'p'}_${randomBytes(18).toString('base64url')}`

/** How a key is named in addresses and audit: by its hash. */
const keyIdOf = sql`left(encode(sha256(convert_to(k.key, 'UTF8')), 'hex'), 16)`
const keyColumns = sql`${keyIdOf} AS key_id, k.key, k.source, k.state, k.created_at,
  k.last_used_on::text AS last_used_on, k.revoked_at, k.revoke_reason`

export const listSourceRows = (pg: PgRunner): Promise<SourceRow[]> =>
  pg.query(sql`SELECT s.* FROM source AS s ORDER BY s.source`)

export const findSourceRow = (pg: PgRunner, source: string, lock: Sql = sql``) =>
  pg.first<SourceRow>(sql`SELECT s.* FROM source AS s WHERE s.source = ${source} ${lock}`)

export const listKeyRows = (pg: PgRunner, source?: string): Promise<KeyRow[]> =>
  pg.query(sql`SELECT ${keyColumns} FROM write_key AS k
    WHERE ${source === undefined ? sql`true` : sql`k.source = ${source}`} ORDER BY k.created_at DESC, k.key`)

export const findKeyRow = (pg: PgRunner, source: string, keyId: string) =>
  pg.first<KeyRow>(sql`SELECT ${keyColumns} FROM write_key AS k
    WHERE k.source = ${source} AND ${keyIdOf} = ${keyId} FOR UPDATE`)

/** A trusted key is a server's secret: enough of it to tell two apart. A demo's is in every guide. */
const maskKey = (key: string): string =>
  key.length < 16 ? '••••••••' : `${key.slice(0, 6)}••••••••${key.slice(-3)}`

export function describeKey(row: KeyRow, source: Pick<SourceRow, 'kind' | 'is_demo'>): SourceKey {
  const isMasked = source.kind === 'trusted' && !source.is_demo
  return {
    keyId: row.key_id,
    key: isMasked ? maskKey(row.key) : row.key,
    isMasked,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    lastUsedOn: row.last_used_on,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokeReason: row.revoke_reason,
  }
}

export const limitsOfRow = (row: SourceRow): SourceLimits => ({
  eventsPerSecond: row.events_per_second,
  bytesPerSecond: row.bytes_per_second === null ? null : Number(row.bytes_per_second),
  concurrentRequests: row.concurrent_requests,
  customerEventsPerSecond: row.customer_events_per_second,
})

const nameOf = (row: SourceRow) =>
  row.name_zh === null || row.name_en === null ? null : { zh: row.name_zh, en: row.name_en }

/** A source for a list; `keys` are its own, the newest first. */
export function describeSource(row: SourceRow, keys: readonly KeyRow[], eventsToday: number): Source {
  const active = keys.filter((key) => key.state === 'active')
  const newest = active[0] ?? keys[0]
  return {
    source: row.source,
    kind: row.kind,
    key: newest ? describeKey(newest, row).key : '',
    state: row.state,
    eventsToday,
    name: nameOf(row),
    owner: row.owner,
    allowedOrigins: row.allowed_origins,
    hasJwks: row.jwks !== null,
    jwksUrl: row.jwks_url,
    tokenIssuer: row.token_issuer,
    limits: limitsOfRow(row),
    activeKeys: active.length,
    lastUsedOn: keys.reduce<string | null>(
      (last, key) => (key.last_used_on && (!last || key.last_used_on > last) ? key.last_used_on : last),
      null,
    ),
    createdAt: row.created_at.toISOString(),
  }
}

const withoutNulls = (limits: SourceLimits): WriteKey['limits'] & object =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null))

/** A source's key as collecting needs it. */
export const writeKeyOf = (row: SourceRow, key: string): WriteKey => ({
  key,
  source: row.source,
  kind: row.kind,
  jwks: row.jwks,
  jwksUrl: row.jwks_url,
  tokenIssuer: row.token_issuer,
  allowedOrigins: row.allowed_origins,
  limits: withoutNulls(limitsOfRow(row)),
})

/** The keys that collecting accepts. */
export async function loadWriteKeys(pg: PgRunner): Promise<WriteKey[]> {
  const rows = await pg.query<SourceRow & { key: string }>(sql`
    SELECT s.*, k.key FROM write_key AS k JOIN source AS s ON s.source = k.source
    WHERE k.state = 'active' AND s.state = 'active'`)
  return rows.map((row) => writeKeyOf(row, row.key))
}
