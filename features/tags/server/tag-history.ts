import type { RunMode, Summary, TagHistory } from '#features/tags/common/tag-run.ts'
import type { Cost } from '#features/tags/server/tag-run-store.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type Computation = {
  key: string
  runId: number | null
  mode: RunMode
  at: Date
  refreshId: number | null
  state: 'done' | 'superseded' | 'failed'
  cost: Cost
  coverage: number | null
  changed: number | null
  distribution: Summary | null
  psi: number | null
  error: string | null
}

/** Keeps what computing tags gave and cost. */
export async function insertComputations(tx: PgRunner, all: readonly Computation[]): Promise<void> {
  const columns = [
    ...['key', 'run_id', 'mode', 'at', 'refresh_id', 'state', 'duration_ms', 'rows_read', 'bytes_read'],
    ...['coverage', 'changed', 'distribution', 'psi', 'error'],
  ]
  await tx.copyIn(
    'tag_computation',
    columns,
    all.map((one) => [
      ...[one.key, one.runId, one.mode, one.at, one.refreshId, one.state],
      ...[one.cost.durationMs, one.cost.rowsRead, one.cost.bytesRead, one.coverage, one.changed],
      ...[one.distribution, one.psi, one.error],
    ]),
  )
}

type Row = {
  at: Date
  run_id: number | null
  mode: RunMode
  state: Computation['state']
  coverage: number | null
  changed: number | null
  duration_ms: number
  rows_read: number
  bytes_read: number
  distribution: Summary | null
  psi: number | null
  error: string | null
}

const costOf = (row: { duration_ms: number; rows_read: number; bytes_read: number }): Cost => ({
  rowsRead: Math.round(row.rows_read),
  bytesRead: Math.round(row.bytes_read),
  durationMs: Math.round(row.duration_ms * 100) / 100,
})

/** The last hundred computations of a tag, and what thirty days of them cost. */
export async function readHistory(pg: PgRunner, key: string, now: Date): Promise<TagHistory> {
  const [rows, sum] = await Promise.all([
    pg.query<Row>(sql`
      SELECT c.* FROM tag_computation AS c WHERE c.key = ${key} ORDER BY c.at DESC, c.computation_id DESC LIMIT 100`),
    pg.first<{ duration_ms: number; rows_read: number; bytes_read: number }>(sql`
      SELECT coalesce(sum(c.duration_ms), 0) AS duration_ms, coalesce(sum(c.rows_read), 0) AS rows_read,
        coalesce(sum(c.bytes_read), 0) AS bytes_read
      FROM tag_computation AS c WHERE c.key = ${key} AND c.at > ${now}::timestamptz - interval '30 days'`),
  ])
  const [last] = rows.filter((row) => row.state !== 'failed')
  return {
    items: rows.map((row) => ({
      at: row.at.toISOString(),
      runId: row.run_id === null ? null : String(row.run_id),
      mode: row.mode,
      state: row.state,
      coverage: row.coverage,
      changed: row.changed,
      ...costOf(row),
      distribution: row.distribution,
      psi: row.psi,
      error: row.error,
    })),
    lastCost: last ? costOf(last) : null,
    cost30Days: costOf(sum ?? { duration_ms: 0, rows_read: 0, bytes_read: 0 }),
  }
}
