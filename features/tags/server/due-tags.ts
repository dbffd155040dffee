import type { TagAlerts } from '#features/tags/server/tag-alerts.ts'
import { scheduledBy, type TagRuns } from '#features/tags/server/tag-runs.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A reader that found an older refresh is long done by then. */
const keepOldMinutes = 30
/** Runs and what computations cost are kept this long. */
const keepRunDays = 400

/** Scheduled work: computing what is due, telling what is late, removing values nobody reads any more. */
export function createDueTags(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  runs: TagRuns
  alerts: TagAlerts
}) {
  const { pg, ch, clock, runs, alerts } = deps

  /** Keys of tags that are due and in no run that is still open. */
  async function dueKeys(): Promise<string[]> {
    const rows = await pg.query<{ key: string }>(sql`
      SELECT t.key FROM tag AS t
      WHERE t.state = 'active' AND t.refresh_every_minutes IS NOT NULL
        AND (t.expires_at IS NULL OR t.expires_at > ${clock.now()}::timestamptz)
        AND (t.last_attempt_at IS NULL
          OR t.last_attempt_at + make_interval(mins => t.refresh_every_minutes) <= ${clock.now()}::timestamptz)
        AND NOT EXISTS (
          SELECT 1 FROM tag_run_step AS s JOIN tag_run AS r USING (run_id)
          WHERE r.state IN ('queued', 'running') AND s.state IN ('waiting', 'running') AND t.key = ANY(s.keys))
      ORDER BY t.key`)
    return rows.map(({ key }) => key)
  }

  return {
    async refreshDue(): Promise<{ refreshed: number; failed: string[] }> {
      await runs.resume()
      const keys = await dueKeys()
      const result = keys.length
        ? await runs.runNow(scheduledBy, 'incremental', keys)
        : { tags: 0, failed: [] }
      await alerts.checkStale()
      return { refreshed: keys.length - result.failed.length, failed: result.failed }
    },

    /** Removes what was replaced a while ago, and everything of tags that are gone. */
    async clean(): Promise<{ tags: number }> {
      const now = clock.now()
      const before = new Date(now.getTime() - keepOldMinutes * 60_000)
      const current = await pg.query<{ key: string; refresh_id: number }>(sql`
        SELECT t.key, CASE WHEN t.state = 'active' THEN t.refresh_id ELSE (SELECT last_value + 1 FROM refresh_id) END AS refresh_id
        FROM tag AS t
        WHERE (t.state = 'active' AND t.refresh_id IS NOT NULL AND coalesce(t.published_at, t.refreshed_at) < ${before}::timestamptz)
          OR (t.state = 'retired' AND t.updated_at < ${before}::timestamptz)`)
      await pg.execute(sql`
        DELETE FROM tag_run WHERE ended_at < ${now}::timestamptz - make_interval(days => ${keepRunDays}::int)`)
      await pg.execute(sql`
        DELETE FROM tag_computation WHERE at < ${now}::timestamptz - make_interval(days => ${keepRunDays}::int)`)
      const stale = await withOldValues(current)
      if (stale.length > 0) await remove(stale)
      return { tags: stale.length }
    },
  }

  async function withOldValues(current: readonly { key: string; refresh_id: number }[]) {
    const rows = await ch.query<{ tag: string; oldest: string }>(
      sql`SELECT a.tag AS tag, min(a.refresh_id) AS oldest FROM (
          SELECT DISTINCT v.tag AS tag, v.refresh_id AS refresh_id FROM tag_value AS v
          UNION ALL SELECT DISTINCT r.tag, r.refresh_id FROM tag_recent AS r) AS a GROUP BY a.tag`,
      { lane: 'jobs' },
    )
    const oldest = new Map(rows.map((row) => [row.tag, Number(row.oldest)]))
    return current.filter((row) => (oldest.get(row.key) ?? Infinity) < row.refresh_id)
  }

  async function remove(stale: readonly { key: string; refresh_id: number }[]): Promise<void> {
    const keys = typed(
      'Array(String)',
      stale.map((row) => row.key),
    )
    const floors = typed(
      'Array(UInt64)',
      stale.map((row) => row.refresh_id),
    )
    const isOld = sql`tag IN ${keys} AND refresh_id < arrayElement(${floors}, indexOf(${keys}, tag))`
    const options = { lane: 'jobs', settings: { mutations_sync: 1 } } as const
    await ch.command(sql`ALTER TABLE tag_value DELETE WHERE ${isOld}`, options)
    await ch.command(sql`ALTER TABLE tag_bitmap DELETE WHERE ${isOld}`, options)
    await ch.command(sql`ALTER TABLE tag_recent DELETE WHERE ${isOld}`, options)
  }
}
