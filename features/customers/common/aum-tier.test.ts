import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AumTiers, aumTiers, tierOf } from './aum-tier.ts'

test.each([
  ['-12.50', 'T0'],
  ['0', 'T0'],
  ['999.99', 'T0'],
  ['999.99999999999999999999', 'T0'],
  ['1000', 'T1'],
  ['1000.00', 'T1'],
  ['49999.9999', 'T1'],
  ['50000', 'T2'],
  ['199999.99', 'T2'],
  ['200000', 'T3'],
  ['500000', 'T4'],
  ['1000000', 'T5'],
  ['5999999.99', 'T5'],
  ['6000000', 'T6'],
  ['123456789012345678901234567890.00', 'T6'],
])('%s yuan is %s', (amount, code) => {
  expect(tierOf(amount).code).toBe(code)
})

test.each([
  [-1, 'T0'],
  [999.99, 'T0'],
  [1000, 'T1'],
  [6e6, 'T6'],
  [1e30, 'T6'],
])('the number %s is %s', (amount, code) => {
  expect(tierOf(amount).code).toBe(code)
})

test.each(['', ' 1', '1e3', '1,000', '.5', 'NaN', '¥5'])('%j is no amount', (bad) => {
  expect(() => tierOf(bad)).toThrow(RangeError)
})

test('NaN is no amount', () => {
  expect(() => tierOf(Number.NaN)).toThrow(RangeError)
})

test('text and number agree, and more is never a lower tier', () => {
  const cents = fc.integer({ min: -1_000_000, max: 2_000_000_000 })
  const rank = (amount: string | number) => aumTiers.indexOf(tierOf(amount))
  fc.assert(
    fc.property(cents, cents, (one, other) => {
      expect(rank((one / 100).toFixed(2))).toBe(rank(one / 100))
      if (one <= other) expect(rank(one / 100)).toBeLessThanOrEqual(rank(other / 100))
    }),
  )
})

test('a bank may have its own tiers', () => {
  const own: AumTiers = [
    { code: 'mass', fromYuan: 0, name: { zh: '大众', en: 'Mass' } },
    { code: 'private', fromYuan: 10_000_000, name: { zh: '私行', en: 'Private' } },
  ]
  expect(tierOf('9999999.99', own).code).toBe('mass')
  expect(tierOf('10000000', own).code).toBe('private')
})
