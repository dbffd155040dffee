import { expect, test } from 'vitest'
import { certaintyOf, placeIn, signed, spanOf } from './interval.ts'

test('the span holds every interval and zero', () => {
  const span = spanOf([
    { value: 2, low: 1, high: 3 },
    { value: 5, low: -4, high: 9 },
  ])
  for (const value of [-4, 0, 9]) {
    expect(placeIn(span, value)).toBeGreaterThan(0)
    expect(placeIn(span, value)).toBeLessThan(100)
  }
})

test('nothing to show still has a span', () => {
  expect(placeIn(spanOf([]), 0)).toBe(50)
})

test.each([
  [{ value: 1, low: 0.1, high: 2 }, 'more'],
  [{ value: -1, low: -2, high: -0.1 }, 'less'],
  [{ value: 0, low: -1, high: 1 }, 'unsure'],
  [{ value: 0, low: 0, high: 0 }, 'unsure'],
])('%o is %s', (interval, certainty) => expect(certaintyOf(interval)).toBe(certainty))

test('differences carry their sign', () => {
  const text = (value: number) => value.toFixed(1)
  expect([signed(1, text), signed(-1, text), signed(0, text)]).toEqual(['+1.0', '−1.0', '0.0'])
})
