import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Logger, type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import type { Job } from '#platform/common/http.ts'
import { jobError } from '#platform/common/job-errors.ts'
import { sql } from '#platform/common/sql.ts'
import { createJobPresence } from '#platform/server/job-presence.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What a running job may do: tell how far it is (0 to 1). */
export type JobContext = { jobId: string; progress(fraction: number): Promise<void> }
/** Who enqueues what runs on a schedule. */
const scheduler = 'schedule'
/** Ended jobs are kept this long. */
const keepDays = 30

export type JobHandler = (input: never, context: JobContext) => Promise<unknown>

type JobRow = {
  job_id: string
  kind: string
  state: Job['state']
  progress: number
  input: unknown
  result: unknown
  error: { code: string; detail: string } | null
  created_by: string
  created_at: Date
  ended_at: Date | null
}

export type Jobs = ReturnType<typeof createJobs>

/** Jobs one process runs at once. */
const workers = 2
const beatMs = 5000

const quietLogger = (log: (error: unknown, message: string) => void) =>
  new Logger(() => (level, message, meta) => {
    if (level === 'error') log((meta as { error?: unknown } | undefined)?.error ?? message, message)
  })

/**
 * Long work with a record that people and programs can watch. The record and its queue entry are written in the caller's
 * transaction; a job cut off by a crash runs again from its start, so handlers are idempotent.
 */
export function createJobs(deps: {
  pg: Postgres
  clock: Clock
  log: (error: unknown, message: string) => void
}) {
  const { pg, clock } = deps
  const presence = createJobPresence({ pg })
  const handlers = new Map<string, JobHandler>()
  const schedules: { kind: string; everyMs: number; input: unknown }[] = []
  let runner: Runner | undefined
  let timers: NodeJS.Timeout[] = []

  async function runJob(jobId: string): Promise<void> {
    const job = await pg.first<JobRow>(sql`
      UPDATE job SET state = 'running', started_at = coalesce(started_at, ${clock.now()}::timestamptz)
      WHERE job_id = ${jobId} AND state IN ('queued', 'running') RETURNING *`)
    if (!job) return
    const handler = handlers.get(job.kind)
    try {
      if (!handler) throw jobError('JOB_KIND_UNKNOWN', { kind: job.kind })
      const result = await handler(job.input as never, {
        jobId,
        progress: async (fraction) => {
          await pg.execute(
            sql`UPDATE job SET progress = ${Math.min(1, Math.max(0, fraction))} WHERE job_id = ${jobId}`,
          )
        },
      })
      if (job.created_by === scheduler) {
        // What the schedule does every few seconds is no record worth keeping; its failures are.
        await pg.execute(sql`DELETE FROM job WHERE job_id = ${jobId}`)
        return
      }
      await pg.execute(sql`
        UPDATE job SET state = 'done', progress = 1, result = ${JSON.stringify(result ?? null)}::jsonb,
          ended_at = ${clock.now()}::timestamptz WHERE job_id = ${jobId}`)
    } catch (error) {
      if (!(error instanceof AppError)) deps.log(error, `job ${job.kind} failed`)
      const reason =
        error instanceof AppError
          ? { code: error.code, detail: error.message }
          : { code: 'INTERNAL', detail: 'Something failed here. It has been logged.' }
      await pg.execute(sql`
        UPDATE job SET state = 'failed', error = ${JSON.stringify(reason)}::jsonb, ended_at = ${clock.now()}::timestamptz
        WHERE job_id = ${jobId}`)
    }
  }

  return {
    /** Names what does the work of a kind. */
    define(kind: string, handler: JobHandler): void {
      handlers.set(kind, handler)
    },
    /** Enqueues the kind every so often while this process works. */
    every(kind: string, everyMs: number, input: unknown = {}): void {
      schedules.push({ kind, everyMs, input })
    },
    /** Puts a job in the queue; with a key, a job of that key that still waits is taken instead of a second one. */
    async enqueue(
      kind: string,
      input: unknown,
      by: string,
      options: { key?: string; tx?: PgRunner } = {},
    ): Promise<string> {
      const tx = options.tx ?? pg
      if (options.key) {
        const waiting = await tx.first<{ job_id: string }>(sql`
          SELECT j.job_id FROM job AS j WHERE j.kind = ${kind} AND j.state = 'queued' AND j.input->>'jobKey' = ${options.key}`)
        if (waiting) return waiting.job_id
      }
      const jobId = randomUUID()
      const stored = options.key ? { ...(input as object), jobKey: options.key } : input
      await tx.execute(sql`
        INSERT INTO job (job_id, kind, state, input, created_by, created_at)
        VALUES (${jobId}, ${kind}, 'queued', ${JSON.stringify(stored)}::jsonb, ${by}, ${clock.now()}::timestamptz)`)
      await tx.execute(
        sql`SELECT graphile_worker.add_job('zhike_job', json_build_object('jobId', ${jobId}::text))`,
      )
      return jobId
    },
    async get(jobId: string): Promise<Job> {
      const job = await pg.first<JobRow>(sql`SELECT * FROM job AS j WHERE j.job_id = ${jobId}`)
      if (!job) throw jobError('JOB_NOT_FOUND', { jobId })
      return describeJob(job)
    },
    /** The job as it is once ended, or after that many seconds. */
    async wait(jobId: string, seconds: number): Promise<Job> {
      const until = Date.now() + seconds * 1000
      for (;;) {
        const job = await this.get(jobId)
        if (job.state === 'done' || job.state === 'failed' || Date.now() >= until) return job
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    /** Runs one job now, in this process: for commands and tests that have no worker. */
    runJob,
    /** Prepares the queue's own tables. */
    async migrate(): Promise<void> {
      const { runMigrations } = await import('graphile-worker')
      await runMigrations({ pgPool: pg.pool })
    },
    /** Starts working on the queue and the schedules. */
    async start(): Promise<void> {
      await presence.beat()
      await pg.execute(sql`
        DELETE FROM job WHERE ended_at < ${clock.now()}::timestamptz - make_interval(days => ${keepDays}::int)`)
      const taskList: TaskList = {
        zhike_job: async (payload) => runJob((payload as { jobId: string }).jobId),
      }
      const events: WorkerEvents = new EventEmitter()
      // Jobs are locked in the name of the pool.
      events.on('pool:create', ({ workerPool }) => {
        presence.hold(workerPool.id).catch((error) => deps.log(error, 'the queue of jobs cannot be reached'))
      })
      runner = await run({
        ...{
          pgPool: pg.pool,
          concurrency: workers,
          noHandleSignals: true,
          pollInterval: 500,
          taskList,
          events,
        },
        logger: quietLogger(deps.log),
      })
      timers = schedules.map(({ kind, everyMs, input }) =>
        setInterval(() => {
          if (!presence.isLeader()) return
          this.enqueue(kind, input, scheduler, { key: `schedule:${kind}` }).catch((error) =>
            deps.log(error, `cannot schedule ${kind}`),
          )
        }, everyMs),
      )
      timers.push(
        setInterval(() => {
          presence.beat().catch((error) => deps.log(error, 'the queue of jobs cannot be reached'))
        }, beatMs),
      )
    },
    async stop(): Promise<void> {
      for (const timer of timers) clearInterval(timer)
      timers = []
      await runner?.stop()
      runner = undefined
      presence.stop()
    },
  }
}

function describeJob(job: JobRow): Job {
  return {
    jobId: job.job_id,
    kind: job.kind,
    state: job.state,
    progress: job.progress,
    ...(job.result === null ? {} : { result: job.result }),
    ...(job.error === null ? {} : { error: job.error }),
    createdAt: job.created_at.toISOString(),
    endedAt: job.ended_at?.toISOString() ?? null,
  }
}
