import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { importSm2Key, isSm2Signature, type Sm2Key } from '#features/ingest/server/sm2-verify.ts'

/** What a key can sign with: the key decides that, never the token. */
export type Family = 'ES256' | 'SM2'
export type VerifyKey = { kid: string | undefined; family: Family } & (
  | { family: 'ES256'; key: KeyObject }
  | { family: 'SM2'; key: Sm2Key }
)

const sm2Curves = new Set(['sm2', 'curvesm2', 'sm2p256v1', 'sm2-p256', '1.2.156.10197.1.301'])
const sm2Algorithms = new Set(['sm2', 'sm2sm3', 'sm3withsm2', 'sgd_sm3_sm2', 'sm2-with-sm3'])
const mostKeys = 50

/** The family an algorithm's name means; SM2 has no registered one, so its common names are taken. */
export const familyOf = (alg: unknown): Family | undefined => {
  if (typeof alg !== 'string') return undefined
  if (alg === 'ES256') return 'ES256'
  return sm2Algorithms.has(alg.toLowerCase()) ? 'SM2' : undefined
}

type Jwk = Record<string, unknown>

function importKey(jwk: Jwk): VerifyKey | undefined {
  const kid = typeof jwk.kid === 'string' ? jwk.kid : undefined
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  const isSm2 = typeof jwk.crv === 'string' && sm2Curves.has(jwk.crv.toLowerCase())
  const family: Family | undefined = isSm2
    ? 'SM2'
    : jwk.kty === 'EC' && jwk.crv === 'P-256'
      ? 'ES256'
      : undefined
  if (!family || (jwk.alg !== undefined && familyOf(jwk.alg) !== family)) return undefined
  if (family === 'SM2') {
    const key = importSm2Key(jwk.x, jwk.y)
    return key && { kid, family, key }
  }
  try {
    const { kty, crv, x, y } = jwk as Record<'kty' | 'crv' | 'x' | 'y', string>
    return { kid, family, key: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }) }
  } catch {
    return undefined
  }
}

/** The usable keys of a JSON Web Key Set; undefined when it is none. Keys we can't use are left out. */
export function importJwks(jwks: unknown): VerifyKey[] | undefined {
  const keys = typeof jwks === 'object' && jwks !== null ? (jwks as { keys?: unknown }).keys : undefined
  if (!Array.isArray(keys) || keys.length > mostKeys) return undefined
  if (!keys.every((key) => typeof key === 'object' && key !== null)) return undefined
  return keys.flatMap((key) => importKey(key as Jwk) ?? [])
}

/** The key a token says it was signed with; without a key id only where one key alone can be meant. */
export function findKey(keys: readonly VerifyKey[], family: Family, kid: unknown): VerifyKey | undefined {
  const fitting = keys.filter((key) => key.family === family)
  if (typeof kid === 'string') return fitting.find((key) => key.kid === kid)
  return fitting.length === 1 ? fitting[0] : undefined
}

/** Whether the signature over the data is this key's. */
export function isSignature(key: VerifyKey, data: Buffer, signature: Buffer): boolean {
  if (key.family === 'SM2') return isSm2Signature(key.key, data, signature)
  if (signature.length !== 64) return false
  return verify('sha256', data, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature)
}
