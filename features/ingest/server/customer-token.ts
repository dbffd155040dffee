import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import { createJwksFetch, type KeySet } from '#features/ingest/server/jwks-fetch.ts'
import { type Family, familyOf, findKey, importJwks, isSignature } from '#features/ingest/server/jwks-keys.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import type { Clock } from '#platform/common/clock.ts'

const longestLifeSeconds = 15 * 60
const clockToleranceSeconds = 30
const longestToken = 4_096
/** Tokens remembered with what they prove, so that a session's events cost one signature check. */
const mostRemembered = 20_000

/** What failed checks of one source may cost a second, in tenths of a millisecond; a burst takes three times as much. */
const failuresPerSecond = 1_000
const costOf: { readonly [F in Family]: number } = { ES256: 1, SM2: 40 }

/** Empty: proves nobody. */
type Verified = { customerNo: string; expiresAtMs: number }
type Claims = { sub: string; exp: number }
type Parsed = { family: Family; kid: unknown; claims: Claims; data: Buffer; signature: Buffer }

/** What is remembered of one source as long as its keys stay the same. */
type Memory = { set: KeySet; tokens: Map<string, Verified> }
type Budget = { left: number; atMs: number }

const base64url = /^[A-Za-z0-9_-]+$/

function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** For a token that names its audience it has to be this source: one stolen from an app is worth nothing on a page. */
const isForSource = (aud: unknown, source: string): boolean =>
  aud === undefined || aud === source || (Array.isArray(aud) && aud.includes(source))

/** The claims of a token that could prove somebody now, were it signed. */
function readClaims(key: WriteKey, payload: Record<string, unknown>, nowSeconds: number): Claims | undefined {
  const { iss, aud, sub, iat, exp, nbf } = payload
  if (key.tokenIssuer && iss !== key.tokenIssuer) return undefined
  if (!isForSource(aud, key.source) || typeof sub !== 'string' || !isCustomerNo(sub)) return undefined
  if (!isTime(iat) || !isTime(exp) || (nbf !== undefined && !isTime(nbf))) return undefined
  const latestStart = nowSeconds + clockToleranceSeconds
  if (iat > latestStart || (nbf !== undefined && nbf > latestStart)) return undefined
  if (exp <= nowSeconds - clockToleranceSeconds || exp - iat > longestLifeSeconds || exp < iat)
    return undefined
  return { sub, exp }
}

/** All that can be said of a token without looking at its signature. */
function parse(key: WriteKey, token: string, nowSeconds: number): Parsed | undefined {
  const parts = token.split('.')
  const [head, body, sealed] = parts
  if (parts.length !== 3 || !head || !body || !sealed || token.length > longestToken) return undefined
  if (!base64url.test(sealed)) return undefined
  const header = readJson(head)
  const family = familyOf(header?.alg)
  // Extensions one doesn't understand must not be passed over (RFC 7515).
  if (!header || !family || header.crit !== undefined || header.b64 !== undefined) return undefined
  const payload = readJson(body)
  const claims = payload && readClaims(key, payload, nowSeconds)
  if (!claims) return undefined
  return {
    ...{ family, kid: header.kid, claims },
    data: Buffer.from(`${head}.${body}`, 'ascii'),
    signature: Buffer.from(sealed, 'base64url'),
  }
}

/**
 * Checks the bank's short-lived customer tokens: JWT by ES256 or SM2, signed by a key of the source's own set or of the
 * one its issuer publishes, living at most 15 minutes. Whatever is wrong with one, the answer is the same: it proves
 * nobody. What failed checks cost is bounded by source; beyond that, tokens not seen before prove nobody for a moment.
 */
export function createCustomerTokens(deps: { clock: Clock }) {
  const { clock } = deps
  const fetched = createJwksFetch({ clock })
  const ownSets = new WeakMap<WriteKey, KeySet | undefined>()
  const memories = new Map<string, Memory>()
  const budgets = new Map<string, Budget>()
  const none: KeySet = { keys: [] }

  function ownSetOf(key: WriteKey): KeySet {
    if (!ownSets.has(key)) {
      const keys = key.jwks ? importJwks(key.jwks) : undefined
      ownSets.set(key, keys && { keys })
    }
    return ownSets.get(key) ?? none
  }

  async function setOf(key: WriteKey, again: boolean): Promise<KeySet> {
    const own = ownSetOf(key)
    if (!key.jwksUrl) return own
    const published = await fetched.get(key.jwksUrl, again)
    if (!published) return own
    return own.keys.length === 0 ? published : { keys: [...own.keys, ...published.keys] }
  }

  /** A set that has changed proves everything anew: a key that was taken back must not live on in what is remembered. */
  function memoryOf(key: WriteKey, set: KeySet): Memory {
    const known = memories.get(key.key)
    const isSame = known?.set === set || (known && sameKeys(known.set, set))
    if (known && isSame) return known
    const made: Memory = { set, tokens: new Map() }
    memories.set(key.key, made)
    return made
  }

  function mayFail(source: string, cost: number): boolean {
    const nowMs = clock.now().getTime()
    const budget = budgets.get(source) ?? { left: 3 * failuresPerSecond, atMs: nowMs }
    budgets.set(source, budget)
    const passed = Math.max(0, nowMs - budget.atMs) / 1000
    budget.left = Math.min(3 * failuresPerSecond, budget.left + passed * failuresPerSecond)
    budget.atMs = nowMs
    return budget.left >= cost
  }

  async function check(key: WriteKey, set: KeySet, token: string): Promise<Verified | undefined> {
    const nowSeconds = clock.now().getTime() / 1000
    const parsed = parse(key, token, nowSeconds)
    if (!parsed) return undefined
    const { family, kid, claims, data, signature } = parsed
    const found = findKey(set.keys, family, kid) ?? findKey((await setOf(key, true)).keys, family, kid)
    const expiresAtMs = (claims.exp + clockToleranceSeconds) * 1000
    if (!found || !mayFail(key.source, costOf[family])) return undefined
    if (isSignature(found, data, signature)) return { customerNo: claims.sub, expiresAtMs }
    const budget = budgets.get(key.source)
    if (budget) budget.left -= costOf[family]
    return { customerNo: '', expiresAtMs }
  }

  return {
    /** The customer a token proves, or undefined. */
    async verify(key: WriteKey, token: string): Promise<string | undefined> {
      if (key.kind !== 'public' || token.length > longestToken) return undefined
      const set = await setOf(key, false)
      const memory = memoryOf(key, set)
      const known = memory.tokens.get(token)
      if (known && known.expiresAtMs > clock.now().getTime()) return known.customerNo || undefined
      const result = await check(key, set, token)
      if (!result) {
        memory.tokens.delete(token)
        return undefined
      }
      if (memory.tokens.size >= mostRemembered) memory.tokens.clear()
      memory.tokens.set(token, result)
      return result.customerNo || undefined
    },
  }
}

const sameKeys = (a: KeySet, b: KeySet): boolean =>
  a.keys.length === b.keys.length && a.keys.every((key, index) => key.key === b.keys[index]?.key)

export type CustomerTokens = ReturnType<typeof createCustomerTokens>
