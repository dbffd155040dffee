/** A token as the bank would sign it, without a signature worth checking. */
export function createTestToken(claims: {
  sub?: string
  iat?: number
  exp?: number
  [claim: string]: unknown
}) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`
}
