import { z } from 'zod'

const limit = (most: number) => z.number().int().min(1).max(most)

/** What each key of a source may do in one process; null: the default. */
export const SourceLimits = z.strictObject({
  eventsPerSecond: limit(10_000_000).nullable(),
  bytesPerSecond: limit(10_000_000_000).nullable(),
  concurrentRequests: limit(100_000).nullable(),
  /** Of one customer or device; events beyond it are refused one by one and stand among the rejects. */
  customerEventsPerSecond: limit(1_000_000).nullable(),
})
export type SourceLimits = z.infer<typeof SourceLimits>

/** A key of a source. A trusted one comes masked; POST …/keys/{keyId}/reveal shows it and is recorded. */
export const SourceKey = z.object({
  keyId: z.string(),
  key: z.string(),
  isMasked: z.boolean(),
  state: z.enum(['active', 'revoked']),
  createdAt: z.string(),
  lastUsedOn: z.string().nullable(),
  revokedAt: z.string().nullable(),
  revokeReason: z.string().nullable(),
})
export type SourceKey = z.infer<typeof SourceKey>

/** GET /api/sources (source.read). `key` is the newest active key, masked like those in `keys`. */
export const Source = z.object({
  source: z.string(),
  kind: z.enum(['trusted', 'public']),
  key: z.string(),
  state: z.enum(['active', 'revoked']),
  eventsToday: z.number().int(),
  name: z.object({ zh: z.string(), en: z.string() }).nullable(),
  owner: z.string().nullable(),
  allowedOrigins: z.array(z.string()),
  hasJwks: z.boolean(),
  jwksUrl: z.string().nullable(),
  tokenIssuer: z.string().nullable(),
  limits: SourceLimits,
  activeKeys: z.number().int(),
  lastUsedOn: z.string().nullable(),
  createdAt: z.string(),
})
export type Source = z.infer<typeof Source>
export const Sources = z.object({ items: z.array(Source) })
/** GET /api/sources/{source} (source.read) */
export const SourceDetail = Source.extend({ jwks: z.unknown().nullable(), keys: z.array(SourceKey) })
export type SourceDetail = z.infer<typeof SourceDetail>

const origin = z
  .string()
  .max(200)
  .regex(/^https?:\/\/[^/\s?#]+$/, 'an origin such as https://m.bank.example')
const httpsUrl = z
  .url()
  .max(500)
  .regex(/^https:\/\//, 'must start with https://')

/** What may be changed later; the kind of a source never. */
const fields = {
  name: z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) }).nullish(),
  owner: z.string().min(1).max(100).nullish(),
  allowedOrigins: z.array(origin).max(100).optional(),
  jwks: z.unknown().optional(),
  jwksUrl: httpsUrl.nullish(),
  tokenIssuer: z.string().min(1).max(200).nullish(),
  limits: SourceLimits.partial().optional(),
}
/** POST /api/sources (source.write) → 201 Source. `jwks`, `jwksUrl` and `tokenIssuer`: how a public source proves customers. */
export const CreateSource = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}+$/u, 'no control characters'),
  kind: z.enum(['trusted', 'public']),
  ...fields,
})
export type CreateSource = z.infer<typeof CreateSource>
/** PUT /api/sources/{source} (source.write): what is left out stays, null empties. */
export const ChangeSource = z.strictObject(fields)
export type ChangeSource = z.infer<typeof ChangeSource>

/** POST /api/sources/{source}/revoke, …/keys/{keyId}/revoke, …/keys/{keyId}/reveal (source.write) */
export const WithReason = z.strictObject({ reason: z.string().trim().min(2).max(500) })
/** POST /api/sources/{source}/keys (source.write) → 201 SourceKey, the one time a trusted key comes unmasked. */

/** POST …/reveal */
export const RevealedKey = z.object({ key: z.string() })
