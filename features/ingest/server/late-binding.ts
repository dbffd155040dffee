import { readVisitors, type VisitorState } from '#features/ingest/server/binding-rows.ts'
import type { BindingStore, UnappliedBinding } from '#features/ingest/server/binding-store.ts'
import { boundVer, readHomes } from '#features/ingest/server/identity-homes.ts'
import type { Touches } from '#features/ingest/server/touch-store.ts'
import {
  beginningMs,
  endMs,
  type OwnedRange,
  ownedRanges,
} from '#features/ingest/server/visitor-intervals.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

type Range = { visitor: bigint; customerId: number; fromMs: number; toMs: number; isDeleted: 0 | 1 }
/** All customers whose rows a visitor's messages may be or have been, each with where it is counted. */
type Homes = { homeOf(customerId: number): number; pastOf(customerId: number): readonly number[] }

const roundSize = 2_000
/** Rows of one statement: a tablet of a branch has been many customers'. */
const rangeRound = 20_000

/** The ranges as rows of a sub-query. */
const rangeRows = (ranges: readonly Range[]): Sql => {
  const column = (type: string, of: (range: Range) => unknown) => typed(type, ranges.map(of))
  return sql`
    SELECT tupleElement(r, 1) AS visitor, tupleElement(r, 2) AS customer_id, tupleElement(r, 3) AS from_ms,
      tupleElement(r, 4) AS to_ms, tupleElement(r, 5) AS is_deleted
    FROM (SELECT arrayJoin(arrayZip(${column('Array(UInt64)', (range) => range.visitor)},
      ${column('Array(UInt32)', (range) => range.customerId)}, ${column('Array(Int64)', (range) => range.fromMs)},
      ${column('Array(Int64)', (range) => range.toMs)}, ${column('Array(UInt8)', (range) => range.isDeleted)})) AS r)`
}

/** The ranges a changed binding is about: its own, and what nobody owned right before it. */
function changedRanges({ intervals }: VisitorState, fromMs: number | undefined): OwnedRange[] {
  const all = ownedRanges(intervals)
  if (fromMs === undefined) {
    // Everything was withdrawn: nobody owns anything of it.
    return all.length > 0 ? all : [{ customerId: 0, fromMs: beginningMs, toMs: endMs }]
  }
  const index = intervals.findIndex((interval) => interval.fromMs === fromMs)
  const before = intervals[index - 1]
  return all.slice(before?.customerId === 0 ? index - 1 : index, index + 1)
}

/** What ranges give their customers, and withdraw from all others who had something of the visitor. */
function rangesOf(visitor: bigint, state: VisitorState, fromMs: number | undefined, homes: Homes): Range[] {
  if (fromMs !== undefined && !state.intervals.some((interval) => interval.fromMs === fromMs)) return []
  const ever = new Set([...state.intervals, ...state.undone].map((one) => one.customerId))
  const holders = new Set([...ever].flatMap((id) => [id, homes.homeOf(id), ...homes.pastOf(id)]))
  holders.delete(0)
  return changedRanges(state, fromMs).flatMap((owned) => {
    const owner = homes.homeOf(owned.customerId)
    const given: Range[] = owner === 0 ? [] : [{ ...owned, visitor, customerId: owner, isDeleted: 0 }]
    const others = [...holders].filter((customerId) => customerId !== owner)
    return [...given, ...others.map((customerId): Range => ({ ...owned, visitor, customerId, isDeleted: 1 }))]
  })
}

/**
 * Late binding: a login copies what the visitor did before to the customer, under the same message ids; a log-out, an
 * undone binding and a merge of numbers withdraw and copy likewise. A repetition changes nothing, so after a crash
 * everything not marked as applied is done again. The version of identity that was read is the version of the rows:
 * whoever knew less loses, whatever order the loaders write in.
 */
export function createLateBinding(deps: {
  ch: ClickHouse
  pg: Postgres
  store: BindingStore
  touches: Pick<Touches, 'noteAny'>
}) {
  const { ch, pg, store, touches } = deps

  async function copyRows(ranges: readonly Range[], version: number): Promise<void> {
    for (let at = 0; at < ranges.length; at += rangeRound) {
      const some = ranges.slice(at, at + rangeRound)
      const visitors = [...new Set(some.map((range) => range.visitor))]
      await ch.command(
        sql`
        INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted, client_at)
        SELECT e.name, b.customer_id, e.msg, e.occurred_at, e.received_at, e.visitor, e.source, e.props,
          ${typed('UInt64', boundVer(version))}, b.is_deleted, e.client_at
        FROM (SELECT * FROM event_anonymous FINAL WHERE visitor IN ${typed('Array(UInt64)', visitors)}) AS e
        INNER JOIN (${rangeRows(some)}) AS b ON e.visitor = b.visitor
        WHERE toUnixTimestamp64Milli(e.occurred_at) >= b.from_ms AND toUnixTimestamp64Milli(e.occurred_at) < b.to_ms`,
        { lane: 'load', settings: { max_partitions_per_insert_block: 0 } },
      )
    }
  }

  async function copyBindings(
    states: ReadonlyMap<bigint, VisitorState>,
    homes: Homes,
    version: number,
  ): Promise<void> {
    const ver = boundVer(version)
    const rows = [...states].flatMap(([visitor, { intervals, undone }]) => {
      const row = (fromMs: number, toMs: number | undefined, customerId: number) => ({
        visitor,
        from_at: new Date(fromMs).toISOString(),
        to_at: new Date(toMs ?? endMs).toISOString(),
        customer_id: customerId,
        ver,
      })
      const starts = new Set(intervals.map((one) => one.fromMs))
      return [
        ...intervals.map((one) => row(one.fromMs, one.toMs, homes.homeOf(one.customerId))),
        ...undone.filter((one) => !starts.has(one.fromMs)).map((one) => row(one.fromMs, one.fromMs, 0)),
      ]
    })
    if (rows.length > 0) await ch.insertRows('visitor_binding', rows, { lane: 'load' })
  }

  /** Gives the version that was read before the states: what changed after it is not marked as applied. */
  async function apply(bindings: readonly UnappliedBinding[]): Promise<number> {
    const read = await pg.first<{ version: number }>(sql`SELECT v.version FROM identity_version AS v`)
    const version = read?.version ?? 0
    const states = await readVisitors(pg, [...new Set(bindings.map((binding) => binding.visitor))])
    const ids = [...states.values()].flatMap(({ intervals, undone }) =>
      [...intervals, ...undone].map((one) => one.customerId),
    )
    const homes = await readHomes(pg, ids)
    await copyBindings(states, homes, version)
    const ranges = bindings.flatMap(({ visitor, fromMs }) => {
      const state = states.get(visitor)
      return state ? rangesOf(visitor, state, fromMs, homes) : []
    })
    await copyRows(ranges, version)
    await touches.noteAny(ranges.map((range) => range.customerId))
    return version
  }

  return {
    /** Applies bindings again whatever was said of them. */
    async reapply(bindings: readonly UnappliedBinding[]): Promise<void> {
      for (let at = 0; at < bindings.length; at += roundSize) await apply(bindings.slice(at, at + roundSize))
    },
    /** Applies every binding that isn't applied yet. */
    async applyAll(): Promise<void> {
      for (;;) {
        const bindings = await store.listUnapplied(roundSize)
        if (bindings.length === 0) return
        await store.markApplied(bindings, await apply(bindings))
      }
    },
  }
}

export type LateBinding = ReturnType<typeof createLateBinding>
