import { expect, test } from 'vitest'
import { activity, spanInDays, wholeDay } from './home-findings.ts'

const days = (from: string, counts: readonly number[]) =>
  counts.map((customers, index) => ({
    date: new Date(Date.parse(from) + index * 86_400_000).toISOString().slice(0, 10),
    events: customers,
    customers,
  }))

test('a span counts the days without a change too', () => {
  expect(spanInDays([])).toBe(0)
  expect(spanInDays([{ date: '2026-11-01' }])).toBe(1)
  expect(spanInDays([{ date: '2026-10-26' }, { date: '2026-10-28' }, { date: '2026-11-11' }])).toBe(17)
})

test('a day has 24 hours, whatever was sent', () => {
  const hours = wholeDay([{ hour: '9', count: 4 }], (hour) => `${hour.padStart(2, '0')}:00`)
  expect(hours).toHaveLength(24)
  expect(hours[9]).toEqual({ label: '09:00', count: 4 })
  expect(hours[10]).toEqual({ label: '10:00', count: 0 })
})

test('today is not over and counts for nothing', () => {
  expect(activity(days('2026-08-01', [10, 20, 1]), '2026-08-03')).toEqual({ mean: 15, busiest: null })
  expect(activity(days('2026-08-03', [1]), '2026-08-03')).toEqual({ mean: null, busiest: null })
})

test('a busiest weekday needs two whole weeks', () => {
  // 2026-08-03 is a Monday.
  const weeks = days('2026-08-03', [1, 9, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1])
  expect(activity(weeks, '2026-08-17').busiest).toBe(2)
  expect(activity(weeks.slice(1), '2026-08-17').busiest).toBeNull()
})
