import type { Interval, IntervalProof, UndoneRange } from '#features/ingest/server/visitor-intervals.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type Row = {
  visitor: string
  customer_id: number | null
  from_at: Date
  to_at: Date | null
  proof: IntervalProof
  undone_at: Date | null
}

/** What is known of a visitor: whose it was when, and what was undone. */
export type VisitorState = { intervals: readonly Interval[]; undone: readonly UndoneRange[] }

export const unknownVisitor: VisitorState = { intervals: [], undone: [] }

const roundSize = 20_000

/** What was undone proves nothing from its beginning until its end, or, still open, until it was undone. */
const undoneOf = ({ customer_id, from_at, to_at, undone_at }: Row): UndoneRange => {
  const undoneMs = undone_at?.getTime() ?? 0
  const toMs = Math.min(to_at?.getTime() ?? undoneMs, Math.max(undoneMs, from_at.getTime() + 1))
  return { customerId: customer_id ?? 0, fromMs: from_at.getTime(), toMs }
}

const intervalOf = (row: Row): Interval => ({
  customerId: row.customer_id ?? 0,
  fromMs: row.from_at.getTime(),
  toMs: row.to_at?.getTime(),
  proof: row.proof,
})

function group(rows: readonly Row[]): Map<bigint, { intervals: Interval[]; undone: UndoneRange[] }> {
  const grouped = new Map<bigint, { intervals: Interval[]; undone: UndoneRange[] }>()
  for (const row of rows) {
    const visitor = BigInt(row.visitor)
    const state = grouped.get(visitor) ?? { intervals: [], undone: [] }
    grouped.set(visitor, state)
    if (row.undone_at) state.undone.push(undoneOf(row))
    else state.intervals.push(intervalOf(row))
  }
  return grouped
}

/** Reads what is known of visitors, thousands at once; those nothing is known of are left out. */
export async function readVisitors(
  runner: PgRunner,
  visitors: readonly bigint[],
): Promise<Map<bigint, VisitorState>> {
  const found = new Map<bigint, VisitorState>()
  for (let at = 0; at < visitors.length; at += roundSize) {
    const some = visitors.slice(at, at + roundSize).map(String)
    const rows = await runner.query<Row>(sql`
      SELECT b.visitor, b.customer_id, b.from_at, b.to_at, b.proof, NULL::timestamptz AS undone_at
      FROM visitor_binding AS b WHERE b.visitor = ANY(${some}::text[])
      UNION ALL
      SELECT u.visitor, u.customer_id, u.from_at, u.to_at, u.proof, u.undone_at
      FROM visitor_binding_undone AS u WHERE u.visitor = ANY(${some}::text[])
      ORDER BY 1, 3`)
    for (const [visitor, state] of group(rows)) found.set(visitor, state)
  }
  return found
}
