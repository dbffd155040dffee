import { randomBytes } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Audit } from '#features/audit/server/index.ts'
import type { CreateSource, Source } from '#features/ingest/common/ingest.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** The platform's own events come from this source. */
export const platformSource = 'zhike'

type KeyRow = {
  key: string
  source: string
  kind: 'trusted' | 'public'
  jwks: JSONWebKeySet | null
  token_issuer: string | null
  state: 'active' | 'revoked'
}

/** The keys that collecting accepts. */
export async function loadWriteKeys(pg: Postgres): Promise<WriteKey[]> {
  const rows = await pg.query<KeyRow>(sql`
    SELECT k.key, k.source, k.kind, k.jwks, k.token_issuer, k.state FROM write_key AS k WHERE k.state = 'active'`)
  return rows.map(({ key, source, kind, jwks, token_issuer }) => ({
    key,
    source,
    kind,
    jwks,
    tokenIssuer: token_issuer,
  }))
}

function checkJwks(jwks: unknown): void {
  try {
    createLocalJWKSet(jwks as JSONWebKeySet)
  } catch {
    throw ingestError('SOURCE_JWKS_INVALID', { detail: 'jwks: must be a JSON Web Key Set: {"keys":[…]}' }, [
      { path: 'jwks', code: 'SOURCE_JWKS_INVALID', message: 'must be a JSON Web Key Set' },
    ])
  }
}

/** Sources and their write keys. A key is no secret of a person's; still it never enters audit. */
export function createSources(deps: { pg: Postgres; audit: Audit; onChange: () => Promise<void> }) {
  const { pg, audit } = deps
  return {
    async list(): Promise<Omit<Source, 'eventsToday'>[]> {
      return pg.query(sql`SELECT k.source, k.kind, k.key, k.state FROM write_key AS k ORDER BY k.source`)
    },
    async create(actor: string, input: CreateSource): Promise<Source> {
      const { source, kind, tokenIssuer } = input
      if (source === platformSource) throw ingestError('SOURCE_RESERVED', { source })
      if (input.jwks !== undefined) checkJwks(input.jwks)
      const key = `zk_${kind === 'trusted' ? 's' : 'p'}_${randomBytes(18).toString('base64url')}`
      const jwks = input.jwks === undefined ? null : JSON.stringify(input.jwks)
      await pg.transaction(async (tx) => {
        const added = await tx.execute(sql`
          INSERT INTO write_key (key, source, kind, jwks, token_issuer)
          VALUES (${key}, ${source}, ${kind}, ${jwks}::jsonb, ${tokenIssuer ?? null}) ON CONFLICT (source) DO NOTHING`)
        if (added === 0) throw ingestError('SOURCE_TAKEN', { source })
        await audit.record(tx, {
          actor,
          action: 'source.create',
          objectType: 'source',
          objectId: source,
          after: { source, kind, hasJwks: jwks !== null, tokenIssuer: tokenIssuer ?? null },
        })
      })
      await deps.onChange()
      return { source, kind, key, state: 'active', eventsToday: 0 }
    },
  }
}

export type Sources = ReturnType<typeof createSources>
