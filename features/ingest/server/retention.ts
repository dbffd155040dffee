import type { Audit } from '#features/audit/server/index.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import {
  type ChangeRetention,
  type Retention,
  type RetentionClass,
  type RetentionRule,
  retentionClasses,
} from '#features/ingest/common/retention.ts'
import { monthsBefore } from '#features/ingest/server/retention-cutoff.ts'
import { createPurge } from '#features/ingest/server/retention-purge.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { JobContext, Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const nightlyActor = 'retention'
const lookEveryMs = 3_600_000
const firstHour = 2

type RuleRow = {
  class: RetentionClass
  months: number
  is_on: boolean
  changed_by: string | null
  changed_at: Date | null
}
type RunRow = {
  class: RetentionClass
  day: string
  partitions: number
  rows: string
  bytes: string
  started_by: string
  ended_at: Date
}
export type PurgeResult = { class: RetentionClass; partitions: number; rows: number; bytes: number }

const bankHour = (moment: Date, timeZone: string): number =>
  Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(moment))

const describeRun = (row: RunRow): RetentionRule['lastRun'] => ({
  day: row.day,
  partitions: row.partitions,
  rows: Number(row.rows),
  bytes: Number(row.bytes),
  startedBy: row.started_by,
  endedAt: row.ended_at.toISOString(),
})

/** How long each class of data is kept; every night whole partitions older than a rule that is on are removed. */
export function createRetention(deps: {
  pg: Postgres
  ch: ClickHouse
  audit: Audit
  clock: Clock
  jobs: Jobs
  timeZone: string
}) {
  const { pg, audit, clock, jobs, timeZone } = deps
  const purge = createPurge(deps)

  const listRules = () => pg.query<RuleRow>(sql`SELECT r.* FROM retention_rule AS r`)

  async function remove(rule: RuleRow, startedBy: string, progress: (share: number) => Promise<void>) {
    const cutoff = monthsBefore(clock.now(), rule.months)
    await purge.resume(rule.class, cutoff)
    const { going } = await purge.plan(rule.class, cutoff)
    const result: PurgeResult = { class: rule.class, partitions: 0, rows: 0, bytes: 0 }
    for (const { partition, rows, bytes } of going) {
      await purge.drop(rule.class, partition, cutoff)
      result.partitions += 1
      result.rows += rows
      result.bytes += bytes
      await progress(result.partitions / going.length)
    }
    await pg.transaction(async (tx) => {
      if (rule.class === 'reject')
        await tx.execute(sql`DELETE FROM reject_state WHERE received_at < ${cutoff}::timestamptz`)
      const day = bankDay(clock.now(), timeZone)
      await tx.execute(sql`
        INSERT INTO retention_run (class, bank_day, partitions, rows, bytes, started_by, ended_at)
        VALUES (${rule.class}, ${day}::date, ${result.partitions}, ${result.rows}, ${result.bytes}, ${startedBy},
          ${clock.now()}::timestamptz)`)
      if (result.partitions > 0)
        await audit.record(tx, {
          actor: startedBy,
          action: 'retention.purge',
          objectType: 'retention',
          objectId: rule.class,
          after: {
            ...result,
            cutoffAt: cutoff.toISOString(),
            partitions: going.map(({ partition }) => partition),
          },
        })
    })
    return result
  }

  /** Two purges of a class side by side would take each other's partitions. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    const client = await pg.pool.connect()
    try {
      await client.query(`SELECT pg_advisory_lock(hashtext('retention'))`)
      return await work()
    } finally {
      await client.query(`SELECT pg_advisory_unlock(hashtext('retention'))`).catch(() => undefined)
      client.release()
    }
  }

  async function isDoneToday(name: RetentionClass): Promise<boolean> {
    const day = bankDay(clock.now(), timeZone)
    const row = await pg.first(
      sql`SELECT 1 AS done FROM retention_run AS r WHERE r.class = ${name} AND r.bank_day = ${day}::date LIMIT 1`,
    )
    return row !== undefined
  }

  async function runNight(progress: (share: number) => Promise<void>): Promise<PurgeResult[]> {
    if (bankHour(clock.now(), timeZone) < firstHour) return []
    const results: PurgeResult[] = []
    for (const rule of await listRules())
      if (rule.is_on && !(await isDoneToday(rule.class)))
        results.push(await remove(rule, nightlyActor, progress))
    return results
  }

  async function findRule(name: RetentionClass): Promise<RuleRow> {
    const rule = (await listRules()).find((each) => each.class === name)
    if (!rule) throw new Error(`retention_rule has no row for ${name}`)
    return rule
  }

  jobs.define('retention', (input: { class?: RetentionClass; actor?: string }, context: JobContext) =>
    alone(async () => {
      if (!input.class) return runNight(context.progress)
      return remove(await findRule(input.class), input.actor ?? nightlyActor, context.progress)
    }),
  )
  jobs.every('retention', lookEveryMs)

  async function describe(rule: RuleRow, now: Date): Promise<RetentionRule> {
    const cutoff = monthsBefore(now, rule.months)
    const [plan, run] = await Promise.all([
      purge.plan(rule.class, cutoff),
      pg.first<RunRow>(sql`
        SELECT r.class, r.bank_day::text AS day, r.partitions, r.rows, r.bytes, r.started_by, r.ended_at
        FROM retention_run AS r WHERE r.class = ${rule.class} ORDER BY r.run_id DESC LIMIT 1`),
    ])
    return {
      class: rule.class,
      months: rule.months,
      isOn: rule.is_on,
      changedBy: rule.changed_by,
      changedAt: rule.changed_at?.toISOString() ?? null,
      cutoffAt: cutoff.toISOString(),
      partitions: plan.going,
      held: plan.held,
      totalRows: plan.totalRows,
      totalBytes: plan.totalBytes,
      lastRun: run ? describeRun(run) : null,
    }
  }

  return {
    async list(): Promise<Retention> {
      const now = clock.now()
      const rules = new Map((await listRules()).map((rule) => [rule.class, rule]))
      const items: RetentionRule[] = []
      for (const name of retentionClasses) {
        const rule = rules.get(name)
        if (rule) items.push(await describe(rule, now))
      }
      return { asOf: now.toISOString(), items }
    },
    async change(actor: string, name: RetentionClass, input: ChangeRetention): Promise<void> {
      const { months, isOn, reason } = input
      await pg.transaction(async (tx) => {
        const before = await tx.first<RuleRow>(
          sql`SELECT r.* FROM retention_rule AS r WHERE r.class = ${name} FOR UPDATE`,
        )
        await tx.execute(sql`
          UPDATE retention_rule SET months = ${months}, is_on = ${isOn}, changed_by = ${actor},
            changed_at = ${clock.now()}::timestamptz WHERE class = ${name}`)
        await audit.record(tx, {
          actor,
          action: 'retention.change',
          objectType: 'retention',
          objectId: name,
          before: { months: before?.months, isOn: before?.is_on },
          after: { months, isOn },
          reason,
        })
      })
    },
    /** Removes now, as a job, what the night would. */
    async purgeNow(actor: string, name: RetentionClass, reason: string): Promise<string> {
      if (!(await findRule(name)).is_on) throw ingestError('RETENTION_OFF', {})
      return pg.transaction(async (tx) => {
        const jobId = await jobs.enqueue('retention', { class: name, actor }, actor, { tx })
        const what = { actor, action: 'retention.purge.start', objectType: 'retention', objectId: name }
        await audit.record(tx, { ...what, after: { jobId }, reason })
        return jobId
      })
    },
  }
}
