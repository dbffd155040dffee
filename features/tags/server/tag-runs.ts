import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { Rules } from '#features/rules/server/index.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import type { RunMode, StartRun, TagRunQuery } from '#features/tags/common/tag-run.ts'
import { tagRunError } from '#features/tags/common/tag-run-errors.ts'
import { failureText } from '#features/tags/server/failure-text.ts'
import { inputsOf, kindOf } from '#features/tags/server/tag-kinds.ts'
import { keepFailure } from '#features/tags/server/tag-outcome.ts'
import { withRunLock } from '#features/tags/server/tag-run-lock.ts'
import { planSteps } from '#features/tags/server/tag-run-plan.ts'
import * as store from '#features/tags/server/tag-run-store.ts'
import { createTagSteps, type StepDeps } from '#features/tags/server/tag-steps.ts'
import { type EngineRow, loadTags } from '#features/tags/server/tag-work.ts'
import { allowsIncremental, hasCalendarMoved } from '#features/tags/server/touched-customers.ts'
import { countRecent } from '#features/tags/server/update-tags.ts'
import type { Caller } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type RunDeps = StepDeps & {
  timeZone: string
  rules: Rules
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'enqueue'>
}
export type RunResult = { runId: string; state: string; tags: number; failed: string[] }

/** What the schedule starts is computed from everything at least this often. */
const fullEveryDays = 7
/** Changes beyond this share of a tag's customers, and at least so many, become part of its base. */
const compactShare = 0.1
const compactLeast = 1000
/** Tags copied in one statement. */
const compactTogether = 20
const waitMs = 200
export const scheduledBy = 'schedule'

/** Runs over many tags: planned into shared scans, done step by step, taken up again where they were cut off. */
export function createTagRuns(deps: RunDeps) {
  const { pg, ch, clock, timeZone, rules, refresher, audit, jobs } = deps
  const runStep = createTagSteps(deps)
  jobs.define('tag.run', ({ runId }: { runId: number }, context) => finish(runId, context.progress))

  /** Keys of tags a tag is computed from, those inside segments included. */
  async function usedBy(row: EngineRow): Promise<string[]> {
    const { tags, segments } = await inputsOf(row.source, { pg })
    const inside = await Promise.all(segments.map((segment) => rules.tagsUsed({ segment })))
    return [...new Set([...tags, ...inside.flat()])]
  }

  function modeOf(run: store.RunRow, row: EngineRow): RunMode {
    const now = clock.now()
    const { refresh_id, stored_through, computed_at, full_at, source } = row
    if (run.mode === 'full' || refresh_id === null || !stored_through || !computed_at) return 'full'
    if (!allowsIncremental(source) || hasCalendarMoved(source, computed_at, now, timeZone)) return 'full'
    const isOld = now.getTime() - (full_at?.getTime() ?? 0) >= fullEveryDays * 86_400_000
    return run.started_by === scheduledBy && isOld ? 'full' : 'incremental'
  }

  async function plan(run: store.RunRow): Promise<void> {
    const asked = run.asked ?? (await allKeys(pg))
    const rows = await loadTags(pg, asked)
    const used = new Map<string, string[]>()
    for (const row of rows) used.set(row.key, await usedBy(row))
    const customers = await ch.first<{ n: string }>(sql`SELECT count() AS n FROM customer`, { lane: 'jobs' })
    const { steps, cyclic } = planSteps({
      rows,
      usedBy: (row) => used.get(row.key) ?? [],
      groupOf: (row) => kindOf(row.source).group(row.source),
      modeOf: (row) => modeOf(run, row as EngineRow),
      customers: Number(customers?.n ?? 0),
    })
    await pg.transaction(async (tx) => {
      const named = steps.map(({ level, name, mode, rows: of }) => ({
        level,
        name,
        mode,
        keys: of.map(({ key }) => key),
      }))
      await store.insertSteps(tx, run.run_id, named)
      for (const key of cyclic) {
        const failure = {
          error: tagError('TAG_CYCLE', { key }),
          mode: 'full',
          runId: run.run_id,
          now: clock.now(),
        } as const
        await keepFailure(tx, [key], failure)
      }
    })
  }

  async function compact(run: store.RunRow): Promise<void> {
    const steps = await store.listSteps(pg, run.run_id)
    const rows = await loadTags(
      pg,
      steps.flatMap(({ keys }) => keys),
    )
    const recent = await countRecent(ch, rows)
    const large = rows.filter((row) => {
      const changes = recent.get(row.key) ?? 0
      return changes >= compactLeast && changes > compactShare * (row.coverage ?? 0)
    })
    for (let from = 0; from < large.length; from += compactTogether)
      await refresher.compact(large.slice(from, from + compactTogether))
  }

  /** Does what is left of a run, under the lock of runs. */
  async function work(runId: number, progress: (share: number) => Promise<void>): Promise<void> {
    if ((await store.takeUp(pg, runId, clock.now())) === 0) return
    const run = await store.findRun(pg, runId)
    if (!run) return
    try {
      if (run.attempts === 1 || (await store.listSteps(pg, runId)).length === 0) await plan(run)
    } catch (error) {
      await store.endRun(pg, runId, { state: 'failed', now: clock.now(), error: failureText(error) })
      throw error
    }
    const steps = await store.listSteps(pg, runId)
    for (const [index, step] of steps.entries()) {
      if (step.state === 'done' || step.state === 'failed') continue
      if ((await store.findRun(pg, runId))?.state !== 'running') return
      await runStep(run, step)
      await progress((index + 1) / steps.length)
    }
    await compact(run)
    await store.endRun(pg, runId, { state: 'done', now: clock.now() })
  }

  /** Does all open runs, the oldest first, up to and with the one given. */
  async function drain(until: number, progress: (share: number) => Promise<void>): Promise<void> {
    for (const run of await store.openRuns(pg)) {
      if (run.run_id > until) return
      await work(run.run_id, run.run_id === until ? progress : async () => undefined)
    }
  }

  const resultOf = async (runId: number): Promise<RunResult> => {
    const run = await store.findRun(pg, runId)
    const failed = await pg.query<{ key: string }>(sql`
      SELECT DISTINCT c.key FROM tag_computation AS c WHERE c.run_id = ${runId} AND c.state = 'failed' ORDER BY c.key`)
    return {
      runId: String(runId),
      state: run?.state ?? 'failed',
      tags: run?.tag_count ?? 0,
      failed: failed.map(({ key }) => key),
    }
  }

  /** Does a run, or waits for the process that does runs at the moment. */
  async function finish(
    runId: number,
    progress: (share: number) => Promise<void> = async () => undefined,
  ): Promise<RunResult> {
    for (;;) {
      const done = await withRunLock(pg, async () => {
        await drain(runId, progress)
        return true
      })
      const run = await store.findRun(pg, runId)
      if (done || (run?.state !== 'queued' && run?.state !== 'running')) return resultOf(runId)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  async function get(runId: string) {
    const run = await store.describeRun(pg, Number(runId))
    if (!run) throw tagRunError('TAG_RUN_NOT_FOUND', { runId })
    return run
  }

  return {
    finish,
    get,
    list: (query: z.output<typeof TagRunQuery>) => store.listRuns(pg, query),

    /** Puts a run in the queue. */
    async start(caller: Caller, input: StartRun): Promise<{ jobId: string; runId: string }> {
      const asked = 'tags' in input ? [...new Set(input.tags)] : null
      if (asked) {
        const known = new Set((await loadTags(pg, asked)).map(({ key }) => key))
        const unknown = asked.find((key) => !known.has(key))
        if (unknown !== undefined) throw tagError('TAG_NOT_FOUND', { key: unknown })
      }
      return pg.transaction(async (tx) => {
        const runId = await store.insertRun(tx, {
          mode: input.mode,
          by: caller.username,
          asked,
          now: clock.now(),
        })
        const jobId = await jobs.enqueue('tag.run', { runId }, caller.username, { tx })
        await tx.execute(sql`UPDATE tag_run SET job_id = ${jobId} WHERE run_id = ${runId}`)
        await record(tx, caller, 'tag.run.start', runId, { mode: input.mode, tags: asked?.length ?? null })
        return { jobId, runId: String(runId) }
      })
    },

    /** No further step begins; what the one under way computes is not shown. */
    async cancel(caller: Caller, runId: string) {
      await get(runId)
      await pg.transaction(async (tx) => {
        const moved = await tx.execute(sql`
          UPDATE tag_run SET state = 'cancelled', cancelled_by = ${caller.username}, ended_at = ${clock.now()}::timestamptz
          WHERE run_id = ${runId} AND state IN ('queued', 'running')`)
        if (moved === 0) throw tagRunError('TAG_RUN_ENDED', { runId })
        await record(tx, caller, 'tag.run.cancel', Number(runId), {})
      })
      return get(runId)
    },

    /** Computes these tags in this process, as the schedule does. */
    async runNow(by: string, mode: RunMode, keys: readonly string[]): Promise<RunResult> {
      const runId = await store.insertRun(pg, { mode, by, asked: keys, now: clock.now() })
      return finish(runId)
    },

    /** Takes up what a process that is no more has left open. */
    async resume(): Promise<void> {
      const open = await store.openRuns(pg)
      const last = open.at(-1)
      if (last) await withRunLock(pg, () => drain(last.run_id, async () => undefined))
    },
  }

  function record(tx: PgRunner, caller: Caller, action: string, runId: number, after: object) {
    return audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'tag_run',
      objectId: String(runId),
      after,
    })
  }
}
export type TagRuns = ReturnType<typeof createTagRuns>

async function allKeys(pg: PgRunner): Promise<string[]> {
  const rows = await pg.query<{ key: string }>(
    sql`SELECT t.key FROM tag AS t WHERE t.state = 'active' ORDER BY t.key`,
  )
  return rows.map(({ key }) => key)
}
