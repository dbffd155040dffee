import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visitorBits } from '#features/ingest/server/ids.ts'
import { createCustomerLimits, defaultCustomerRate } from '#features/ingest/server/limit-customer.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'

const keyOf = (kind: WriteKey['kind'], rate?: number, source = 's'): WriteKey => ({
  ...{ key: source, source, kind, jwks: null, tokenIssuer: null },
  limits: rate === undefined ? {} : { customerEventsPerSecond: rate },
})
const customer = (customerNo: string) => ({ customerNo, visitor: { hi: 0, lo: 0 } })
const device = (id: string) => ({ customerNo: '', visitor: visitorBits(id) })
const bucketSeconds = 25

test('over any time a customer gets at most the rate and the bucket, and at least the rate', () => {
  const step = fc.record({ ms: fc.nat({ max: 4000 }), count: fc.integer({ min: 1, max: 400 }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 50 }), (rate, steps) => {
      const limits = createCustomerLimits()
      const key = keyOf('trusted', rate)
      let [nowMs, taken, asked] = [1_000_000, 0, 0]
      for (const { ms, count } of steps) {
        nowMs += ms
        for (let nth = 0; nth < count; nth += 1) {
          asked += 1
          if (!limits.take(key, customer('HOT'), nowMs)) taken += 1
        }
      }
      const seconds = (nowMs - 1_000_000) / 1000
      expect(taken).toBeLessThanOrEqual(rate * (seconds + bucketSeconds) + 1)
      expect(taken).toBeGreaterThanOrEqual(Math.min(asked, rate * bucketSeconds))
    }),
    { numRuns: 100 },
  )
})

test('a hot customer is refused, still after a flood of others, and no other is', () => {
  const limits = createCustomerLimits()
  const key = keyOf('public')
  const burst = defaultCustomerRate.public * bucketSeconds
  for (let nth = 0; nth < burst; nth += 1) expect(limits.take(key, device('hot'), 5)).toBeUndefined()
  expect(limits.take(key, device('hot'), 5)).toMatchObject({ code: 'CUSTOMER_RATE_LIMITED' })
  // Many times what the table holds.
  for (let nth = 0; nth < 300_000; nth += 1) {
    if (limits.take(key, device(`quiet-${nth}`), 5)) throw new Error(`quiet-${nth} is limited`)
    if (nth % 1000 === 0) expect(limits.take(key, device('hot'), 5)).toBeDefined()
  }
  expect(limits.take(keyOf('public', undefined, 'other'), device('hot'), 5)).toBeUndefined()
  expect(limits.take(key, customer('hot'), 5)).toBeUndefined()
  expect(limits.take(key, device('hot'), 1005)).toBeUndefined()
})

test('a clock set back gives nothing and stops nobody for good', () => {
  const limits = createCustomerLimits()
  const key = keyOf('trusted', 1)
  for (let nth = 0; nth < bucketSeconds; nth += 1) limits.take(key, customer('A'), 1_000_000)
  expect(limits.take(key, customer('A'), 0)).toBeDefined()
  expect(limits.take(key, customer('A'), 1000)).toBeUndefined()
})

test('costs next to nothing when nobody is hot', () => {
  const limits = createCustomerLimits()
  const key = keyOf('trusted')
  const some = Array.from({ length: 50_000 }, (_, nth) => customer(`C${100_000_000 + nth}`))
  for (const one of some) limits.take(key, one, 1)
  const { user } = process.cpuUsage()
  for (let round = 0; round < 10; round += 1) for (const one of some) limits.take(key, one, round * 1000)
  const nanosEach = ((process.cpuUsage().user - user) * 1000) / (some.length * 10)
  // Some 100 ns; far more means that something is allocated or searched.
  expect(nanosEach).toBeLessThan(1500)
})
