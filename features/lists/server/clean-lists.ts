import type { Clock } from '#platform/common/clock.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A reader that found an older version is long done by then; rejects can be downloaded until the version is replaced. */
const keepMinutes = 30
const forgetUploadHours = 24

/** Removes members and lines of versions that were replaced a while ago, and of uploads that never ended. */
export async function cleanLists(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
}): Promise<{ lists: number }> {
  const { pg, ch, clock } = deps
  const ago = (ms: number) => new Date(clock.now().getTime() - ms)
  await pg.execute(sql`
    UPDATE list_upload SET state = 'failed', ended_at = ${clock.now()}::timestamptz
    WHERE state = 'receiving' AND uploaded_at < ${ago(forgetUploadHours * 3_600_000)}::timestamptz`)
  const lists = await pg.query<{ key: string; below: number }>(sql`
    SELECT l.key, CASE WHEN l.state = 'active' THEN l.version ELSE 2147483647 END AS below FROM customer_list AS l
    WHERE l.updated_at < ${ago(keepMinutes * 60_000)}::timestamptz AND EXISTS (
      SELECT FROM list_upload AS u WHERE u.list_key = l.key AND u.state IN ('done', 'failed')
        AND (u.version < l.version OR l.state <> 'active'))`)
  if (lists.length === 0) return { lists: 0 }
  const keys = lists.map(({ key }) => key)
  const below = lists.map(({ below: version }) => version)
  await pg.execute(sql`
    DELETE FROM list_line AS l USING unnest(${keys}::text[], ${below}::int[]) AS o (key, below)
    WHERE l.list_key = o.key AND l.version < o.below
      AND NOT EXISTS (SELECT FROM list_upload AS u WHERE u.list_key = l.list_key AND u.version = l.version AND u.state IN ('receiving', 'queued'))`)
  const old = lists.map(
    (one) => sql`(list = ${typed('String', one.key)} AND version < ${typed('UInt32', one.below)})`,
  )
  const found = await ch.first<{ n: string }>(
    sql`SELECT count() AS n FROM list_member WHERE ${joinSql(old, sql` OR `)}`,
    { lane: 'jobs' },
  )
  if (Number(found?.n ?? 0) > 0) {
    const options = { lane: 'jobs', settings: { mutations_sync: 1 } } as const
    await ch.command(sql`ALTER TABLE list_member DELETE WHERE ${joinSql(old, sql` OR `)}`, options)
  }
  return { lists: lists.length }
}
