import type { BindingStore, UnappliedBinding } from '#features/ingest/server/binding-store.ts'
import { endMs, type Interval, ownedRanges } from '#features/ingest/server/visitor-intervals.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type Range = { visitor: bigint; customerId: number; fromMs: number; toMs: number; isDeleted: 0 | 1 }

const roundSize = 2_000

/** The bindings as rows of a sub-query. */
const rangeRows = (ranges: readonly Range[]): Sql => sql`
  SELECT tupleElement(r, 1) AS visitor, tupleElement(r, 2) AS customer_id, tupleElement(r, 3) AS from_ms,
    tupleElement(r, 4) AS to_ms, tupleElement(r, 5) AS is_deleted
  FROM (SELECT arrayJoin(arrayZip(
    ${typed(
      'Array(UInt64)',
      ranges.map((range) => range.visitor),
    )},
    ${typed(
      'Array(UInt32)',
      ranges.map((range) => range.customerId),
    )},
    ${typed(
      'Array(Int64)',
      ranges.map((range) => range.fromMs),
    )},
    ${typed(
      'Array(Int64)',
      ranges.map((range) => range.toMs),
    )},
    ${typed(
      'Array(UInt8)',
      ranges.map((range) => range.isDeleted),
    )})) AS r)`

/** What a binding gives its customer, and withdraws from the visitor's other customers. */
function rangesOf(visitor: bigint, intervals: readonly Interval[], fromMs: number): Range[] {
  const index = intervals.findIndex((interval) => interval.fromMs === fromMs)
  const owned = ownedRanges(intervals)[index]
  if (!owned) return []
  const others = new Set(intervals.map((interval) => interval.customerId))
  others.delete(owned.customerId)
  return [
    { ...owned, visitor, isDeleted: 0 },
    ...[...others].map((customerId): Range => ({ ...owned, visitor, customerId, isDeleted: 1 })),
  ]
}

/**
 * Late binding: a login copies what the visitor did before to the customer, under the same message ids. A repetition
 * changes nothing, so after a crash everything not marked as applied is done again.
 */
export function createLateBinding(deps: { ch: ClickHouse; store: BindingStore; newVer: () => bigint }) {
  const { ch, store, newVer } = deps

  async function copyRows(ranges: readonly Range[]): Promise<void> {
    const visitors = [...new Set(ranges.map((range) => range.visitor))]
    await ch.command(
      sql`
      INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
      SELECT e.name, b.customer_id, e.msg, e.occurred_at, e.received_at, e.visitor, e.source, e.props,
        ${typed('UInt64', newVer())}, b.is_deleted
      FROM (SELECT * FROM event_anonymous FINAL WHERE visitor IN ${typed('Array(UInt64)', visitors)}) AS e
      INNER JOIN (${rangeRows(ranges)}) AS b ON e.visitor = b.visitor
      WHERE toUnixTimestamp64Milli(e.occurred_at) >= b.from_ms AND toUnixTimestamp64Milli(e.occurred_at) < b.to_ms`,
      { lane: 'load' },
    )
  }

  async function copyBindings(all: ReadonlyMap<bigint, readonly Interval[]>): Promise<void> {
    const ver = newVer()
    const rows = [...all].flatMap(([visitor, intervals]) =>
      intervals.map(({ customerId, fromMs, toMs }) => ({
        visitor,
        from_at: new Date(fromMs).toISOString(),
        to_at: new Date(toMs ?? endMs).toISOString(),
        customer_id: customerId,
        ver,
      })),
    )
    await ch.insertRows('visitor_binding', rows, { lane: 'load' })
  }

  async function apply(bindings: readonly UnappliedBinding[]): Promise<void> {
    const all = await store.intervalsOf(new Set(bindings.map((binding) => binding.visitor)))
    await copyBindings(all)
    await copyRows(
      bindings.flatMap(({ visitor, fromMs }) => rangesOf(visitor, all.get(visitor) ?? [], fromMs)),
    )
    await store.markApplied(bindings)
  }

  return {
    /** Applies every binding that isn't applied yet. */
    async applyAll(): Promise<void> {
      for (;;) {
        const bindings = await store.listUnapplied(roundSize)
        if (bindings.length === 0) return
        await apply(bindings)
      }
    },
  }
}

export type LateBinding = ReturnType<typeof createLateBinding>
