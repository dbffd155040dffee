import { expect, test } from 'vitest'
import { bankClockOf, momentOfBankClock } from './bank-clock.ts'

test('shows a moment as the clock of the bank does', () => {
  expect(bankClockOf('2026-07-31T16:30:00.000Z')).toBe('2026-08-01T00:30')
  expect(bankClockOf('')).toBe('')
})

test('reads what was entered as the time of the bank', () => {
  expect(momentOfBankClock('2026-08-01T00:30')).toBe('2026-07-31T16:30:00.000Z')
  expect(momentOfBankClock('2026-08-01')).toBeUndefined()
  expect(momentOfBankClock('2026-13-01T00:00')).toBeUndefined()
})

test('there and back is the same moment', () => {
  const moment = '2026-02-28T23:59:00.000Z'
  expect(momentOfBankClock(bankClockOf(moment))).toBe(moment)
})
