import { sm2 } from 'sm-crypto-v2'

/** A key ready to verify with: preparing it costs as much as several checks. */
export type Sm2Key = ReturnType<typeof sm2.precomputePublicKey>

const coordinate = /^[A-Za-z0-9_-]{42,44}$/
const hexOf = (text: string): string => Buffer.from(text, 'base64url').toString('hex').padStart(64, '0')

/** The public key of a JWK's coordinates; undefined when they are no point of the curve. */
export function importSm2Key(x: unknown, y: unknown): Sm2Key | undefined {
  if (typeof x !== 'string' || typeof y !== 'string' || !coordinate.test(x) || !coordinate.test(y))
    return undefined
  const point = `04${hexOf(x)}${hexOf(y)}`
  return sm2.verifyPublicKey(point) ? sm2.precomputePublicKey(point) : undefined
}

/**
 * Whether a signature over the data is this key's: SM2 with SM3 and the standard's default user id, r‖s or DER. Node's own
 * crypto calls something else SM2.
 */
export function isSm2Signature(key: Sm2Key, data: Buffer, signature: Buffer): boolean {
  const isRaw = signature.length === 64
  if (!isRaw && (signature.length < 8 || signature.length > 72 || signature[0] !== 0x30)) return false
  try {
    return sm2.doVerifySignature(new Uint8Array(data), signature.toString('hex'), key, {
      hash: true,
      der: !isRaw,
    })
  } catch {
    return false
  }
}
