import type { Proof } from '#features/ingest/server/spool-record.ts'
import { bindVisitor, type Interval, type ProvenMoment } from '#features/ingest/server/visitor-intervals.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type BindingRow = { visitor: string; customer_id: number; from_at: Date; to_at: Date | null; proof: Proof }
export type UnappliedBinding = { visitor: bigint; fromMs: number }

/** Visitors remembered with their intervals, mostly none at all. */
const mostRemembered = 300_000
const roundSize = 20_000

const none: readonly Interval[] = []
const intervalOf = (row: BindingRow): Interval => ({
  customerId: row.customer_id,
  fromMs: row.from_at.getTime(),
  toMs: row.to_at?.getTime(),
  proof: row.proof,
})

function group(rows: readonly BindingRow[]): Map<bigint, Interval[]> {
  const grouped = new Map<bigint, Interval[]>()
  for (const row of rows) {
    const visitor = BigInt(row.visitor)
    const list = grouped.get(visitor)
    if (list) list.push(intervalOf(row))
    else grouped.set(visitor, [intervalOf(row)])
  }
  return grouped
}

export type BindingStore = ReturnType<typeof createBindingStore>

/** Whose a device was when. One loader writes here, so what it remembers stays true. */
export function createBindingStore({ pg, clock }: { pg: Postgres; clock: Clock }) {
  const remembered = new Map<bigint, readonly Interval[]>()

  const read = (runner: PgRunner, visitors: readonly bigint[]) =>
    runner.query<BindingRow>(sql`
      SELECT b.visitor, b.customer_id, b.from_at, b.to_at, b.proof FROM visitor_binding AS b
      WHERE b.visitor = ANY(${visitors.map(String)}::text[]) ORDER BY b.visitor, b.from_at`)

  async function remember(visitors: readonly bigint[]): Promise<void> {
    for (let at = 0; at < visitors.length; at += roundSize) {
      const some = visitors.slice(at, at + roundSize)
      const found = group(await read(pg, some))
      for (const visitor of some) remembered.set(visitor, found.get(visitor) ?? none)
    }
  }

  /** Intervals of each visitor, in order of time. */
  async function intervalsOf(visitors: ReadonlySet<bigint>): Promise<Map<bigint, readonly Interval[]>> {
    if (remembered.size + visitors.size > mostRemembered) remembered.clear()
    await remember([...visitors].filter((visitor) => !remembered.has(visitor)))
    return new Map([...visitors].map((visitor) => [visitor, remembered.get(visitor) ?? none]))
  }

  type Change = { visitor: bigint; interval: Interval }

  async function write(ended: readonly Change[], added: readonly Change[]): Promise<void> {
    const visitorsOf = (changes: readonly Change[]) => changes.map((change) => String(change.visitor))
    const fromsOf = (changes: readonly Change[]) => changes.map((change) => new Date(change.interval.fromMs))
    const tosOf = (changes: readonly Change[]) =>
      changes.map(({ interval: { toMs } }) => (toMs === undefined ? null : new Date(toMs)))
    await pg.transaction(async (tx) => {
      if (ended.length > 0)
        await tx.execute(sql`
          UPDATE visitor_binding AS b SET to_at = i.to_at
          FROM unnest(${visitorsOf(ended)}::text[], ${fromsOf(ended)}::timestamptz[], ${tosOf(ended)}::timestamptz[])
            AS i(visitor, from_at, to_at)
          WHERE b.visitor = i.visitor AND b.from_at = i.from_at`)
      await tx.execute(sql`
        INSERT INTO visitor_binding (visitor, customer_id, from_at, to_at, proof)
        SELECT * FROM unnest(${visitorsOf(added)}::text[], ${added.map((one) => one.interval.customerId)}::bigint[],
          ${fromsOf(added)}::timestamptz[], ${tosOf(added)}::timestamptz[],
          ${added.map((one) => one.interval.proof)}::text[])`)
    })
  }

  return {
    intervalsOf,
    /** Writes down what the proofs, in their order, say about their visitors; gives how many bindings are new. */
    async bind(proofs: readonly { visitor: bigint; moment: ProvenMoment }[]): Promise<number> {
      const before = await intervalsOf(new Set(proofs.map((proof) => proof.visitor)))
      const after = new Map(before)
      for (const { visitor, moment } of proofs)
        after.set(visitor, bindVisitor(after.get(visitor) ?? none, moment))
      const ended: Change[] = []
      const added: Change[] = []
      for (const [visitor, intervals] of after) {
        const old = before.get(visitor) ?? none
        if (old === intervals) continue
        for (const interval of intervals) {
          const known = old.find((one) => one.fromMs === interval.fromMs)
          if (!known) added.push({ visitor, interval })
          else if (known.toMs !== interval.toMs) ended.push({ visitor, interval })
        }
      }
      if (added.length === 0) return 0
      // Until the transaction has told how it ended, nothing about these visitors is known.
      for (const { visitor } of added) remembered.delete(visitor)
      await write(ended, added)
      return added.length
    },
    /** Bindings whose visitor's earlier rows have not been copied yet. */
    async listUnapplied(limit: number): Promise<UnappliedBinding[]> {
      const rows = await pg.query<{ visitor: string; from_at: Date }>(sql`
        SELECT b.visitor, b.from_at FROM visitor_binding AS b WHERE b.applied_at IS NULL
        ORDER BY b.from_at, b.visitor LIMIT ${limit}`)
      return rows.map((row) => ({ visitor: BigInt(row.visitor), fromMs: row.from_at.getTime() }))
    },
    async markApplied(bindings: readonly UnappliedBinding[]): Promise<void> {
      await pg.execute(sql`
        UPDATE visitor_binding AS b SET applied_at = ${clock.now()}::timestamptz
        FROM unnest(${bindings.map((one) => String(one.visitor))}::text[],
          ${bindings.map((one) => new Date(one.fromMs))}::timestamptz[]) AS i(visitor, from_at)
        WHERE b.visitor = i.visitor AND b.from_at = i.from_at`)
    },
  }
}
