import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bindVisitor,
  type Interval,
  ownedRanges,
  ownerAt,
  type ProvenMoment,
} from '#features/ingest/server/visitor-intervals.ts'

const proof = (customerId: number, atMs: number): ProvenMoment => ({
  customerId,
  atMs,
  proof: 'customer_token',
})
const after = (...moments: readonly ProvenMoment[]) => moments.reduce<readonly Interval[]>(bindVisitor, [])
const shape = (intervals: readonly Interval[]) =>
  intervals.map((one) => [one.customerId, one.fromMs, one.toMs])

test.each<[string, ProvenMoment[], unknown]>([
  ['the first login is open', [proof(1, 10)], [[1, 10, undefined]]],
  ['the same customer again changes nothing', [proof(1, 10), proof(1, 20)], [[1, 10, undefined]]],
  [
    'another customer ends it',
    [proof(1, 10), proof(2, 20)],
    [
      [1, 10, 20],
      [2, 20, undefined],
    ],
  ],
  [
    'a proof between two splits the first',
    [proof(1, 10), proof(2, 20), proof(3, 15)],
    [
      [1, 10, 15],
      [3, 15, 20],
      [2, 20, undefined],
    ],
  ],
  [
    'a proof before the first ends where it starts',
    [proof(1, 10), proof(2, 5)],
    [
      [2, 5, 10],
      [1, 10, undefined],
    ],
  ],
  ['two in one moment: the first stays', [proof(1, 10), proof(2, 10)], [[1, 10, undefined]]],
])('%s', (_name, moments, expected) => expect(shape(after(...moments))).toEqual(expected))

test('what came before the first login is its customer’s, later gaps are nobody else’s', () => {
  const intervals = after(proof(1, 10), proof(2, 20))
  expect([0, 9, 10, 19, 20, 99].map((at) => ownerAt(intervals, at))).toEqual([1, 1, 1, 1, 2, 2])
  expect(ownerAt([], 5)).toBeUndefined()
})

test('in any order of proofs intervals never overlap and each moment has one owner', () => {
  const moments = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 20 })), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(moments, (list) => {
      const intervals = after(...list.map(([customerId, atMs]) => proof(customerId, atMs)))
      intervals.forEach((interval, index) => {
        expect(interval.toMs ?? Infinity).toBeGreaterThan(interval.fromMs)
        const next = intervals[index + 1]
        if (next) expect(interval.toMs).toBe(next.fromMs)
        else expect(interval.toMs).toBeUndefined()
      })
      for (let at = 0; at <= 20; at += 1) {
        const owners = ownedRanges(intervals).filter((range) => range.fromMs <= at && at < range.toMs)
        expect(owners.length).toBe(intervals.length > 0 ? 1 : 0)
      }
    }),
  )
})
