import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cohensD,
  cohensH,
  cramersV,
  deviationOf,
  joinMoments,
  type Moments,
  noMoments,
} from '#features/segments/common/effect-size.ts'

const momentsOf = (values: readonly number[]): Moments => {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
  return { n: values.length, mean, m2: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) }
}

test('d, h and V of worked examples', () => {
  // Two groups with means 6 and 4 and sample variances 2.5 and 2.5: d = 2 / √2.5.
  expect(cohensD(momentsOf([4, 5, 6, 7, 8]), momentsOf([2, 3, 4, 5, 6]))).toBeCloseTo(1.264_911, 6)
  // Cohen 1988, table 6.2.2: φ(0.50) = 1.571, φ(0.25) = 1.047.
  expect(cohensH(0.5, 0.25)).toBeCloseTo(0.524, 3)
  expect(cohensH(1, 0)).toBeCloseTo(Math.PI, 12)
  // χ² of [[10, 20], [30, 40]] is 0.79365; V = √(χ² / 100).
  expect(
    cramersV([
      [10, 20],
      [30, 40],
    ]),
  ).toBeCloseTo(Math.sqrt(0.793_650_8 / 100), 6)
  expect(
    cramersV([
      [5, 0],
      [0, 7],
    ]),
  ).toBeCloseTo(1, 12)
})

test('what cannot be compared is no number', () => {
  expect(cohensD(momentsOf([1]), momentsOf([1, 2]))).toBeNull()
  expect(cohensD(momentsOf([1, 1]), momentsOf([2, 2]))).toBeNull()
  expect(cohensD(momentsOf([1, 1]), momentsOf([1, 1]))).toBe(0)
  expect(cramersV([[3, 0]])).toBeNull()
  expect(deviationOf(momentsOf([3]))).toBeNull()
})

test('moments of parts are those of the whole, also of large values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: -50, max: 50 }))),
      fc.constantFrom(0, 1e9),
      (parts, shift) => {
        const shifted = parts.map((part) => part.map((value) => value + shift))
        const joined = shifted.map(momentsOf).reduce(joinMoments, noMoments)
        const whole = momentsOf(shifted.flat())
        expect(joined.n).toBe(whole.n)
        if (whole.n > 0) expect(joined.mean).toBeCloseTo(whole.mean, 4)
        expect(joined.m2).toBeCloseTo(whole.m2, 3)
      },
    ),
  )
})
