import type { Rules } from '#features/rules/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const jobs = { lane: 'jobs' } as const

/** Writes the members of a segment as bitmaps and publishes them by moving `segment.refresh_id`. */
export function createSegmentRefresh(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; rules: Rules }) {
  const { pg, ch, clock, rules } = deps

  async function refresh(key: string) {
    const row = await findSegment(pg, key)
    if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
    const next = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
    const refreshId = next?.id ?? 0
    const now = clock.now()
    const refreshed = sql`s.segment = ${typed('String', key)} AND s.refresh_id = ${typed('UInt64', refreshId)}`
    const bitmaps = await rules.memberBitmapsSql(scopeOfEveryone, row.rule)
    const insert = sql`
      INSERT INTO segment_member (segment, refresh_id, chunk, members)
      SELECT ${typed('String', key)}, ${typed('UInt64', refreshId)}, m.chunk, m.members FROM (${bitmaps}) AS m`
    await ch.onEachShard((shard) => shard.command(insert, jobs), { writes: true })
    const counted = await ch.first<{ members: string }>(
      sql`SELECT groupBitmapMerge(s.members) AS members FROM segment_member AS s WHERE ${refreshed}`,
      jobs,
    )
    const memberCount = Number(counted?.members ?? 0)
    const published = await pg.execute(sql`
      UPDATE segment SET refresh_id = ${refreshId}, refreshed_at = ${now}::timestamptz, member_count = ${memberCount},
        last_error = NULL
      WHERE key = ${key} AND version = ${row.version} AND (refresh_id IS NULL OR refresh_id < ${refreshId})`)
    // The refresh before stays for whoever is reading it.
    const keep = row.refresh_id ?? 0
    await ch.command(
      sql`ALTER TABLE segment_member DELETE WHERE segment = ${typed('String', key)} AND refresh_id < ${typed('UInt64', keep)}`,
      jobs,
    )
    return { key, memberCount, isCurrent: published > 0 }
  }

  return async (key: string) => {
    try {
      return await refresh(key)
    } catch (error) {
      const reason =
        error instanceof AppError
          ? `${error.code}: ${error.message}`
          : 'INTERNAL: Something failed here. It has been logged.'
      await pg.execute(sql`UPDATE segment SET last_error = ${reason} WHERE key = ${key}`)
      throw error
    }
  }
}
