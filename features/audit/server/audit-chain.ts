import { createHash } from 'node:crypto'

/** What one audit row says, as it is hashed. */
export type AuditContent = {
  seq: number
  at: string
  actor: string
  action: string
  objectType: string
  objectId: string
  orgId: number | null
  before: unknown
  after: unknown
  reason: string | null
}

const secretName = /password|secret|token|cipher|credential/i

/** JSON with sorted keys, so that what the database gives back hashes as what was written. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** Removes values under secret names and characters PostgreSQL cannot hold. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\ufffd').toWellFormed()
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutSecrets)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretName.test(key) ? '[removed]' : withoutSecrets(item),
    ]),
  )
}

/** SHA-256 over the hash before and the row: changing any row breaks every hash after it. */
export function auditHash(previousHash: Buffer, content: AuditContent): Buffer {
  return createHash('sha256').update(previousHash).update(canonicalJson(content)).digest()
}
