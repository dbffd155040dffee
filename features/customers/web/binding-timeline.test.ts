import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Binding } from '../common/customer-identities.ts'
import { bindingLanes } from './binding-timeline.ts'

const nowMs = Date.parse('2026-03-02T00:00:00Z')
const binding = (visitor: string, sinceMs: number, untilMs: number | null): Binding => ({
  ...{ visitor, kind: 'device', customerNo: 'C1', proof: 'trusted_source', isShared: false },
  ...{ events: 0, lastAt: null, sources: [], undone: null },
  since: new Date(sinceMs).toISOString(),
  until: untilMs === null ? null : new Date(untilMs).toISOString(),
})

test('a device has one lane with all its bindings; what still lasts ends now', () => {
  const day = 86_400_000
  const { lanes, fromMs } = bindingLanes(
    [
      binding('1', nowMs - day, null),
      binding('2', nowMs - 2 * day, nowMs - day),
      binding('1', nowMs - 4 * day, nowMs - 2 * day),
    ],
    nowMs,
  )
  expect(fromMs).toBe(nowMs - 4 * day)
  expect(
    lanes.map((lane) => [
      lane.visitor,
      lane.bars.map((bar) => [bar.startPercent, bar.widthPercent, bar.isOpen]),
    ]),
  ).toEqual([
    [
      '1',
      [
        [75, 25, true],
        [0, 50, false],
      ],
    ],
    ['2', [[50, 25, false]]],
  ])
})

test('every bar lies within the picture and can be seen', () => {
  const time = fc.integer({ min: nowMs - 1e11, max: nowMs + 1e8 })
  const one = fc.tuple(fc.constantFrom('1', '2', '3'), time, fc.option(fc.nat(1e10)))
  fc.assert(
    fc.property(fc.array(one, { maxLength: 20 }), (list) => {
      const bindings = list.map(([visitor, since, length]) =>
        binding(visitor, since, length === null ? null : since + length),
      )
      for (const lane of bindingLanes(bindings, nowMs).lanes)
        for (const bar of lane.bars) {
          expect(bar.startPercent).toBeGreaterThanOrEqual(0)
          expect(bar.widthPercent).toBeGreaterThan(0)
          expect(bar.startPercent + bar.widthPercent).toBeLessThanOrEqual(100.001)
        }
    }),
  )
})
