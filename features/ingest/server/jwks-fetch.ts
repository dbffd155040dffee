import { isDeepStrictEqual } from 'node:util'
import { importJwks, type VerifyKey } from '#features/ingest/server/jwks-keys.ts'
import type { Clock } from '#platform/common/clock.ts'

/** The keys of one issuer as they were last told. A changed set is another object. */
export type KeySet = { readonly keys: readonly VerifyKey[] }

const timeoutMs = 3_000
const longestBytes = 262_144
/** A key that was taken back is refused after this long. */
const freshMs = 60_000
/** An unknown key id makes us ask again, but not each time somebody makes one up. */
const askAgainMs = 5_000
/** An issuer that stays away this long proves nobody any more. */
const keptMs = 24 * 3_600_000
const mostIssuers = 1_000

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether keys may be fetched from there: https, or this very machine; no credentials in the address. */
export function isJwksUrl(text: string): boolean {
  if (!URL.canParse(text) || text.length > 2_000) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname))
}

async function readLimited(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) break
    size += part.value.length
    parts.push(part.value)
    if (size <= longestBytes) continue
    await reader?.cancel()
    throw new Error('the key set is too large')
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Fetches a key set: no redirects (they could lead inside), a time limit, a size limit. */
async function fetchJwks(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: 'application/json' },
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the issuer answered ${response.status}`)
  }
  return JSON.parse(await readLimited(response))
}

type Issuer = {
  set: KeySet | undefined
  jwks: unknown
  fetchedAtMs: number
  triedAtMs: number
  asking: Promise<void> | undefined
}

/** Key sets by address: remembered, renewed beside the requests, kept while the issuer is away. */
export function createJwksFetch({ clock }: { clock: Clock }) {
  const issuers = new Map<string, Issuer>()
  const now = () => clock.now().getTime()

  async function ask(url: string, issuer: Issuer): Promise<void> {
    issuer.triedAtMs = now()
    try {
      const jwks = await fetchJwks(url)
      const keys = importJwks(jwks)
      if (!keys) return
      issuer.fetchedAtMs = now()
      if (issuer.set && isDeepStrictEqual(jwks, issuer.jwks)) return
      issuer.set = { keys }
      issuer.jwks = jwks
    } catch {
      // The keys known so far stay; what is wrong shows in tokens that prove nobody.
    } finally {
      issuer.asking = undefined
    }
  }

  function start(url: string, issuer: Issuer): Promise<void> {
    issuer.asking ??= ask(url, issuer)
    return issuer.asking
  }

  function issuerOf(url: string): Issuer {
    const known = issuers.get(url)
    if (known) return known
    if (issuers.size >= mostIssuers) issuers.clear()
    const never = Number.NEGATIVE_INFINITY
    const made: Issuer = {
      set: undefined,
      jwks: undefined,
      fetchedAtMs: never,
      triedAtMs: never,
      asking: undefined,
    }
    issuers.set(url, made)
    return made
  }

  const mayAsk = (issuer: Issuer) => Math.abs(now() - issuer.triedAtMs) >= askAgainMs

  return {
    /** The set as it is known; waits only where none is, or where `again` finds it may be out of date. */
    async get(url: string, again = false): Promise<KeySet | undefined> {
      if (!isJwksUrl(url)) return undefined
      const issuer = issuerOf(url)
      const age = now() - issuer.fetchedAtMs
      if (issuer.asking && (again || !issuer.set)) await issuer.asking
      else if ((again || !issuer.set || age > 5 * freshMs) && mayAsk(issuer)) await start(url, issuer)
      else if (age > freshMs && mayAsk(issuer)) void start(url, issuer)
      return now() - issuer.fetchedAtMs > keptMs ? undefined : issuer.set
    },
  }
}

export type JwksFetch = ReturnType<typeof createJwksFetch>
