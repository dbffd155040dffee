import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dateBounds,
  growingBounds,
  linearBounds,
  mostBuckets,
  numberBounds,
} from '#features/tags/common/buckets.ts'

test('bounds are round', () => {
  expect(linearBounds(18, 92)).toEqual([15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95])
  expect(linearBounds(0.1, 0.35)).toEqual([
    0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3, 0.32, 0.34, 0.36,
  ])
  expect(growingBounds(0, 1_200_000)[0]).toBe(0)
  expect(growingBounds(0, 1_200_000).at(-1)).toBe(2_000_000)
  expect(dateBounds('2026-01-31', '2026-02-03')).toEqual([
    '2026-01-31',
    '2026-02-01',
    '2026-02-02',
    '2026-02-03',
    '2026-02-04',
  ])
  expect(dateBounds('2025-11-20', '2026-05-03')[0]).toBe('2025-11-01')
  expect(dateBounds('1911-12-30', '2005-01-01')[0]).toBe('1910-01-01')
})

test('bounds rise, take in everything and are few', () => {
  const number = fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000_000 }),
    fc.double({ min: -1e6, max: 1e9, noNaN: true }),
  )
  fc.assert(
    fc.property(fc.array(number, { minLength: 21, maxLength: 60 }), (values) => {
      const sorted = [...values].sort((a, b) => a - b)
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
      const bounds = numberBounds({ least: at(0), most: at(1), low: at(0.05), high: at(0.95) })
      expect(bounds[0]).toBeLessThanOrEqual(at(0))
      expect(bounds.at(-1)).toBeGreaterThanOrEqual(at(1))
      expect(bounds.length).toBeGreaterThan(1)
      expect(bounds.length).toBeLessThanOrEqual(mostBuckets + 2)
      bounds.slice(1).forEach((bound, index) => {
        expect(bound).toBeGreaterThan(bounds[index] ?? Infinity)
      })
    }),
  )
})

test('dates fall into few buckets', () => {
  const date = fc
    .date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10))
  fc.assert(
    fc.property(date, date, (one, two) => {
      const [least = '', most = ''] = [one, two].sort()
      const bounds = dateBounds(least, most)
      expect((bounds[0] ?? '~') <= least && (bounds.at(-1) ?? '') > most).toBe(true)
      expect(bounds.length).toBeLessThanOrEqual(mostBuckets + 1)
      expect([...bounds].sort()).toEqual(bounds)
    }),
  )
})
