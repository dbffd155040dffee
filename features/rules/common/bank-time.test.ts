import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, dateIn, readBankTime, spanOf, startOfDate } from '#features/rules/common/bank-time.ts'
import type { Within } from '#features/rules/common/rule.ts'

const iso = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : ms)
const now = new Date('2026-03-10T17:30:00.000Z')

test.each<[Within | undefined, unknown, unknown]>([
  [undefined, -Infinity, Infinity],
  // In Shanghai it is already the eleventh.
  [{ days: 1 }, '2026-03-10T16:00:00.000Z', '2026-03-11T16:00:00.000Z'],
  [{ days: 30 }, '2026-02-09T16:00:00.000Z', '2026-03-11T16:00:00.000Z'],
  [{ hours: 6 }, '2026-03-10T11:30:00.000Z', '2026-03-10T17:30:00.001Z'],
  [{ minutes: 0.5 }, '2026-03-10T17:29:30.000Z', '2026-03-10T17:30:00.001Z'],
  [{ from: '2026-03-01' }, '2026-02-28T16:00:00.000Z', Infinity],
  [
    { from: '2026-03-01T08:00', to: '2026-03-02T00:00:00Z' },
    '2026-03-01T00:00:00.000Z',
    '2026-03-02T00:00:00.000Z',
  ],
  [{ to: '2026-03-02T00:00:00.25+09:30' }, -Infinity, '2026-03-01T14:30:00.250Z'],
])('%j', (within, from, to) => {
  const span = spanOf(within, now, 'Asia/Shanghai')
  expect([iso(span.fromMs), iso(span.toMs)]).toEqual([from, to])
})

test('days are calendar days where clocks change', () => {
  // New York lost an hour on 8 March 2026 and Cairo skips midnight itself.
  const span = spanOf({ days: 2 }, new Date('2026-03-09T03:00:00Z'), 'America/New_York')
  expect([iso(span.fromMs), iso(span.toMs)]).toEqual(['2026-03-07T05:00:00.000Z', '2026-03-09T04:00:00.000Z'])
  expect(iso(startOfDate('2026-04-24', 'Africa/Cairo'))).toBe('2026-04-23T22:00:00.000Z')
  // One that is shown twice is the earlier.
  expect(iso(readBankTime('2026-11-01T01:30', 'America/New_York'))).toBe('2026-11-01T05:30:00.000Z')
})

test.each(['Asia/Shanghai', 'America/New_York', 'Africa/Cairo', 'Australia/Lord_Howe', 'UTC'])(
  '%s: dates begin at their first instant',
  (zone) => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1985-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (at) => {
          const date = dateIn(at.getTime(), zone)
          const start = startOfDate(date, zone)
          expect(dateIn(start, zone)).toBe(date)
          expect(dateIn(start - 1, zone)).toBe(addDays(date, -1))
        },
      ),
      { numRuns: 60 },
    )
  },
)
