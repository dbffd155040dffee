import { populationShift } from '#features/tags/common/population-shift.ts'
import { failureText } from '#features/tags/server/failure-text.ts'
import type { Prepared } from '#features/tags/server/refresh-tags.ts'
import { closeAlerts, findingsOf, openAlerts, usualCoverage } from '#features/tags/server/tag-alerts.ts'
import { type Computation, insertComputations } from '#features/tags/server/tag-history.ts'
import { weightOf } from '#features/tags/server/tag-run-plan.ts'
import type { Cost } from '#features/tags/server/tag-run-store.ts'
import { lastSummaries } from '#features/tags/server/tag-summary.ts'
import type { EngineRow } from '#features/tags/server/tag-work.ts'
import type { PreparedChanges } from '#features/tags/server/update-tags.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Each tag's share of what a scan cost, by how much it asks of it. */
function sharesOf(rows: readonly EngineRow[], cost: Cost): Map<string, Cost> {
  const all = rows.reduce((sum, row) => sum + weightOf(row), 0)
  return new Map(
    rows.map((row) => {
      const share = weightOf(row) / all
      return [
        row.key,
        {
          rowsRead: cost.rowsRead * share,
          bytesRead: cost.bytesRead * share,
          durationMs: cost.durationMs * share,
        },
      ]
    }),
  )
}

const noCost: Cost = { rowsRead: 0, bytesRead: 0, durationMs: 0 }

/** What is kept of a full computation: coverage, distribution and how far it moved, cost, alerts. */
export async function keepRefresh(
  tx: PgRunner,
  prepared: Prepared,
  outcome: { shown: ReadonlySet<string>; cost: Cost; runId: number | null },
): Promise<void> {
  const { works, written, summaries, now } = prepared
  const keys = works.map(({ row }) => row.key)
  const [before, usual] = [await lastSummaries(tx, keys), await usualCoverage(tx, keys)]
  const shares = sharesOf(
    works.map(({ row }) => row),
    outcome.cost,
  )
  const computations = works.map(({ row: { key }, refreshId }): Computation => {
    const [summary, last] = [summaries.get(key) ?? null, before.get(key)?.summary]
    const isComparable = summary && last && summary.kind === last.kind && summary.kind !== 'none'
    const isShown = outcome.shown.has(key)
    return {
      ...{ key, runId: outcome.runId, mode: 'full', at: now, refreshId },
      state: isShown ? 'done' : 'superseded',
      cost: shares.get(key) ?? noCost,
      coverage: written.get(key)?.coverage ?? 0,
      changed: written.get(key)?.changed ?? 0,
      distribution: summary,
      psi: isComparable ? populationShift(last.counts, alignCounts(summary, last)) : null,
      error: null,
    }
  })
  await insertComputations(tx, computations)
  const shown = works.filter(({ row }) => outcome.shown.has(row.key))
  const psiOf = new Map(computations.map((one) => [one.key, one.psi]))
  const findings = shown.flatMap(({ row }) => {
    const { coverage = 0, hasBitmaps = true } = written.get(row.key) ?? {}
    return findingsOf(row, {
      ...{ coverage, hasBitmaps },
      usual: usual.get(row.key),
      psi: psiOf.get(row.key) ?? null,
    })
  })
  const found = (kind: string) => new Set(findings.filter((one) => one.kind === kind).map((one) => one.key))
  const keysShown = shown.map(({ row }) => row.key)
  await closeAlerts(tx, keysShown, ['failed', 'stale'], now)
  for (const kind of ['coverage', 'drift', 'bitmaps'] as const) {
    const still = found(kind)
    await closeAlerts(
      tx,
      keysShown.filter((key) => !still.has(key)),
      [kind],
      now,
    )
  }
  await openAlerts(tx, findings, now)
}

/** Counts in the order of the labels before: a value first seen now belongs to the rest of then. */
function alignCounts(
  now: { kind: string; labels: string[]; counts: number[] },
  before: { labels: string[] },
): number[] {
  if (now.kind === 'bounds') return now.counts
  const named = before.labels.slice(0, -1)
  const aligned = named.map((label) => now.counts[now.labels.indexOf(label)] ?? 0)
  const all = now.counts.reduce((sum, count) => sum + count, 0)
  return [...aligned, all - aligned.reduce((sum, count) => sum + count, 0)]
}

/** What is kept of an incremental computation. */
export async function keepChanges(
  tx: PgRunner,
  prepared: PreparedChanges,
  outcome: { shown: ReadonlySet<string>; cost: Cost; runId: number | null },
): Promise<void> {
  const { rows, counts, now } = prepared
  const shares = sharesOf(rows, outcome.cost)
  await insertComputations(
    tx,
    rows.map((row) => {
      const { changed = 0, gained = 0 } = counts.get(row.key) ?? {}
      return {
        ...{ key: row.key, runId: outcome.runId, mode: 'incremental', at: now, refreshId: row.refresh_id },
        state: outcome.shown.has(row.key) ? 'done' : 'superseded',
        cost: shares.get(row.key) ?? noCost,
        coverage: (row.coverage ?? 0) + gained,
        ...{ changed, distribution: null, psi: null, error: null },
      }
    }),
  )
  await closeAlerts(tx, [...outcome.shown], ['failed', 'stale'], now)
}

/** What is kept of tags that could not be computed: why, and an alert. */
export async function keepFailure(
  tx: PgRunner,
  keys: readonly string[],
  failure: { error: unknown; mode: 'full' | 'incremental'; runId: number | null; now: Date },
): Promise<void> {
  const text = failureText(failure.error)
  await tx.execute(sql`UPDATE tag SET last_error = ${text} WHERE key = ANY(${keys}::text[])`)
  const known = await tx.query<{ key: string }>(
    sql`SELECT t.key FROM tag AS t WHERE t.key = ANY(${keys}::text[])`,
  )
  await insertComputations(
    tx,
    known.map(({ key }) => ({
      ...{ key, runId: failure.runId, mode: failure.mode, at: failure.now, refreshId: null, state: 'failed' },
      ...{ cost: noCost, coverage: null, changed: null, distribution: null, psi: null, error: text },
    })),
  )
  await openAlerts(
    tx,
    known.map(({ key }) => ({ key, kind: 'failed', severity: 'serious', detail: { error: text } })),
    failure.now,
  )
}

/**
 * Reads what the engine has read so far, over all shards. What other queries read at the same moment is in it as well:
 * the embedded engine keeps no account of single queries.
 */
export async function readMeter(ch: ClickHouse): Promise<{ rowsRead: number; bytesRead: number }> {
  const rows = await ch.onEachShard((shard) =>
    shard.first<{ rows: string; bytes: string }>(
      sql`
        SELECT sumIf(e.value, e.event = 'SelectedRows') AS rows, sumIf(e.value, e.event = 'SelectedBytes') AS bytes
        FROM system.events AS e`,
      { lane: 'jobs' },
    ),
  )
  const sum = (field: 'rows' | 'bytes') => rows.reduce((total, row) => total + Number(row?.[field] ?? 0), 0)
  return { rowsRead: sum('rows'), bytesRead: sum('bytes') }
}

/** Does work and tells what it cost. */
export async function metered<T>(ch: ClickHouse, work: () => Promise<T>): Promise<{ result: T; cost: Cost }> {
  const [before, started] = [await readMeter(ch), performance.now()]
  const result = await work()
  const [after, durationMs] = [await readMeter(ch), performance.now() - started]
  return {
    result,
    cost: {
      rowsRead: after.rowsRead - before.rowsRead,
      bytesRead: after.bytesRead - before.bytesRead,
      durationMs,
    },
  }
}
