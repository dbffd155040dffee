import { nextIdentityVersion } from '#features/customers/server/index.ts'
import { readVisitors, unknownVisitor, type VisitorState } from '#features/ingest/server/binding-rows.ts'
import {
  bindVisitor,
  type Interval,
  isUndone,
  type ProvenMoment,
} from '#features/ingest/server/visitor-intervals.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Visitors remembered with their intervals, mostly none at all. */
const mostRemembered = 300_000
/** A change of more visitors than this empties the memory instead of naming them. */
const mostChanged = 20_000

/** A binding whose visitor's earlier rows have not been copied yet; without `fromMs` all of the visitor is to do. */
export type UnappliedBinding = { visitor: bigint; fromMs: number | undefined; undoneId?: number }
export type Proven = { visitor: bigint; kind: string; moment: ProvenMoment }
/** What changed since we looked last; `bindings` undefined: too many to name. `homes`: numbers merged or split. */
export type IdentityChanges = {
  bindings: readonly UnappliedBinding[] | undefined
  homes: readonly number[]
}

type Change = { visitor: bigint; kind: string; interval: Interval }
type Changed = {
  version: number
  bindings: [string, number | null][] | null
  homes: [number, number][] | null
}

export type BindingStore = ReturnType<typeof createBindingStore>

/** What each visitor's intervals become by the proofs, in their order; undone ones prove nothing. */
function after(states: ReadonlyMap<bigint, VisitorState>, proofs: readonly Proven[]) {
  const changed = new Map<
    bigint,
    { kind: string; before: readonly Interval[]; intervals: readonly Interval[] }
  >()
  for (const { visitor, kind, moment } of proofs) {
    const state = states.get(visitor) ?? unknownVisitor
    if (isUndone(state.undone, moment)) continue
    // Who never logged in needs no log-out: whoever makes up devices must not fill the table with them.
    if (moment.customerId === 0 && state.intervals.length === 0 && !changed.has(visitor)) continue
    const intervals = changed.get(visitor)?.intervals ?? state.intervals
    const bound = bindVisitor(intervals, moment)
    if (bound !== intervals) changed.set(visitor, { kind, before: state.intervals, intervals: bound })
  }
  return changed
}

/** Writes the difference between intervals before and after. */
async function writeChanges(
  tx: PgRunner,
  changed: ReturnType<typeof after>,
  version: number,
): Promise<number> {
  const ended: Change[] = []
  const added: Change[] = []
  for (const [visitor, { kind, before, intervals }] of changed) {
    for (const interval of intervals) {
      const known = before.find((one) => one.fromMs === interval.fromMs)
      if (!known) added.push({ visitor, kind, interval })
      else if (known.toMs !== interval.toMs) ended.push({ visitor, kind, interval })
    }
  }
  if (ended.length > 0) await writeEnds(tx, ended, version)
  if (added.length > 0) await insertBindings(tx, added, version)
  return added.length
}

const visitorsOf = (changes: readonly Change[]) => changes.map((change) => String(change.visitor))
const fromsOf = (changes: readonly Change[]) => changes.map((change) => new Date(change.interval.fromMs))
const tosOf = (changes: readonly Change[]) =>
  changes.map(({ interval: { toMs } }) => (toMs === undefined ? null : new Date(toMs)))

const writeEnds = (tx: PgRunner, ended: readonly Change[], version: number) =>
  tx.execute(sql`
    UPDATE visitor_binding AS b SET to_at = i.to_at, version = ${version}::bigint
    FROM unnest(${visitorsOf(ended)}::text[], ${fromsOf(ended)}::timestamptz[], ${tosOf(ended)}::timestamptz[])
      AS i(visitor, from_at, to_at)
    WHERE b.visitor = i.visitor AND b.from_at = i.from_at`)

const insertBindings = (tx: PgRunner, added: readonly Change[], version: number) =>
  tx.execute(sql`
    INSERT INTO visitor_binding (visitor, customer_id, from_at, to_at, proof, kind, version)
    SELECT i.visitor, nullif(i.customer_id, 0), i.from_at, i.to_at, i.proof, i.kind, ${version}::bigint
    FROM unnest(${visitorsOf(added)}::text[], ${added.map((one) => one.interval.customerId)}::bigint[],
      ${fromsOf(added)}::timestamptz[], ${tosOf(added)}::timestamptz[],
      ${added.map((one) => one.interval.proof)}::text[], ${added.map((one) => one.kind)}::text[])
      AS i(visitor, customer_id, from_at, to_at, proof, kind)`)

/** Everything that changed after a version, in one look. */
const readChanges = (pg: Postgres, seen: number) =>
  pg.first<Changed>(sql`
    SELECT v.version, CASE WHEN v.version = ${seen}::bigint THEN NULL ELSE (
        SELECT jsonb_agg(jsonb_build_array(c.visitor, c.from_ms)) FROM (
          SELECT b.visitor, (extract(epoch FROM b.from_at) * 1000)::bigint AS from_ms
          FROM visitor_binding AS b WHERE b.version > ${seen}::bigint
          UNION ALL SELECT u.visitor, NULL FROM visitor_binding_undone AS u WHERE u.version > ${seen}::bigint
          LIMIT ${mostChanged + 1}::int) AS c) END AS bindings,
      CASE WHEN v.version = ${seen}::bigint THEN NULL ELSE (
        SELECT jsonb_agg(jsonb_build_array(h.customer_id, h.home_id)) FROM customer_home AS h
        WHERE h.version > ${seen}::bigint) END AS homes
    FROM identity_version AS v`)

/**
 * Whose a device was when, and which numbers are counted under another. Several loaders write here: each change has a
 * version, writers wait for each other, and what is remembered is dropped when a look says that others changed it.
 */
export function createBindingStore({ pg, clock }: { pg: Postgres; clock: Clock }) {
  const remembered = new Map<bigint, VisitorState>()
  const homes = new Map<number, number>()
  let seen = -1

  function learn(changed: Changed): IdentityChanges {
    const isFirst = seen < 0
    seen = changed.version
    for (const [customerId, homeId] of changed.homes ?? [])
      if (customerId === homeId) homes.delete(customerId)
      else homes.set(customerId, homeId)
    const changedHomes = (changed.homes ?? []).map(([customerId]) => customerId)
    if (isFirst || (changed.bindings?.length ?? 0) > mostChanged) {
      remembered.clear()
      return { bindings: undefined, homes: changedHomes }
    }
    const bindings = (changed.bindings ?? []).map(([visitor, fromMs]) => ({
      visitor: BigInt(visitor),
      fromMs: fromMs ?? undefined,
    }))
    for (const { visitor } of bindings) remembered.delete(visitor)
    return { bindings, homes: changedHomes }
  }

  async function look(): Promise<IdentityChanges> {
    const changed = await readChanges(pg, seen)
    if (!changed) throw new Error('identity_version has lost its row')
    return learn(changed)
  }

  async function statesOf(visitors: ReadonlySet<bigint>): Promise<ReadonlyMap<bigint, VisitorState>> {
    if (seen < 0) await look()
    if (remembered.size + visitors.size > mostRemembered) remembered.clear()
    const unseen = [...visitors].filter((visitor) => !remembered.has(visitor))
    if (unseen.length > 0) {
      const found = await readVisitors(pg, unseen)
      for (const visitor of unseen) remembered.set(visitor, found.get(visitor) ?? unknownVisitor)
    }
    return new Map([...visitors].map((visitor) => [visitor, remembered.get(visitor) ?? unknownVisitor]))
  }

  const counted = (intervals: readonly Interval[]): readonly Interval[] =>
    intervals.some(({ customerId }) => homes.has(customerId))
      ? intervals.map((one) => ({ ...one, customerId: homes.get(one.customerId) ?? one.customerId }))
      : intervals

  return {
    /** Sees what others changed since the last look: one cheap statement, whatever was loaded. */
    look,
    /** Where a customer's facts are counted: another number's id after a merge. */
    homeOf: (customerId: number): number => homes.get(customerId) ?? customerId,
    /** What was read is at least as new as this version of identity; copies made by it carry it. */
    seenVersion: (): number => seen,
    /** Intervals of each visitor, in order of time, with the customers they are counted under. */
    async intervalsOf(visitors: ReadonlySet<bigint>): Promise<Map<bigint, readonly Interval[]>> {
      const states = await statesOf(visitors)
      return new Map([...states].map(([visitor, { intervals }]) => [visitor, counted(intervals)]))
    },
    /** Writes down what the proofs, in their order, say about their visitors; gives how many bindings are new. */
    async bind(proofs: readonly Proven[]): Promise<number> {
      // Most proofs repeat what is known: only what would change waits for the other writers.
      const hinted = after(await statesOf(new Set(proofs.map((proof) => proof.visitor))), proofs)
      if (hinted.size === 0) return 0
      const some = proofs.filter((proof) => hinted.has(proof.visitor))
      // Until the transaction has told how it ended, nothing about these visitors is known.
      for (const visitor of hinted.keys()) remembered.delete(visitor)
      const done = await pg.transaction(async (tx) => {
        const version = await nextIdentityVersion(tx)
        const states = await readVisitors(tx, [...hinted.keys()])
        return { version, added: await writeChanges(tx, after(states, some), version) }
      })
      // Ours came right after what we had seen: there is nothing of others to look for.
      if (done.version === seen + 1) seen = done.version
      return done.added
    },
    /** Bindings whose visitor's earlier rows have not been copied yet. */
    async listUnapplied(limit: number): Promise<UnappliedBinding[]> {
      const rows = await pg.query<{ visitor: string; from_at: Date | null; undone_id: number | null }>(sql`
        (SELECT b.visitor, b.from_at, NULL::bigint AS undone_id FROM visitor_binding AS b
          WHERE b.applied_at IS NULL ORDER BY b.from_at, b.visitor LIMIT ${limit}::int)
        UNION ALL
        (SELECT u.visitor, NULL, u.undone_id FROM visitor_binding_undone AS u
          WHERE u.applied_at IS NULL ORDER BY u.undone_id LIMIT ${limit}::int)`)
      return rows.map((row) => ({
        visitor: BigInt(row.visitor),
        fromMs: row.from_at?.getTime(),
        ...(row.undone_id !== null && { undoneId: row.undone_id }),
      }))
    },
    /** Says that the warehouse has what these bindings said when `version` was the newest. */
    async markApplied(bindings: readonly UnappliedBinding[], version: number): Promise<void> {
      const now = clock.now()
      const bound = bindings.filter((one) => one.fromMs !== undefined)
      await pg.execute(sql`
        UPDATE visitor_binding AS b SET applied_at = ${now}::timestamptz
        FROM unnest(${bound.map((one) => String(one.visitor))}::text[],
          ${bound.map((one) => new Date(one.fromMs ?? 0))}::timestamptz[]) AS i(visitor, from_at)
        WHERE b.visitor = i.visitor AND b.from_at = i.from_at AND b.version <= ${version}::bigint`)
      const undone = bindings.flatMap((one) => one.undoneId ?? [])
      if (undone.length > 0)
        await pg.execute(sql`
          UPDATE visitor_binding_undone AS u SET applied_at = ${now}::timestamptz
          WHERE u.undone_id = ANY(${undone}::bigint[]) AND u.version <= ${version}::bigint`)
    },
  }
}
