import fc from 'fast-check'
import { expect, test } from 'vitest'
import { populationShift } from '#features/tags/common/population-shift.ts'
import { levelsOf, planSteps } from '#features/tags/server/tag-run-plan.ts'
import type { TagRow } from '#features/tags/server/tag-store.ts'

const key = fc.integer({ min: 0, max: 7 }).map((n) => `t${n}`)
const graph = fc.array(fc.tuple(key, key), { maxLength: 14 }).map((edges) => {
  const used = new Map<string, string[]>()
  for (let n = 0; n < 8; n += 1) used.set(`t${n}`, [])
  for (const [from, to] of edges) used.get(from)?.push(to)
  return used
})

/** Everything a tag leads to, over however many. */
function reached(used: ReadonlyMap<string, readonly string[]>, from: string): Set<string> {
  const found = new Set<string>()
  const waiting = [...(used.get(from) ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    waiting.push(...(used.get(next) ?? []))
  }
  return found
}

test('a tag comes after all it needs; who needs itself is told apart and stops no other', () => {
  fc.assert(
    fc.property(graph, (used) => {
      const { levels, cyclic } = levelsOf(used)
      const circles = [...used.keys()].filter((one) => reached(used, one).has(one))
      for (const one of circles) expect(cyclic).toContain(one)
      for (const [one, keys] of used) {
        if (cyclic.includes(one)) continue
        expect(levels.has(one)).toBe(true)
        for (const other of keys)
          if (!cyclic.includes(other)) expect(levels.get(one)).toBeGreaterThan(levels.get(other) ?? -1)
      }
      // Left out besides circles is only what leads from one circle to another.
      for (const one of cyclic)
        expect(circles.some((other) => other === one || reached(used, other).has(one))).toBe(true)
    }),
  )
})

const row = (index: number, agg: string) =>
  ({ key: `k${index}`, source: { event: `e${index % 2}`, agg, prop: 'n' } }) as unknown as TagRow

test('scans are shared, and cut before they hold too much at once', () => {
  const plan = (agg: string, customers: number) =>
    planSteps({
      rows: Array.from({ length: 250 }, (_, index) => row(index, agg)),
      usedBy: () => [],
      groupOf: (one) => ('event' in one.source ? one.source.event : ''),
      modeOf: () => 'full',
      customers,
    }).steps.map(({ rows }) => rows.length)
  expect(plan('count', 1000)).toEqual([100, 25, 100, 25])
  expect(plan('distinct', 1000)).toEqual([20, 20, 20, 20, 20, 20, 5, 20, 20, 20, 20, 20, 20, 5])
  expect(Math.max(...plan('count', 10_000_000))).toBe(12)
  expect(plan('count', 10_000_000).reduce((sum, count) => sum + count, 0)).toBe(250)
})

test('the population stability index', () => {
  expect(populationShift([10, 90], [10, 90])).toBe(0)
  expect(populationShift([50, 50], [60, 40])).toBeCloseTo(0.0405, 4)
  expect(populationShift([], [1])).toBe(0)
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 12 }), (counts) => {
      expect(populationShift(counts, [...counts])).toBe(0)
      expect(populationShift(counts, [...counts].reverse())).toBeGreaterThanOrEqual(0)
    }),
  )
})
