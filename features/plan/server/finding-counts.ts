import type { PlanFinding } from '#features/plan/common/compile-plan.ts'
import type { FindingCounts, FindingsQuery } from '#features/plan/common/plan.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const flushMs = 3000
/** Different things counted between two flushes; beyond, only how many a source had. */
const mostCounters = 2000
/** Rows a day and source; event names come from outside, so beyond that they are counted together. */
const mostRowsADay = 1000
const keptDays = 90

type Counter = { source: string; event: string; code: string; path: string; count: number }

const clean = (text: string, longest: number): string =>
  text.slice(0, longest).replaceAll('\0', '').toWellFormed()

/**
 * Counts findings in memory and adds them to PostgreSQL every few seconds, in one statement. Approximate on purpose: a
 * killed process loses what it had not written, a day ends where it is written, and an unknown event beyond the bound has no name.
 */
export function createFindingCounts(deps: {
  pg: Postgres
  clock: Clock
  timeZone: string
  onError: (error: unknown) => void
}) {
  const { pg, clock, timeZone, onError } = deps
  let counters = new Map<string, Counter>()
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let cleanedOn = ''

  function add(to: Map<string, Counter>, one: Counter): void {
    const isFull = to.size >= mostCounters
    const key = `${one.source}\0${one.event}\0${one.code}\0${one.path}`
    const found = to.get(key)
    if (found) found.count += one.count
    else if (!isFull || one.event === '') to.set(key, one)
    else add(to, { ...one, event: '', path: '' })
  }

  async function write(): Promise<void> {
    const batch = counters
    if (batch.size === 0) return
    counters = new Map()
    const now = clock.now()
    const day = bankDay(now, timeZone)
    try {
      await upsert(pg, [...batch.values()], day, now)
    } catch (error) {
      // What could not be written waits, within the same bound.
      for (const counter of batch.values()) add(counters, counter)
      throw error
    }
    if (cleanedOn === day) return
    cleanedOn = day
    await pg.execute(sql`DELETE FROM plan_finding_count WHERE day < ${day}::date - ${keptDays}::int`)
  }
  async function flush(): Promise<void> {
    await writing?.catch(() => {})
    writing ??= write().finally(() => {
      writing = undefined
    })
    await writing
  }

  return {
    /** Counts what is wrong with one message. */
    note(source: string, event: string, findings: readonly PlanFinding[], count = 1): void {
      for (const { code, path } of findings) {
        add(counters, {
          source: clean(source, 64),
          event: clean(event, 200),
          code,
          path: clean(path, 220),
          count,
        })
      }
    },
    flush,
    start(): void {
      timer ??= setInterval(() => {
        if (!writing) flush().catch(onError)
      }, flushMs).unref()
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      timer = undefined
      await flush().catch(onError)
    },
    list: (query: FindingsQuery) => listCounts(pg, query, bankDay(clock.now(), timeZone)),
  }
}

/** Adds counters; names beyond the bound of a day and source are counted together. Sorted, so that processes don't lock each other. */
const upsert = (pg: Postgres, counters: readonly Counter[], day: string, now: Date): Promise<number> =>
  pg.execute(sql`
    WITH sent AS (
      SELECT s.* FROM jsonb_to_recordset(${JSON.stringify(counters)}::jsonb)
        AS s(source text, event text, code text, path text, count bigint)
    ), counted AS (
      SELECT s.source, s.code, s.count,
        s.event = '' OR EXISTS (SELECT 1 FROM plan_finding_count AS f WHERE f.day = ${day}::date AND f.source = s.source
          AND f.event = s.event AND f.code = s.code AND f.path = s.path)
        OR row_number() OVER (PARTITION BY s.source ORDER BY s.count DESC) + (SELECT count(*) FROM plan_finding_count AS f
          WHERE f.day = ${day}::date AND f.source = s.source) <= ${mostRowsADay}::int AS is_named,
        s.event, s.path
      FROM sent AS s
    )
    INSERT INTO plan_finding_count AS f (day, source, event, code, path, count, last_at)
    SELECT ${day}::date, c.source, CASE WHEN c.is_named THEN c.event ELSE '' END,
      c.code, CASE WHEN c.is_named THEN c.path ELSE '' END, sum(c.count), ${now}::timestamptz
    FROM counted AS c GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (day, source, event, code, path) DO UPDATE SET count = f.count + excluded.count,
      last_at = greatest(f.last_at, excluded.last_at)`)

const mostListed = 2000

async function listCounts(
  pg: Postgres,
  query: FindingsQuery,
  today: string,
): Promise<FindingCounts['items']> {
  const rows = await pg.query<FindingCounts['items'][number] & { last_at: Date }>(sql`
    SELECT f.day, f.source, f.event, f.code, f.path, f.count, f.last_at FROM plan_finding_count AS f
    WHERE f.day > ${today}::date - ${query.days}::int
      AND (${query.source ?? null}::text IS NULL OR f.source = ${query.source ?? null})
      AND (${query.event ?? null}::text IS NULL OR f.event = ${query.event ?? null})
    ORDER BY f.day DESC, f.count DESC, f.source, f.event, f.code, f.path LIMIT ${mostListed}`)
  return rows.map(({ last_at, ...row }) => ({ ...row, lastAt: last_at.toISOString() }))
}
