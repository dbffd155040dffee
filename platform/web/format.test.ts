import { expect, test } from 'vitest'
import { formatOf } from './format.ts'

const zh = formatOf('zh')
const en = formatOf('en')

test.each([
  ['0', '¥0.00', '¥0.00'],
  ['999.5', '¥999.50', '¥999.50'],
  ['12345.67', '¥1.23 万', '¥12.35K'],
  ['2731456789.12', '¥27.31 亿', '¥2.73B'],
  ['-12345.67', '−¥1.23 万', '−¥12.35K'],
  ['5000000', '¥500 万', '¥5M'],
])('%s yuan is %s or %s', (amount, chinese, english) => {
  expect(zh.money(amount)).toBe(chinese)
  expect(en.money(amount)).toBe(english)
})

test('exact money, rates with their base, percentages', () => {
  expect(zh.exactMoney('1234567.8')).toBe('¥1,234,567.80')
  expect(zh.rate(123, 1000)).toBe('12.3%（123 / 1,000）')
  expect(en.rate(1, 0)).toBe('– (1 / 0)')
  expect(en.percent(0.98765, 2)).toBe('98.77%')
})

test("times are the bank's, wherever this runs; a date stays the date it is", () => {
  expect(zh.time('2026-07-31T16:30:00Z')).toBe('2026-08-01 00:30')
  expect(en.exactTime('2026-07-31T16:30:05Z')).toBe('2026-08-01 00:30:05')
  expect(zh.date('2026-07-31T16:30:00Z')).toBe('2026-08-01')
  expect(zh.date('2026-07-31')).toBe('2026-07-31')
})

test('ago', () => {
  const now = Date.parse('2026-08-01T12:00:00Z')
  expect(zh.ago('2026-08-01T11:57:00Z', now)).toBe('3分钟前')
  expect(en.ago('2026-07-30T12:00:00Z', now)).toBe('2 days ago')
})
