import { isDeepStrictEqual } from 'node:util'
import type { JSONWebKeySet } from 'jose'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { KeyLimits } from '#features/ingest/server/limit-rate.ts'
import type { Clock } from '#platform/common/clock.ts'

/** A source's key as collecting needs it. */
export type WriteKey = {
  key: string
  source: string
  kind: 'trusted' | 'public'
  jwks: JSONWebKeySet | null
  /** Where the bank publishes its key set, if it does. */
  jwksUrl?: string | null
  tokenIssuer: string | null
  /** Browsers of these origins may send; none: all. */
  allowedOrigins?: readonly string[]
  /** What differs from the default limits. */
  limits?: Partial<KeyLimits & { customerEventsPerSecond: number }>
}

export type WriteKeys = ReturnType<typeof createWriteKeys>

const missPauseMs = 1000
const freshMs = 2_000
const staleMs = 5_000

/**
 * The active write keys, in memory. An unknown key makes us look again, at most once a second; a copy of two seconds is
 * renewed beside the requests, one of five before the next is answered, so that a revoked key ends within seconds in
 * every process. An outage of the database doesn't stop known keys.
 */
export function createWriteKeys(deps: { load: () => Promise<WriteKey[]>; clock: Clock }) {
  let keys: ReadonlyMap<string, WriteKey> | undefined
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<boolean> | undefined
  const used = new Set<string>()
  const now = () => deps.clock.now().getTime()

  /** An unchanged key stays the same object: what others remember by it stays valid. */
  const keepSame = (key: WriteKey): WriteKey => {
    const before = keys?.get(key.key)
    return before && isDeepStrictEqual(before, key) ? before : key
  }

  async function load(): Promise<boolean> {
    triedAtMs = now()
    try {
      keys = new Map((await deps.load()).map((key) => [key.key, keepSame(key)]))
      loadedAtMs = now()
      return true
    } catch {
      return false
    } finally {
      loading = undefined
    }
  }
  const reload = (): Promise<boolean> => {
    loading ??= load()
    return loading
  }
  const isPausing = () => Math.abs(now() - triedAtMs) < missPauseMs
  const ageMs = () => Math.abs(now() - loadedAtMs)

  function known(key: string): WriteKey | undefined {
    const found = keys?.get(key)
    if (found) used.add(key)
    return found
  }

  async function findAgain(key: string): Promise<WriteKey> {
    const isFresh = loading || !isPausing() ? await reload() : loadedAtMs >= triedAtMs
    const found = known(key)
    if (found) return found
    // Without a fresh look we can't say that there is no such key.
    if (!isFresh) throw ingestError('WRITE_KEYS_UNAVAILABLE', {})
    throw ingestError('WRITE_KEY_UNKNOWN', {})
  }

  return {
    /** The active key; throws WRITE_KEY_UNKNOWN. A promise only when the database has to be asked. */
    get(key: string): WriteKey | Promise<WriteKey> {
      const found = known(key)
      if (!found) return findAgain(key)
      const age = ageMs()
      if (age <= freshMs || isPausing()) return found
      if (age > staleMs) return findAgain(key)
      void reload()
      return found
    },
    async reload(): Promise<void> {
      await loading
      await reload()
    },
    /** The keys used since the last call. */
    takeUsed(): string[] {
      const taken = [...used]
      used.clear()
      return taken
    },
  }
}

/** Headers seen lately with the key in them: reading one costs more than remembering it. */
const keyOfSeen = new Map<string, string>()
const mostSeen = 1000

/** The key in a Basic authorization header (its user name), or undefined. */
export function keyOfHeader(header: string | undefined): string | undefined {
  if (!header) return undefined
  const seen = keyOfSeen.get(header)
  if (seen) return seen
  const found = /^basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header)
  const key = found?.[1] && Buffer.from(found[1], 'base64').toString('utf8').split(':')[0]
  if (!key) return undefined
  if (keyOfSeen.size >= mostSeen) keyOfSeen.clear()
  if (header.length <= 500) keyOfSeen.set(header, key)
  return key
}
