import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fill, fullBucket, waitMs } from '#features/ingest/server/limit-bucket.ts'
import { createLimits, defaultLimits } from '#features/ingest/server/limit-rate.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

const keyOf = (key: string, limits: WriteKey['limits'] = {}): WriteKey => ({
  ...{ key, source: key, kind: 'trusted', jwks: null, tokenIssuer: null, limits },
})

/** The same bucket, millisecond by millisecond. */
function slowBucket(perSecond: number, burst: number) {
  let tokens = burst
  return {
    pass(ms: number) {
      for (let tick = 0; tick < ms; tick += 1) tokens = Math.min(burst, tokens + perSecond / 1000)
    },
    take(count: number): boolean {
      if (tokens <= 1e-9) return false
      tokens -= count
      return true
    },
    isNearEdge: () => Math.abs(tokens) < 1e-6,
  }
}

test('the bucket does what a slow one does, and says rightly when it may be asked again', () => {
  const step = fc.record({ ms: fc.nat({ max: 3000 }), count: fc.integer({ min: 1, max: 500 }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(step, { maxLength: 60 }), (perSecond, steps) => {
      const burst = perSecond * 2
      const slow = slowBucket(perSecond, burst)
      let nowMs = 1000
      const bucket = fullBucket(burst, nowMs)
      for (const { ms, count } of steps) {
        nowMs += ms
        slow.pass(ms)
        if (slow.isNearEdge()) return
        fill(bucket, perSecond, burst, nowMs)
        const wait = waitMs(bucket, perSecond)
        expect(wait === 0).toBe(slow.take(count))
        if (wait === 0) bucket.tokens -= count
        else {
          const later = { ...bucket }
          fill(later, perSecond, burst, nowMs + wait)
          expect(waitMs(later, perSecond)).toBe(0)
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('over any time a key gets at most its rate, its bucket, and one batch more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.array(fc.record({ ms: fc.nat({ max: 500 }), count: fc.integer({ min: 1, max: 1000 }) })),
      (eventsPerSecond, calls) => {
        let nowMs = 5_000
        const limits = createLimits({ nowMs: () => nowMs })
        const key = keyOf('k', { eventsPerSecond })
        let taken = 0
        for (const { ms, count } of calls) {
          nowMs += ms
          try {
            limits.take(key, count, 1)
            taken += count
          } catch {
            // refused: nothing is taken
          }
        }
        const seconds = (nowMs - 5_000) / 1000
        expect(taken).toBeLessThanOrEqual(eventsPerSecond * (seconds + 2) + 1000)
      },
    ),
    { numRuns: 200 },
  )
})

test('a refusal takes nothing, names the seconds to wait, and is of that key alone', () => {
  let nowMs = 0
  const limits = createLimits({ nowMs: () => nowMs })
  const slow = keyOf('slow', { eventsPerSecond: 10 })
  const other = keyOf('other')
  limits.take(slow, 50, 1)
  for (let again = 0; again < 100; again += 1)
    expect(() => limits.take(slow, 1, 1)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 4 } }),
    )
  expect(limits.refused('slow')).toBe(100)
  for (let again = 0; again < 1000; again += 1) limits.take(other, 100, 1000)
  nowMs = 4000
  limits.take(slow, 1, 1)
})

test('bytes are limited like events; a clock set back gives nothing and stops nobody for good', () => {
  let nowMs = 1_000_000
  const limits = createLimits({ nowMs: () => nowMs })
  const key = keyOf('k', { bytesPerSecond: 1000 })
  limits.take(key, 1, 3000)
  expect(() => limits.take(key, 1, 1)).toThrow()
  nowMs = 0
  expect(() => limits.take(key, 1, 1)).toThrow()
  nowMs = 1100
  limits.take(key, 1, 1)
})

test('requests under way are counted, given back once, and idle keys are forgotten', () => {
  let nowMs = 0
  const limits = createLimits({ nowMs: () => nowMs })
  const key = keyOf('k', { concurrentRequests: 2 })
  const first = limits.enter(key)
  limits.enter(key)
  expect(() => limits.enter(key)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  first()
  first()
  limits.enter(key)
  expect(() => limits.enter(key)).toThrow()
  for (let count = 0; count < 10_050; count += 1) {
    nowMs += 100
    limits.take(keyOf(`many-${count}`), 1, 1)
  }
  expect(limits.size()).toBeLessThanOrEqual(10_001)
})

test('the default lets a fast source through', () => {
  const limits = createLimits({ nowMs: () => 0 })
  const key = keyOf('bulk')
  for (let batch = 0; batch < defaultLimits.eventsPerSecond / 100; batch += 1) limits.take(key, 100, 50_000)
})
