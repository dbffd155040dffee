import { createLocalJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'

const longestLifeSeconds = 15 * 60
const clockToleranceSeconds = 30
/** Tokens remembered with what they prove, so that a session's events cost one signature check. */
const mostRemembered = 20_000

type Verified = { customerNo: string; expiresAtMs: number }

/**
 * Checks the bank's short-lived customer tokens: JWT, ES256 only, signed by a key of the write key's JWKS, living at
 * most 15 minutes. Whatever is wrong with one, the answer is the same: it proves nobody.
 */
export function createCustomerTokens(deps: { clock: Clock }) {
  const keySets = new WeakMap<WriteKey, JWTVerifyGetKey>()
  const verified = new WeakMap<WriteKey, Map<string, Verified>>()
  const memoryOf = (key: WriteKey): Map<string, Verified> => {
    const memory = verified.get(key) ?? new Map<string, Verified>()
    verified.set(key, memory)
    return memory
  }

  function keySetOf(key: WriteKey): JWTVerifyGetKey | undefined {
    const known = keySets.get(key)
    if (known || !key.jwks) return known
    const made = createLocalJWKSet(key.jwks)
    keySets.set(key, made)
    return made
  }

  async function check(key: WriteKey, token: string): Promise<Verified | undefined> {
    try {
      const keySet = keySetOf(key)
      if (!keySet) return undefined
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ['ES256'],
        requiredClaims: ['iat', 'exp', 'sub'],
        currentDate: deps.clock.now(),
        clockTolerance: clockToleranceSeconds,
        ...(key.tokenIssuer && { issuer: key.tokenIssuer }),
      })
      const { iat, exp, sub } = payload
      const nowSeconds = deps.clock.now().getTime() / 1000
      if (!iat || !exp || typeof sub !== 'string' || !isCustomerNo(sub)) return undefined
      if (exp - iat > longestLifeSeconds || iat > nowSeconds + clockToleranceSeconds) return undefined
      return { customerNo: sub, expiresAtMs: (exp + clockToleranceSeconds) * 1000 }
    } catch {
      return undefined
    }
  }

  return {
    /** The customer a token proves, or undefined. */
    async verify(key: WriteKey, token: string): Promise<string | undefined> {
      const memory = memoryOf(key)
      const known = memory.get(token)
      if (known && known.expiresAtMs > deps.clock.now().getTime()) return known.customerNo
      const result = await check(key, token)
      if (!result) {
        memory.delete(token)
        return undefined
      }
      if (memory.size >= mostRemembered) memory.clear()
      memory.set(token, result)
      return result.customerNo
    },
  }
}

export type CustomerTokens = ReturnType<typeof createCustomerTokens>
