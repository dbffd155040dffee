import type { Proof } from '#features/ingest/server/spool-record.ts'

/** Why an interval begins: a proof of a message, what the bank's own data say, or a log-out. */
export type IntervalProof = Proof | 'bank_data' | 'logout'

/** A visitor was this customer's (0: nobody's, after a log-out) from `fromMs` until `toMs` (undefined: still is). */
export type Interval = { customerId: number; fromMs: number; toMs: number | undefined; proof: IntervalProof }

/** At this moment the visitor was proven to be a customer's; customer 0: it was logged out. */
export type ProvenMoment = { customerId: number; atMs: number; proof: IntervalProof }

/** A binding that was undone: what would prove it again is not believed. */
export type UndoneRange = { customerId: number; fromMs: number; toMs: number }

/** Last interval that starts at or before a moment; the list is in order of time. */
const lastBefore = (intervals: readonly Interval[], atMs: number): Interval | undefined =>
  intervals.findLast((interval) => interval.fromMs <= atMs)

/**
 * The intervals after a proof or a log-out. The same customer changes nothing; another one ends the interval the moment
 * falls into and has the visitor until that interval would have ended. Two in the same millisecond: the first stays.
 * Intervals follow each other without gaps or overlaps, whatever order proofs come in.
 */
export function bindVisitor(intervals: readonly Interval[], proof: ProvenMoment): readonly Interval[] {
  const { atMs, customerId } = proof
  const before = lastBefore(intervals, atMs)
  const at = before ? intervals.indexOf(before) + 1 : 0
  if (!before) {
    const added = { customerId, fromMs: atMs, toMs: intervals[0]?.fromMs, proof: proof.proof }
    return [added, ...intervals]
  }
  if (before.customerId === customerId || before.fromMs === atMs) return intervals
  const added = { customerId, fromMs: atMs, toMs: before.toMs, proof: proof.proof }
  return [...intervals.slice(0, at - 1), { ...before, toMs: atMs }, added, ...intervals.slice(at)]
}

/**
 * The intervals as if one had never begun: the one before lasts until its end, or, where there is none, the next one
 * owns what came before it.
 */
export function unbindVisitor(intervals: readonly Interval[], fromMs: number): readonly Interval[] {
  const index = intervals.findIndex((interval) => interval.fromMs === fromMs)
  if (index < 0) return intervals
  const { toMs } = intervals[index] as Interval
  const before = intervals[index - 1]
  const after = intervals[index + 1]
  if (!before) return intervals.slice(1)
  // Two neighbours of one customer are one interval.
  const isSame = after?.customerId === before.customerId
  const joined = { ...before, toMs: isSame ? after.toMs : toMs }
  return [...intervals.slice(0, index - 1), joined, ...intervals.slice(index + (isSame ? 2 : 1))]
}

/** Whether a proof repeats what was undone. */
export const isUndone = (undone: readonly UndoneRange[], { customerId, atMs }: ProvenMoment): boolean =>
  undone.some((one) => one.customerId === customerId && one.fromMs <= atMs && atMs < one.toMs)

/** Whose everything of a visitor is between two moments; customer 0: nobody's. */
export type OwnedRange = { customerId: number; fromMs: number; toMs: number }

/** Far enough from every time we accept, and still a time of ClickHouse's. */
export const beginningMs = Date.UTC(1900, 0, 1)
export const endMs = Date.UTC(2299, 11, 31)

/**
 * The range of each interval, in the same order. A login also takes what nobody owned right before it: since the
 * beginning, or since the log-out before.
 */
export const ownedRanges = (intervals: readonly Interval[]): OwnedRange[] =>
  intervals.map(({ customerId, fromMs, toMs }, index) => ({
    customerId: customerId || (intervals[index + 1]?.customerId ?? 0),
    fromMs: index === 0 ? beginningMs : fromMs,
    toMs: toMs ?? endMs,
  }))

/** Whose a visitor's message of that moment is; undefined: nobody's. */
export function ownerAt(intervals: readonly Interval[], atMs: number): number | undefined {
  if (intervals.length === 0) return undefined
  const owner = ownedRanges(intervals).find((range) => range.fromMs <= atMs && atMs < range.toMs)?.customerId
  return owner === 0 ? undefined : owner
}
