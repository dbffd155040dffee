import type { Proof } from '#features/ingest/server/spool-record.ts'

/** A visitor was this customer's from `fromMs` until `toMs` (undefined: still is). */
export type Interval = { customerId: number; fromMs: number; toMs: number | undefined; proof: Proof }

export type ProvenMoment = { customerId: number; atMs: number; proof: Proof }

/** Last interval that starts at or before a moment; the list is in order of time. */
const lastBefore = (intervals: readonly Interval[], atMs: number): Interval | undefined =>
  intervals.findLast((interval) => interval.fromMs <= atMs)

const isIn = (interval: Interval, atMs: number): boolean =>
  interval.fromMs <= atMs && (interval.toMs === undefined || atMs < interval.toMs)

/**
 * The intervals after a proof. The same customer changes nothing; another one ends the interval the moment falls into
 * and has the visitor until that interval would have ended. Two customers proven in the same millisecond: the first
 * stays. Intervals never overlap, whatever order proofs come in.
 */
export function bindVisitor(intervals: readonly Interval[], proof: ProvenMoment): readonly Interval[] {
  const { atMs, customerId } = proof
  const before = lastBefore(intervals, atMs)
  const at = before ? intervals.indexOf(before) + 1 : 0
  if (before && isIn(before, atMs)) {
    if (before.customerId === customerId || before.fromMs === atMs) return intervals
    const added = { customerId, fromMs: atMs, toMs: before.toMs, proof: proof.proof }
    return [...intervals.slice(0, at - 1), { ...before, toMs: atMs }, added, ...intervals.slice(at)]
  }
  const added = { customerId, fromMs: atMs, toMs: intervals[at]?.fromMs, proof: proof.proof }
  return [...intervals.slice(0, at), added, ...intervals.slice(at)]
}

/** An interval with what came before it: a login takes the visitor's earlier rows since its last binding ended. */
export type OwnedRange = { customerId: number; fromMs: number; toMs: number }

/** Far enough from every time we accept, and still a time of ClickHouse's. */
export const beginningMs = Date.UTC(1900, 0, 1)
export const endMs = Date.UTC(2299, 11, 31)

/** What each interval owns, in the same order. */
export const ownedRanges = (intervals: readonly Interval[]): OwnedRange[] =>
  intervals.map(({ customerId, toMs }, index) => ({
    customerId,
    fromMs: index === 0 ? beginningMs : (intervals[index - 1]?.toMs ?? endMs),
    toMs: toMs ?? endMs,
  }))

/** Whose a visitor's message of that moment is. */
export function ownerAt(intervals: readonly Interval[], atMs: number): number | undefined {
  if (intervals.length === 0) return undefined
  return ownedRanges(intervals).find((range) => range.fromMs <= atMs && atMs < range.toMs)?.customerId
}
