import { expect, test } from 'vitest'
import { suggestKey } from './suggest-key.ts'

test.each([
  ['沉睡客户唤醒（秋季）', 'dormant-wake-autumn'],
  ['Wake 1,000 dormant customers', 'wake-1-000-dormant-customers'],
  ['理财首购礼', 'wealth-first-buy'],
  ['2026 春节基金', 'spring-festival-fund'],
  ['某某活动', 'campaign-20260801'],
  ['唤醒唤醒', 'wake'],
  ['   ', ''],
])('%s becomes %s', (name, key) => expect(suggestKey(name, '2026-08-01')).toBe(key))

test('never longer than a key may be, and always one the server takes', () => {
  const key = suggestKey(`${'a'.repeat(63)} bcd`, '2026-08-01')
  expect(key).toMatch(/^[a-z][a-z0-9_-]{0,63}$/)
  expect(key.endsWith('-')).toBe(false)
})
