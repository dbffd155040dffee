import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountMinor, amountText, isAmount } from './amount.ts'
import { isCustomerNo } from './customer-no.ts'

test('an amount survives the way through hundredths exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (minor) => {
      expect(amountMinor(amountText(minor))).toBe(minor)
      expect(isAmount(amountText(minor))).toBe(true)
    }),
  )
})

test.each([
  ['0', 0n],
  ['-0.01', -1n],
  ['+7', 700n],
  ['1.5', 150n],
  ['1.2500', 125n],
  ['9999999999999999.99', 999999999999999999n],
])('%s is %s hundredths', (text, minor) => {
  expect(amountMinor(text)).toBe(minor)
})

test.each(['', '.5', '1.', '1.005', '1e3', '1,000.00', '12345678901234567', ' 1', '1\n', 'NaN', '--1'])(
  '%j is no amount',
  (text) => {
    expect(isAmount(text)).toBe(false)
    expect(() => amountMinor(text)).toThrow(RangeError)
  },
)

test.each([
  ['UCI-1', true],
  ["x' OR 1=1 --", true],
  ['客户𠮷', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['', false],
  ['a\u0000b', false],
  ['a\nb', false],
  ['a\u007f', false],
  ['\ud800', false],
])('%j as a customer number: %s', (text, valid) => {
  expect(isCustomerNo(text)).toBe(valid)
})
