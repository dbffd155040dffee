import { failureText } from '#features/tags/server/failure-text.ts'
import { type Prepared, publish, type TagRefresher } from '#features/tags/server/refresh-tags.ts'
import {
  keepChanges,
  keepFailure,
  keepRefresh,
  metered,
  readMeter,
} from '#features/tags/server/tag-outcome.ts'
import {
  beginStep,
  type Cost,
  endStep,
  type RunRow,
  type StepRow,
} from '#features/tags/server/tag-run-store.ts'
import { type EngineRow, loadTags } from '#features/tags/server/tag-work.ts'
import {
  type createTagUpdater,
  type PreparedChanges,
  publishChanges,
} from '#features/tags/server/update-tags.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Result =
  | { full: Prepared; cost: Cost }
  | { changes: PreparedChanges; cost: Cost }
  | { keys: string[]; error: unknown }

export type StepDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  refresher: TagRefresher
  updater: ReturnType<typeof createTagUpdater>
}

/** How often a step under way says how far it is. */
const tellEveryMs = 1000

/** Computes one step of a run: everything of it is shown, and told, in one transaction with its end. */
export function createTagSteps(deps: StepDeps) {
  const { pg, ch, clock, refresher, updater } = deps

  async function compute(mode: StepRow['mode'], rows: readonly EngineRow[], at: Date): Promise<Result> {
    if (mode === 'full') {
      const { result, cost } = await metered(ch, () => refresher.prepare(rows, at))
      return { full: result, cost }
    }
    const { result, cost } = await metered(ch, () => updater.prepareChanges(rows, at))
    return { changes: result, cost }
  }

  /** Computes a group; where that fails, each of it alone, so that one bad tag stops no other. */
  async function computeAll(mode: StepRow['mode'], rows: readonly EngineRow[], at: Date): Promise<Result[]> {
    try {
      return rows.length > 0 ? [await compute(mode, rows, at)] : []
    } catch (error) {
      if (rows.length === 1) return [{ keys: rows.map(({ key }) => key), error }]
      const results: Result[] = []
      for (const row of rows) results.push(...(await computeAll(mode, [row], at)))
      return results
    }
  }

  async function show(tx: PgRunner, run: RunRow, step: StepRow, result: Result): Promise<string[]> {
    const runId = run.run_id
    if ('error' in result) {
      const { keys, error } = result
      await keepFailure(tx, keys, { error, mode: step.mode, runId, now: clock.now() })
      return keys
    }
    if ('full' in result) {
      const shown = await publish(tx, clock, result.full)
      await keepRefresh(tx, result.full, { shown, cost: result.cost, runId })
    } else {
      const shown = await publishChanges(tx, clock, result.changes)
      await keepChanges(tx, result.changes, { shown, cost: result.cost, runId })
    }
    return []
  }

  /** Says every second what has been read, while the work goes on. */
  async function told<T>(step: StepRow, work: () => Promise<T>): Promise<T> {
    const [before, started] = [await readMeter(ch), performance.now()]
    let last: Promise<unknown> = Promise.resolve()
    const tell = async () => {
      const now = await readMeter(ch)
      await pg.execute(sql`
        UPDATE tag_run_step SET rows_read = ${now.rowsRead - before.rowsRead}::bigint,
          bytes_read = ${now.bytesRead - before.bytesRead}::bigint,
          duration_ms = ${Math.round(performance.now() - started)}::bigint
        WHERE run_id = ${step.run_id} AND step = ${step.step} AND state = 'running'`)
    }
    const timer = setInterval(() => {
      last = last.then(tell).catch(() => undefined)
    }, tellEveryMs).unref()
    try {
      return await work()
    } finally {
      clearInterval(timer)
      await last
    }
  }

  /** Does one step; gives the keys that failed. */
  return async function runStep(run: RunRow, step: StepRow): Promise<string[]> {
    const at = await beginStep(pg, step, clock.now())
    const { result: results, cost } = await metered(ch, () =>
      told(step, async () => computeAll(step.mode, await loadTags(pg, step.keys), at)),
    )
    return pg.transaction(async (tx) => {
      const going = await tx.first<{ state: string }>(
        sql`SELECT r.state FROM tag_run AS r WHERE r.run_id = ${run.run_id} FOR SHARE`,
      )
      if (going?.state !== 'running') return []
      const failed: string[] = []
      for (const result of results) failed.push(...(await show(tx, run, step, result)))
      const error = results.flatMap((one) => ('error' in one ? [failureText(one.error)] : []))[0]
      const end = {
        state: error ? 'failed' : 'done',
        cost,
        now: clock.now(),
        ...(error ? { error } : {}),
      } as const
      // Ended by somebody else meanwhile: nothing of this one counts.
      if ((await endStep(tx, step, end)) === 0) throw new Error('The step has ended already')
      return failed
    })
  }
}
