import { type Span, spanOf } from '#features/rules/common/bank-time.ts'
import { readAmount } from '#features/rules/common/canonical.ts'
import { compareText, countComparer, sumComparer } from '#features/rules/common/compare.ts'
import { haversine, haversineOfKm, placeOf } from '#features/rules/common/near.ts'
import type { DidLeaf, NearLeaf, Where } from '#features/rules/common/rule.ts'
import type { EventLeaf, Numbered } from '#features/rules/server/leaf-scans.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'

/** Messages of one name as columns: whose, when, and the text of each property asked for; null is a missing one. */
export type EventRows = { ids: number[]; ats: number[]; props: ReadonlyMap<string, (string | null)[]> }

/** Messages that a leaf counts: their rows, and how many each customer has. */
type Meeting = { key: string; rows: number[]; counts: Int32Array }
type Holds = (slot: number) => boolean
type Time = Pick<RuleContext, 'now' | 'timeZone'>

const once = <K, V>(known: Map<K, V>, key: K, make: () => V): V => {
  const before = known.get(key)
  if (before !== undefined) return before
  const made = make()
  known.set(key, made)
  return made
}

/** Does the same for equal texts once. */
const byText = <V>(texts: readonly (string | null)[], make: (text: string | null) => V): V[] => {
  const known = new Map<string | null, V>()
  return texts.map((text) => once(known, text, () => make(text)))
}

/**
 * Answers leaves over the messages of one event in memory, by the very comparisons that say what a rule means. What leaves
 * share (conditions, windows, sums) is worked out once.
 */
function createReader({ ids, ats, props }: EventRows, time: Time) {
  const customers = [...new Set(ids)]
  const slots = new Map(customers.map((id, slot) => [id, slot]))
  const slotOf = Int32Array.from(ids, (id) => slots.get(id) ?? 0)
  const conditions = new Map<string, boolean[]>()
  const meetings = new Map<string, Meeting>()
  const amounts = new Map<string, bigint[]>()
  const sums = new Map<string, bigint[]>()
  const missing = ids.map(() => null)

  const textsOf = (prop: string): readonly (string | null)[] => props.get(prop) ?? missing
  const meetsOne = (where: Where): boolean[] =>
    once(conditions, JSON.stringify(where), () =>
      byText(textsOf(where.prop), (text) => compareText(text ?? undefined, where)),
    )

  function meeting(where: readonly Where[] | undefined, { fromMs, toMs }: Span): Meeting {
    const key = JSON.stringify([where ?? [], String(fromMs), String(toMs)])
    return once(meetings, key, () => {
      const all = (where ?? []).map(meetsOne)
      const rows: number[] = []
      const counts = new Int32Array(customers.length)
      // The innermost loop of a pass: messages times different conditions and windows.
      for (let row = 0; row < ats.length; row += 1) {
        const at = ats[row]!
        if (at < fromMs || at >= toMs || !all.every((one) => one[row])) continue
        rows.push(row)
        counts[slotOf[row] ?? 0]! += 1
      }
      return { key, rows, counts }
    })
  }

  const sumsOf = (prop: string, { key, rows }: Meeting): bigint[] =>
    once(sums, `${prop} ${key}`, () => {
      const ofRow = once(amounts, prop, () => byText(textsOf(prop), (text) => readAmount(text ?? '')))
      const total = customers.map(() => 0n)
      for (const row of rows) total[slotOf[row] ?? 0]! += ofRow[row] ?? 0n
      return total
    })

  function didHolds(leaf: DidLeaf): Holds {
    const span = spanOf(leaf.within, time.now, time.timeZone)
    const found = meeting(leaf.where, span)
    const all: Holds[] = []
    if (leaf.count) {
      const holds = countComparer(leaf.count)
      all.push((slot) => holds(found.counts[slot] ?? 0))
    }
    if (leaf.sum) {
      const [holds, total] = [sumComparer(leaf.sum), sumsOf(leaf.sum.prop, found)]
      all.push((slot) => holds(total[slot] ?? 0n))
    }
    if (all.length === 0 || leaf.first) all.push((slot) => found.counts[slot]! > 0)
    if (leaf.first) {
      const before = meeting(leaf.where, { fromMs: -Infinity, toMs: span.fromMs })
      all.push((slot) => before.counts[slot] === 0)
    }
    return (slot) => all.every((holds) => holds(slot))
  }

  function nearHolds({ near, within }: NearLeaf): Holds {
    const { rows } = meeting(undefined, spanOf(within, time.now, time.timeZone))
    const [latitudes, longitudes, most] = [textsOf('latitude'), textsOf('longitude'), haversineOfKm(near.km)]
    const isNear = new Uint8Array(customers.length)
    for (const row of rows) {
      const holder = [
        ['latitude', latitudes[row] ?? ''],
        ['longitude', longitudes[row] ?? ''],
      ] as const
      const place = placeOf(new Map(holder))
      if (place && haversine(near, place) <= most) isNear[slotOf[row] ?? 0] = 1
    }
    return (slot) => isNear[slot] === 1
  }

  return { customers, holds: (leaf: EventLeaf) => ('near' in leaf ? nearHolds(leaf) : didHolds(leaf)) }
}

/** Properties that a leaf looks at. */
export const propsOf = (leaf: EventLeaf): string[] =>
  'near' in leaf
    ? ['latitude', 'longitude']
    : [...(leaf.where ?? []).map((one) => one.prop), ...(leaf.sum ? [leaf.sum.prop] : [])]

/** When the messages happened that a leaf looks at. */
export function spanOfLeaf(leaf: EventLeaf, time: Time): Span {
  const span = spanOf(leaf.within, time.now, time.timeZone)
  return 'first' in leaf && leaf.first ? { ...span, fromMs: -Infinity } : span
}

/** Who of the customers with messages each leaf holds for: calls back for each that does. */
export function answerLeaves(
  rows: EventRows,
  leaves: readonly Numbered<EventLeaf>[],
  time: Time,
  found: (leaf: number, customerId: number) => void,
): void {
  const reader = createReader(rows, time)
  for (const { leaf, index } of leaves) {
    const holds = reader.holds(leaf)
    for (const [slot, id] of reader.customers.entries()) if (holds(slot)) found(index, id)
  }
}
