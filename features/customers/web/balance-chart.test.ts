import { expect, test } from 'vitest'
import { daysOf, filled, mainClasses } from './balance-chart.ts'

const series = {
  currency: 'CNY',
  total: [
    { date: '2026-08-01', amount: '10' },
    { date: '2026-08-04', amount: '30.5' },
  ],
  byClass: [
    { class: 'fund', points: [{ date: '2026-08-02', amount: '20' }] },
    { class: 'demand', points: [{ date: '2026-08-01', amount: '10' }] },
  ],
}

test('a balance stays until the next change; before the first there is none', () => {
  const days = daysOf(series)
  expect(days).toEqual(['2026-08-01', '2026-08-02', '2026-08-03', '2026-08-04'])
  expect(filled(series.total, days)).toEqual([10, 10, 10, 30.5])
  expect(filled(series.byClass[0]?.points ?? [], days)).toEqual([null, 20, 20, 20])
})

test('nothing is no days; big classes come first, the small ones are left over', () => {
  expect(daysOf({ currency: 'CNY', total: [], byClass: [] })).toEqual([])
  expect(mainClasses(series)).toEqual({ names: ['fund', 'demand'], rest: [] })
  expect(mainClasses(series, 0)).toEqual({ names: [], rest: ['fund', 'demand'] })
})
