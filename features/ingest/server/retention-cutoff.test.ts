import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOfPartition, monthsBefore } from '#features/ingest/server/retention-cutoff.ts'

test.each([
  ['2026-03-31T10:00:00.000Z', 1, '2026-02-28T10:00:00.000Z'],
  ['2024-03-31T10:00:00.000Z', 1, '2024-02-29T10:00:00.000Z'],
  ['2026-01-15T00:00:00.000Z', 13, '2024-12-15T00:00:00.000Z'],
  ['2026-12-31T23:59:59.999Z', 6, '2026-06-30T23:59:59.999Z'],
])('%s minus %i months is %s', (from, months, to) =>
  expect(monthsBefore(new Date(from), months).toISOString()).toBe(to),
)

test('never a day less than so many months: the month is right and the day no later', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1990-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 240 }),
      (moment, months) => {
        const before = monthsBefore(moment, months)
        const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth()
        expect(monthOf(before)).toBe(monthOf(moment) - months)
        expect(before.getUTCDate()).toBeLessThanOrEqual(moment.getUTCDate())
        expect(before.getTime() % 86_400_000).toBe(moment.getTime() % 86_400_000)
      },
    ),
  )
})

test.each([
  ['2019', '2020-01-01T00:00:00.000Z'],
  ['201900', '2020-01-01T00:00:00.000Z'],
  ['202612', '2027-01-01T00:00:00.000Z'],
  ['202601', '2026-02-01T00:00:00.000Z'],
  ['all', undefined],
  ['202613', undefined],
])('partition %s ends at %s', (partition, end) => expect(endOfPartition(partition)?.toISOString()).toBe(end))
