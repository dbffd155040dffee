import type { Audit } from '#features/audit/server/index.ts'
import { nextIdentityVersion } from '#features/customers/server/index.ts'
import { readVisitors } from '#features/ingest/server/binding-rows.ts'
import { type Interval, unbindVisitor } from '#features/ingest/server/visitor-intervals.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type UndoInput = {
  actor: string
  customerId: number
  customerNo: string
  orgId: number
  visitor: bigint
  /** Only the binding that began then. */
  sinceMs: number | undefined
  reason: string
}

/** The numbers counted under a customer, itself with them. */
async function numbersOf(tx: PgRunner, customerId: number): Promise<Set<number>> {
  const rows = await tx.query<{ customer_id: number }>(
    sql`SELECT h.customer_id FROM customer_home AS h WHERE h.home_id = ${customerId}::bigint`,
  )
  return new Set([customerId, ...rows.map((row) => row.customer_id)])
}

async function keepUndone(
  tx: PgRunner,
  input: UndoInput,
  wrong: readonly Interval[],
  version: number,
  now: Date,
) {
  await tx.execute(sql`
    INSERT INTO visitor_binding_undone (visitor, customer_id, from_at, to_at, kind, proof, undone_at, undone_by, reason, version)
    SELECT b.visitor, b.customer_id, b.from_at, b.to_at, b.kind, b.proof, ${now}::timestamptz, ${input.actor},
      ${input.reason}, ${version}::bigint
    FROM visitor_binding AS b WHERE b.visitor = ${String(input.visitor)}
      AND b.from_at = ANY(${wrong.map((one) => new Date(one.fromMs))}::timestamptz[])`)
}

/** Rows that are no longer there go; those that end otherwise are applied again. */
async function writeLeft(tx: PgRunner, visitor: bigint, left: readonly Interval[], version: number) {
  const froms = left.map((one) => new Date(one.fromMs))
  const tos = left.map((one) => (one.toMs === undefined ? null : new Date(one.toMs)))
  await tx.execute(sql`
    DELETE FROM visitor_binding AS b
    WHERE b.visitor = ${String(visitor)} AND b.from_at <> ALL(${froms}::timestamptz[])`)
  await tx.execute(sql`
    UPDATE visitor_binding AS b SET to_at = i.to_at, version = ${version}::bigint, applied_at = NULL
    FROM unnest(${froms}::timestamptz[], ${tos}::timestamptz[]) AS i(from_at, to_at)
    WHERE b.visitor = ${String(visitor)} AND b.from_at = i.from_at AND b.to_at IS DISTINCT FROM i.to_at`)
}

/** Takes a wrong binding back: the intervals become what they would be had it never been proven. */
export function createUndo(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  async function undo(tx: PgRunner, input: UndoInput): Promise<number> {
    const version = await nextIdentityVersion(tx)
    const { customerId, customerNo, visitor, sinceMs, actor, reason, orgId } = input
    const numbers = await numbersOf(tx, customerId)
    const state = (await readVisitors(tx, [visitor])).get(visitor)
    const wrong = (state?.intervals ?? []).filter(
      (one) => numbers.has(one.customerId) && (sinceMs === undefined || one.fromMs === sinceMs),
    )
    if (!state || wrong.length === 0) return 0
    const left = wrong.reduce((all, one) => unbindVisitor(all, one.fromMs), state.intervals)
    await keepUndone(tx, input, wrong, version, deps.clock.now())
    await writeLeft(tx, visitor, left, version)
    await deps.audit.record(tx, {
      ...{ actor, action: 'binding.undo', objectType: 'customer', objectId: customerNo, orgId, reason },
      before: { visitor: String(visitor), since: wrong.map((one) => new Date(one.fromMs).toISOString()) },
    })
    return wrong.length
  }

  /** Gives how many bindings were undone: none when there was nothing to undo any more. */
  return (input: UndoInput): Promise<number> => deps.pg.transaction((tx) => undo(tx, input))
}
