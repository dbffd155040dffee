import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'

/** The demo bank's own signer of customer tokens: what a real bank's login service does. */
export type TokenSigner = { publicJwks: { keys: JWK[] }; sign(customerNo: string): Promise<string> }

export const demoIssuer = 'zhike-demo-bank'
const tokenMinutes = 10

/** Opens the demo bank's signing key in the data directory (0600), making it the first time. */
export async function openTokenSigner(dataDir: string, now: () => Date): Promise<TokenSigner> {
  const path = join(dataDir, 'demo-token-key.json')
  if (!existsSync(path)) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    writeFileSync(path, JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'demo-1' }), { mode: 0o600 })
  }
  const privateJwk = JSON.parse(readFileSync(path, 'utf8')) as JWK
  const key = await importJWK(privateJwk, 'ES256')
  const { d: _private, ...publicJwk } = privateJwk
  return {
    publicJwks: { keys: [{ ...publicJwk, alg: 'ES256', use: 'sig' }] },
    sign(customerNo) {
      const issued = Math.floor(now().getTime() / 1000)
      return new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: 'demo-1' })
        .setSubject(customerNo)
        .setIssuer(demoIssuer)
        .setIssuedAt(issued)
        .setExpirationTime(issued + tokenMinutes * 60)
        .sign(key)
    },
  }
}
