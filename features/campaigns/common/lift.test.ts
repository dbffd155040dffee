import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ArmCount, rateLift, relativeLift, wilson } from './lift.ts'

const arm = (customers: number, converted: number): ArmCount => ({ customers, converted })

const someArm = fc
  .integer({ min: 1, max: 5_000_000 })
  .chain((customers) => fc.integer({ min: 0, max: customers }).map((converted) => arm(customers, converted)))

/** mulberry32: the same numbers on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('the UCI bank campaign: 3,853 of 26,144 by cellular, 787 of 15,044 by telephone', () => {
  const uci = { treated: arm(26_144, 3_853), control: arm(15_044, 787) }

  // Expected numbers were computed apart, in Python, from the formulas of the papers.
  test('rates', () => {
    const cellular = wilson(26_144, 3_853)
    expect(cellular?.value).toBeCloseTo(0.147376, 6)
    expect(cellular?.low).toBeCloseTo(0.143131, 6)
    expect(cellular?.high).toBeCloseTo(0.151725, 6)
    const telephone = wilson(15_044, 787)
    expect(telephone?.value).toBeCloseTo(0.052313, 6)
    expect(telephone?.low).toBeCloseTo(0.048868, 6)
    expect(telephone?.high).toBeCloseTo(0.055987, 6)
  })

  test('lift', () => {
    const lift = rateLift(uci)
    expect(lift?.value).toBeCloseTo(0.095063, 6)
    expect(lift?.low).toBeCloseTo(0.089449, 6)
    expect(lift?.high).toBeCloseTo(0.100611, 6)
    expect(lift?.method).toBe('newcombe-wilson')
  })

  test('relative lift', () => {
    const lift = relativeLift(uci)
    expect(lift?.value).toBeCloseTo(1.817186, 6)
    expect(lift?.low).toBeCloseTo(1.616244, 6)
    expect(lift?.high).toBeCloseTo(2.033563, 6)
  })
})

// The contrasts on which the paper compares its methods (Newcombe 1998, table II, method 10).
test.each([
  [arm(70, 56), arm(80, 48), 0.0524, 0.3339],
  [arm(10, 9), arm(10, 3), 0.1705, 0.809],
  [arm(7, 6), arm(7, 2), 0.0582, 0.8062],
  [arm(56, 5), arm(29, 0), -0.0381, 0.1926],
  [arm(10, 0), arm(20, 0), -0.1611, 0.2775],
  [arm(10, 0), arm(10, 0), -0.2775, 0.2775],
  [arm(10, 10), arm(20, 0), 0.6791, 1],
  [arm(10, 10), arm(10, 0), 0.6075, 1],
])('%o against %o', (treated, control, low, high) => {
  const lift = rateLift({ treated, control })
  expect(lift?.low).toBeCloseTo(low, 4)
  expect(lift?.high).toBeCloseTo(high, 4)
})

test('an empty arm has no rate and no lift', () => {
  expect(wilson(0, 0)).toBeUndefined()
  expect(rateLift({ treated: arm(0, 0), control: arm(10, 1) })).toBeUndefined()
  expect(rateLift({ treated: arm(10, 1), control: arm(0, 0) })).toBeUndefined()
  expect(relativeLift({ treated: arm(0, 0), control: arm(10, 1) })).toBeUndefined()
  expect(relativeLift({ treated: arm(10, 0), control: arm(10, 1) })).toBeUndefined()
})

test.each([arm(10, 11), arm(10, -1), arm(-1, 0), arm(1.5, 1), arm(10, Number.NaN)])('%o is no arm', (bad) => {
  expect(() => rateLift({ treated: bad, control: arm(10, 1) })).toThrow(RangeError)
  expect(() => relativeLift({ treated: arm(10, 1), control: bad })).toThrow(RangeError)
})

test('limits enclose the value and stay possible', () => {
  fc.assert(
    fc.property(someArm, someArm, (treated, control) => {
      const lift = rateLift({ treated, control })!
      expect(lift.low).toBeGreaterThanOrEqual(-1)
      expect(lift.low).toBeLessThanOrEqual(lift.value)
      expect(lift.high).toBeGreaterThanOrEqual(lift.value)
      expect(lift.high).toBeLessThanOrEqual(1)
      const relative = relativeLift({ treated, control })
      if (!relative) return
      expect(relative.low).toBeLessThanOrEqual(relative.value)
      expect(relative.high).toBeGreaterThanOrEqual(relative.value)
      expect(relative.low).toBeGreaterThanOrEqual(-1)
    }),
  )
})

test('swapping the arms turns the sign', () => {
  fc.assert(
    fc.property(someArm, someArm, (one, other) => {
      const forth = rateLift({ treated: one, control: other })!
      const back = rateLift({ treated: other, control: one })!
      expect(back.value).toBeCloseTo(-forth.value, 12)
      expect(back.low).toBeCloseTo(-forth.high, 12)
      expect(back.high).toBeCloseTo(-forth.low, 12)
    }),
  )
})

test('more customers at the same rates narrow the interval', () => {
  const times = (one: ArmCount, factor: number) => arm(one.customers * factor, one.converted * factor)
  fc.assert(
    fc.property(someArm, someArm, fc.integer({ min: 2, max: 100 }), (treated, control, factor) => {
      const few = rateLift({ treated, control })!
      const many = rateLift({ treated: times(treated, factor), control: times(control, factor) })!
      expect(many.high - many.low).toBeLessThan(few.high - few.low)
    }),
  )
})

test.each([
  { rates: [0.1, 0.05], sizes: [400, 100] },
  { rates: [0.02, 0.02], sizes: [900, 100] },
  { rates: [0.5, 0.4], sizes: [60, 60] },
])('about 95 of 100 intervals hold the truth: $rates', ({ rates, sizes }) => {
  const random = seededRandom(20_260_801)
  const draw = (index: 0 | 1) => {
    let converted = 0
    for (let n = 0; n < sizes[index]!; n += 1) if (random() < rates[index]!) converted += 1
    return arm(sizes[index]!, converted)
  }
  const truth = rates[0]! - rates[1]!
  let covered = 0
  for (let run = 0; run < 2_000; run += 1) {
    const lift = rateLift({ treated: draw(0), control: draw(1) })!
    if (lift.low <= truth && truth <= lift.high) covered += 1
  }
  expect(covered / 2_000).toBeGreaterThan(0.935)
  expect(covered / 2_000).toBeLessThan(0.985)
})
