import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { type Bucket, fill, fullBucket, waitMs } from '#features/ingest/server/limit-bucket.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

/** What one key may do at most; every process counts for itself. */
export type KeyLimits = { eventsPerSecond: number; bytesPerSecond: number; concurrentRequests: number }

/** More than one process takes: out of the box a key is only kept from taking every place at once. */
export const defaultLimits: KeyLimits = {
  eventsPerSecond: 1_000_000,
  bytesPerSecond: 1_000_000_000,
  concurrentRequests: 512,
}

/** Buckets hold this many seconds. */
const burstSeconds = 2
/** Keys nobody has used for so long are forgotten. */
const forgetAfterMs = 60_000
const mostKeys = 10_000

type State = { events: Bucket; bytes: Bucket; open: number; usedAtMs: number; refused: number }

/**
 * Keeps one key from using up what all share. `enter` counts requests under way, `take` events and bytes; both throw
 * RATE_LIMITED with the seconds to wait, and cost a look into a map otherwise.
 */
export function createLimits(deps: { nowMs: () => number }) {
  const states = new Map<string, State>()

  function forget(nowMs: number): void {
    for (const [key, state] of states)
      if (state.open === 0 && nowMs - state.usedAtMs > forgetAfterMs) states.delete(key)
  }

  function stateOf(key: WriteKey, limits: KeyLimits, nowMs: number): State {
    let state = states.get(key.key)
    if (!state) {
      if (states.size >= mostKeys) forget(nowMs)
      const events = fullBucket(limits.eventsPerSecond * burstSeconds, nowMs)
      const bytes = fullBucket(limits.bytesPerSecond * burstSeconds, nowMs)
      state = { events, bytes, open: 0, usedAtMs: nowMs, refused: 0 }
      states.set(key.key, state)
    }
    state.usedAtMs = nowMs
    return state
  }

  const merged = new WeakMap<WriteKey, KeyLimits>()
  /** A key that was changed is another object. */
  function limitsOf(key: WriteKey): KeyLimits {
    if (!key.limits) return defaultLimits
    let limits = merged.get(key)
    if (!limits) {
      limits = { ...defaultLimits, ...key.limits }
      merged.set(key, limits)
    }
    return limits
  }

  function refuse(state: State, ms: number): never {
    state.refused += 1
    throw ingestError('RATE_LIMITED', { retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) })
  }

  return {
    /** A request begins; call what it gives when it ends, once. */
    enter(key: WriteKey): () => void {
      const limits = limitsOf(key)
      const state = stateOf(key, limits, deps.nowMs())
      if (state.open >= limits.concurrentRequests) refuse(state, 1000)
      state.open += 1
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        state.open -= 1
      }
    },
    /** Takes events and bytes out of the key's buckets; takes nothing when it refuses. */
    take(key: WriteKey, events: number, bytes: number): void {
      const limits = limitsOf(key)
      const nowMs = deps.nowMs()
      const state = stateOf(key, limits, nowMs)
      fill(state.events, limits.eventsPerSecond, limits.eventsPerSecond * burstSeconds, nowMs)
      fill(state.bytes, limits.bytesPerSecond, limits.bytesPerSecond * burstSeconds, nowMs)
      const wait = Math.max(
        waitMs(state.events, limits.eventsPerSecond),
        waitMs(state.bytes, limits.bytesPerSecond),
      )
      if (wait > 0) refuse(state, wait)
      state.events.tokens -= events
      state.bytes.tokens -= bytes
    },
    /** Requests refused since the key was first seen. */
    refused: (key: string): number => states.get(key)?.refused ?? 0,
    size: () => states.size,
  }
}

export type Limits = ReturnType<typeof createLimits>
