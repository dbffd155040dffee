import { expect, test } from 'vitest'
import { largest, minutesUpTo, perMinute } from './rate-series.ts'

const rate = (at: string, source: string, accepted: number) => ({
  ...{ at, source, protocol: 'segment', accepted, rejected: 0, dropped: 0, lagP50Ms: 1, lagP99Ms: 5 },
})

test('every minute has a number, also those in which nothing came', () => {
  const minutes = minutesUpTo('2026-03-02T04:02:30.000Z', 3)
  expect(minutes.map((minute) => minute.slice(11, 16))).toEqual(['04:00', '04:01', '04:02'])
  const rates = [
    rate('2026-03-02T04:00:00.000Z', 'a', 2),
    rate('2026-03-02T04:00:00.000Z', 'b', 3),
    rate('2026-03-02T04:02:00.000Z', 'a', 1),
    rate('2026-03-02T03:00:00.000Z', 'a', 99),
  ]
  expect(perMinute(minutes, rates, ({ accepted }) => accepted)).toEqual([5, 0, 1])
  expect(perMinute(minutes, rates, ({ accepted }) => accepted, Math.max)).toEqual([3, 0, 1])
})

test('the largest sources stand for themselves', () => {
  const rates = [rate('x', 'small', 1), rate('x', 'big', 50), rate('x', 'middle', 5)]
  expect(largest(rates, 2)).toEqual({ names: ['big', 'middle'], rest: ['small'] })
})
