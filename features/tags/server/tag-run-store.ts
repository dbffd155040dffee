import type { z } from 'zod'
import type { RunMode, TagRun, TagRunDetail, TagRunQuery } from '#features/tags/common/tag-run.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type RunRow = {
  run_id: number
  mode: RunMode
  state: TagRun['state']
  started_by: string
  asked: string[] | null
  job_id: string | null
  tag_count: number
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
  attempts: number
  cancelled_by: string | null
  error: string | null
}

export type StepRow = {
  run_id: number
  step: number
  level: number
  name: string
  mode: RunMode
  keys: string[]
  state: 'waiting' | 'running' | 'done' | 'failed'
  rows_read: number
  bytes_read: number
  duration_ms: number
  started_at: Date | null
  error: string | null
}

/** What the engine did for something. */
export type Cost = { rowsRead: number; bytesRead: number; durationMs: number }

export async function insertRun(
  tx: PgRunner,
  run: { mode: RunMode; by: string; asked: readonly string[] | null; now: Date },
): Promise<number> {
  const row = await tx.first<{ run_id: number }>(sql`
    INSERT INTO tag_run (mode, state, started_by, asked, created_at)
    VALUES (${run.mode}, 'queued', ${run.by}, ${run.asked}::text[], ${run.now}::timestamptz) RETURNING run_id`)
  return Number(row?.run_id)
}

export const findRun = (pg: PgRunner, runId: number): Promise<RunRow | undefined> =>
  pg.first<RunRow>(sql`SELECT r.* FROM tag_run AS r WHERE r.run_id = ${runId}`)

export const openRuns = (pg: PgRunner): Promise<RunRow[]> =>
  pg.query<RunRow>(sql`SELECT r.* FROM tag_run AS r WHERE r.state IN ('queued', 'running') ORDER BY r.run_id`)

/** Takes a run up, again after a crash. */
export const takeUp = (pg: PgRunner, runId: number, now: Date): Promise<number> =>
  pg.execute(sql`
    UPDATE tag_run SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, ${now}::timestamptz)
    WHERE run_id = ${runId} AND state IN ('queued', 'running')`)

export const endRun = (
  pg: PgRunner,
  runId: number,
  end: { state: 'done' | 'failed'; now: Date; error?: string },
): Promise<number> =>
  pg.execute(sql`
    UPDATE tag_run SET state = ${end.state}, ended_at = ${end.now}::timestamptz, error = ${end.error ?? null}
    WHERE run_id = ${runId} AND state = 'running'`)

export const listSteps = (pg: PgRunner, runId: number): Promise<StepRow[]> =>
  pg.query<StepRow>(sql`SELECT s.* FROM tag_run_step AS s WHERE s.run_id = ${runId} ORDER BY s.step`)

export async function insertSteps(
  tx: PgRunner,
  runId: number,
  steps: readonly { level: number; name: string; mode: RunMode; keys: readonly string[] }[],
): Promise<void> {
  for (const [step, { level, name, mode, keys }] of steps.entries())
    await tx.execute(sql`
      INSERT INTO tag_run_step (run_id, step, level, name, mode, keys)
      VALUES (${runId}, ${step}, ${level}, ${name.slice(0, 200)}, ${mode}, ${keys}::text[])`)
  const count = steps.reduce((sum, { keys }) => sum + keys.length, 0)
  await tx.execute(sql`UPDATE tag_run SET tag_count = tag_count + ${count} WHERE run_id = ${runId}`)
}

/** Begins a step; the moment stays that of its first try, so that history written twice is written once. */
export async function beginStep(pg: PgRunner, { run_id, step }: StepRow, now: Date): Promise<Date> {
  const row = await pg.first<{ started_at: Date }>(sql`
    UPDATE tag_run_step SET state = 'running', started_at = coalesce(started_at, ${now}::timestamptz)
    WHERE run_id = ${run_id} AND step = ${step} RETURNING started_at`)
  return row?.started_at ?? now
}

export const endStep = (
  tx: PgRunner,
  { run_id, step }: StepRow,
  end: { state: 'done' | 'failed'; cost: Cost; now: Date; error?: string },
): Promise<number> =>
  tx.execute(sql`
    UPDATE tag_run_step SET state = ${end.state}, rows_read = ${Math.round(end.cost.rowsRead)}::bigint,
      bytes_read = ${Math.round(end.cost.bytesRead)}::bigint, duration_ms = ${Math.round(end.cost.durationMs)}::bigint,
      ended_at = ${end.now}::timestamptz, error = ${end.error ?? null}
    WHERE run_id = ${run_id} AND step = ${step} AND state = 'running'`)

type Summed = RunRow & {
  steps: number
  steps_done: number
  steps_failed: number
  rows_read: number
  bytes_read: number
  duration_ms: number
}

const describe = (row: Summed): TagRun => ({
  runId: String(row.run_id),
  mode: row.mode,
  state: row.state,
  startedBy: row.started_by,
  tags: row.tag_count,
  steps: Number(row.steps),
  stepsDone: Number(row.steps_done),
  stepsFailed: Number(row.steps_failed),
  rowsRead: Number(row.rows_read),
  bytesRead: Number(row.bytes_read),
  durationMs: Number(row.duration_ms),
  createdAt: row.created_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
  attempts: row.attempts,
  error: row.error,
})

const summed = (where: Sql): Sql => sql`
  SELECT r.*, s.* FROM tag_run AS r
  CROSS JOIN LATERAL (
    SELECT count(*) AS steps, count(*) FILTER (WHERE x.state IN ('done', 'failed')) AS steps_done,
      count(*) FILTER (WHERE x.state = 'failed') AS steps_failed, coalesce(sum(x.rows_read), 0)::float8 AS rows_read,
      coalesce(sum(x.bytes_read), 0)::float8 AS bytes_read, coalesce(sum(x.duration_ms), 0)::float8 AS duration_ms
    FROM tag_run_step AS x WHERE x.run_id = r.run_id) AS s
  WHERE ${where}`

/** Runs, the newest first. */
export async function listRuns(pg: PgRunner, { limit, cursor, state }: z.output<typeof TagRunQuery>) {
  const after = decodeCursor(cursor, 1)
  const rows = await pg.query<Summed>(sql`
    ${summed(sql`(${state ?? null}::text IS NULL OR r.state = ${state ?? null})
      AND (${after?.[0] ?? null}::bigint IS NULL OR r.run_id < ${after?.[0] ?? null}::bigint)`)}
    ORDER BY r.run_id DESC LIMIT ${limit + 1}`)
  return toPage(rows, limit, (row) => [String(row.run_id)], describe)
}

type ComputationRow = {
  key: string
  mode: RunMode
  state: 'done' | 'superseded' | 'failed'
  rows_read: number
  bytes_read: number
  duration_ms: number
  coverage: number | null
  changed: number | null
  error: string | null
}

const costOf = (row: { rows_read: number; bytes_read: number; duration_ms: number }): Cost => ({
  rowsRead: Math.round(Number(row.rows_read)),
  bytesRead: Math.round(Number(row.bytes_read)),
  durationMs: Math.round(Number(row.duration_ms) * 100) / 100,
})

export async function describeRun(pg: PgRunner, runId: number): Promise<TagRunDetail | undefined> {
  const run = await pg.first<Summed>(summed(sql`r.run_id = ${runId}`))
  if (!run) return undefined
  const [steps, tags] = await Promise.all([
    listSteps(pg, runId),
    pg.query<ComputationRow>(sql`
      SELECT c.* FROM tag_computation AS c WHERE c.run_id = ${runId}
      ORDER BY c.duration_ms DESC, c.key, c.computation_id LIMIT 1000`),
  ])
  return {
    ...describe(run),
    stepList: steps.map((step) => ({
      step: step.step,
      level: step.level,
      name: step.name,
      mode: step.mode,
      state: step.state,
      tags: step.keys.length,
      ...costOf(step),
      error: step.error,
    })),
    tagList: tags.map((row) => ({
      key: row.key,
      mode: row.mode,
      state: row.state,
      ...costOf(row),
      coverage: row.coverage,
      changed: row.changed,
      error: row.error,
    })),
  }
}
