import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { armOf, bucketOf, holdoutThreshold, sha256 } from './assignment.ts'

const hex = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')
const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100)
const bucket = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

test('SHA-256 is the one of node:crypto, at every length around a block', () => {
  for (let length = 0; length <= 260; length += 1) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255)
    expect(hex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'))
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_000 }), (message) => {
      expect(hex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'))
    }),
  )
})

test('the bucket is the first 64 bits of SHA-256(salt:customerNo)', () => {
  // printf 'term-deposit-spring:UCI-1' | sha256sum
  expect(bucketOf('term-deposit-spring', 'UCI-1').toString(16).padStart(16, '0')).toBe('ce8a80bedf1cd409')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (salt, customerNo) => {
      const digest = createHash('sha256').update(`${salt}:${customerNo}`).digest()
      expect(bucketOf(salt, customerNo)).toBe(digest.readBigUInt64BE())
    }),
  )
})

test.each<[number, bigint]>([
  [0, 0n],
  [0.01, 1_844_674_407_370_955n],
  [0.29, 53_495_557_813_757_699n],
  [5, 922_337_203_685_477_580n],
  [33.33, 6_148_299_799_767_393_553n],
  [50, 2n ** 63n],
  [100, 2n ** 64n],
])('%s %% holds out %s buckets', (holdoutPercent, threshold) => {
  expect(holdoutThreshold(holdoutPercent)).toBe(threshold)
})

test('every percent with two decimals is taken, as typed or as computed from text', () => {
  for (let hundredths = 0; hundredths <= 10_000; hundredths += 1) {
    const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`
    expect(holdoutThreshold(Number(text))).toBe((2n ** 64n * BigInt(hundredths)) / 10_000n)
  }
})

test.each([-1, -0.01, 100.01, 0.001, 33.333, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is no percent',
  (bad) => {
    expect(() => armOf(0n, bad)).toThrow(RangeError)
  },
)

test('the hold-out ends just below the threshold; nobody at 0 %, everybody at 100 %', () => {
  expect(armOf(holdoutThreshold(5) - 1n, 5)).toBe('holdout')
  expect(armOf(holdoutThreshold(5), 5)).toBe('treated')
  expect(armOf(0n, 0)).toBe('treated')
  expect(armOf(2n ** 64n - 1n, 100)).toBe('holdout')
})

test('raising the percent never releases anybody', () => {
  fc.assert(
    fc.property(bucket, percent, percent, (place, one, other) => {
      const [lower, higher] = one < other ? [one, other] : [other, one]
      if (armOf(place, lower) === 'holdout') expect(armOf(place, higher)).toBe('holdout')
    }),
  )
})

test('shares come out as asked, and two experiments are independent', () => {
  const customers = Array.from({ length: 20_000 }, (_, i) => `UCI-${i + 1}`)
  const held = (salt: string) =>
    new Set(customers.filter((no) => armOf(bucketOf(salt, no), 10) === 'holdout'))
  const first = held('campaign-a')
  const second = held('campaign-b')
  const both = [...first].filter((no) => second.has(no)).length
  expect(Math.abs(first.size - 2_000)).toBeLessThan(3 * Math.sqrt(20_000 * 0.1 * 0.9))
  expect(Math.abs(both - 200)).toBeLessThan(3 * Math.sqrt(20_000 * 0.01 * 0.99))
})
