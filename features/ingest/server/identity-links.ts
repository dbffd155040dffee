import type { Proof } from '#features/ingest/server/spool-record.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'

/** One identity of a message as the spool carries it: never the clear text. */
export type SpooledIdentity = { kind: string; hash: Buffer }

/** What one message of a trusted source says of identities. */
export type IdentityClaim = {
  identities: readonly SpooledIdentity[]
  /** The customer the message names; 0: none, it is looked for by the identities. */
  customerId: number
  atMs: number
  proof: Proof
}

/** Names of identities in messages, and the kinds customers have them under. */
const kindByName: ReadonlyMap<string, string> = new Map([
  ['openId', 'open_id'],
  ['unionId', 'union_id'],
  ['wecomExternalUserId', 'external_user_id'],
  ['externalUserId', 'external_user_id'],
  ['phone', 'phone'],
  ['mobile', 'phone'],
  ['email', 'email'],
])
const kindPattern = /^[a-z][a-z0-9_]{0,49}$/

/** The strongest first: a message that names no customer lies under the visitor of the first one it has. */
const kindOrder = ['union_id', 'open_id', 'external_user_id', 'phone', 'email']
const rankOf = (kind: string): number =>
  (kindOrder.indexOf(kind) + kindOrder.length + 1) % (kindOrder.length + 1)

/** The kind of an identity by the name it has in a message; undefined when it can be none. */
export const identityKindByName = (name: string): string | undefined =>
  kindByName.get(name) ?? (kindPattern.test(name) ? name : undefined)

/**
 * Hashes the identities of a message, the strongest first. The hash is keyed, so that nobody without the key can guess
 * a phone number from it or make a device id that meets it.
 */
export function hashIdentities(
  crypto: Pick<FieldCrypto, 'hash'>,
  identities: Readonly<Record<string, string>>,
): SpooledIdentity[] {
  const hashed: SpooledIdentity[] = []
  for (const [name, value] of Object.entries(identities)) {
    const kind = identityKindByName(name)
    if (kind && value.trim() !== '') hashed.push({ kind, hash: crypto.hash(kind, value) })
  }
  return hashed.sort((a, b) => rankOf(a.kind) - rankOf(b.kind) || (a.kind < b.kind ? -1 : 1))
}

/** The visitor under which messages lie that name only this identity; 0 stands for none. */
export const visitorOfIdentity = ({ hash }: SpooledIdentity): bigint => hash.readBigUInt64BE(0) || 1n
