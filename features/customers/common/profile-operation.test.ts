import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AttributeOperation,
  foldOperations,
  keptMs,
  mergeOperations,
} from '#features/customers/common/profile-operation.ts'

const nowMs = Date.UTC(2026, 10, 24)
const idOf = (nth: number) => `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`

const operation = fc.record({
  operation: fc.constantFrom(
    'set' as const,
    'setOnce' as const,
    'increment' as const,
    'append' as const,
    'unset' as const,
  ),
  value: fc.integer({ min: -9, max: 9 }).map(String),
  atMs: fc.integer({ min: nowMs - 50, max: nowMs }),
})
const operations: fc.Arbitrary<AttributeOperation[]> = fc
  .array(operation, { maxLength: 12 })
  .map((all) => all.map((one, nth) => ({ ...one, msg: idOf(nth + 1) })))

/** The plain rule: each message once, in the order of the client's times. */
const slow = (all: readonly AttributeOperation[]) =>
  foldOperations(
    [...new Map(all.map((one) => [one.msg, one])).values()].sort(
      (a, b) => a.atMs - b.atMs || (a.msg < b.msg ? -1 : 1),
    ),
  )

test('whatever order messages come in, in whatever portions and however often, the value is that of their times', () =>
  fc.assert(
    fc.property(
      operations.chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
          fc.integer({ min: 1, max: 5 }),
        ),
      ),
      ([all, arriving, portion]) => {
        let known: AttributeOperation[] = []
        for (let at = 0; at < arriving.length; at += portion)
          known = mergeOperations(known, arriving.slice(at, at + portion), foldOperations(known), nowMs)
        expect(foldOperations(known)).toBe(slow(all))
      },
    ),
  ))

const at = (atMs: number, operation: AttributeOperation['operation'], value: string, nth: number) => ({
  ...{ atMs, operation, value },
  msg: idOf(nth),
})

test('what an import has set since is what later messages add to', () => {
  const known = mergeOperations([], [at(nowMs - 10, 'increment', '1', 1)], '5', nowMs)
  expect(foldOperations(known)).toBe('6')
  const later = mergeOperations(known, [at(nowMs - 5, 'increment', '1', 2)], '20', nowMs)
  expect(foldOperations(later)).toBe('21')
})

test('what is old becomes one value; what comes later than that adds nothing', () => {
  const old = nowMs - keptMs - 1000
  const known = mergeOperations(
    [],
    [at(old, 'increment', '1', 1), at(old + 1, 'increment', '1', 2)],
    undefined,
    nowMs,
  )
  expect(known).toHaveLength(1)
  const again = mergeOperations(
    known,
    [at(old, 'increment', '1', 1), at(nowMs, 'increment', '1', 3)],
    '2',
    nowMs,
  )
  expect(foldOperations(again)).toBe('3')
})

test('money adds up without the tails of binary fractions', () => {
  const known = mergeOperations(
    [],
    [at(1 + nowMs, 'increment', '0.1', 1), at(2 + nowMs, 'increment', '0.2', 2)],
    undefined,
    nowMs,
  )
  expect(foldOperations(known)).toBe('0.3')
})
