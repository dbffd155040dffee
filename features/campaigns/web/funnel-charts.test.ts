import { expect, test } from 'vitest'
import { bestDay, labelShifts } from './funnel-charts.ts'

const day = (date: string, exposed: number) => ({ date, exposed, clicked: 0, converted: 0 })

test('names the first of the best days', () => {
  expect(bestDay([day('08-01', 3), day('08-02', 9), day('08-03', 9)])?.date).toBe('08-02')
  expect(bestDay([])).toBeUndefined()
})

test('labels that would meet are moved apart, others stay', () => {
  const shifts = labelShifts({ exposed: 100, clicked: 2, converted: 1 }, 100, 200, 15)
  expect(shifts.exposed).toBe(0)
  expect(shifts.converted).toBe(0)
  expect(shifts.clicked).toBe(-13)
})

test('three lines at zero have three labels above each other', () => {
  const { exposed, clicked, converted } = labelShifts(undefined, 1, 200, 15)
  expect(new Set([exposed, clicked, converted])).toEqual(new Set([0, -15, -30]))
})
