import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Removes the members of refreshes before the last but one, which whoever is reading may still need: all segments at once. */
export async function cleanRefreshes({
  pg,
  ch,
}: {
  pg: Postgres
  ch: ClickHouse
}): Promise<{ segments: number }> {
  const rows = await pg.query<{ segment: string; floor: number }>(sql`
    SELECT r.segment, r.refresh_id AS floor FROM (
      SELECT h.segment, h.refresh_id, row_number() OVER (PARTITION BY h.segment ORDER BY h.refresh_id DESC) AS nth,
        count(*) OVER (PARTITION BY h.segment) AS refreshes
      FROM segment_refresh AS h WHERE h.state = 'done') AS r
    WHERE r.nth = 2 AND r.refreshes > 2`)
  if (rows.length === 0) return { segments: 0 }
  const keys = typed(
    'Array(String)',
    rows.map((row) => row.segment),
  )
  const floors = typed(
    'Array(UInt64)',
    rows.map((row) => row.floor),
  )
  const isOld = sql`segment IN ${keys} AND refresh_id < arrayElement(${floors}, indexOf(${keys}, segment))`
  const jobs = { lane: 'jobs' } as const
  for (const table of [sql`segment_member`, sql`segment_recent`]) {
    const found = await ch.first<{ old: string }>(
      sql`SELECT count() AS old FROM ${table} WHERE ${isOld}`,
      jobs,
    )
    if (Number(found?.old ?? 0) > 0) await ch.command(sql`ALTER TABLE ${table} DELETE WHERE ${isOld}`, jobs)
  }
  return { segments: rows.length }
}
