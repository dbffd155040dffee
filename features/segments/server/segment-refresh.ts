import type { Rules } from '#features/rules/server/index.ts'
import { getSegment } from '#features/segments/server/segment-store.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export const refreshJob = 'segment.refresh'

type Deps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  jobs: Pick<Jobs, 'define' | 'enqueue'>
  rules: Pick<Rules, 'memberBitmapsSql'>
}

/** Computes the members of the whole bank and publishes them at once; a failure leaves the members before and says why. */
export function createSegmentRefresh(deps: Deps) {
  const { pg, ch, clock, jobs, rules } = deps

  async function compute(key: string): Promise<{ members: number }> {
    const { rule, version } = await getSegment(pg, key)
    const next = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
    const refreshId = next?.id ?? 0
    const of = sql`s.segment = ${typed('String', key)} AND s.refresh_id = ${typed('UInt64', refreshId)}`
    const bitmaps = await rules.memberBitmapsSql(scopeOfEveryone, rule)
    await ch.command(
      sql`
      INSERT INTO segment_member (segment, refresh_id, chunk, members)
      SELECT ${typed('String', key)}, ${typed('UInt64', refreshId)}, m.chunk, m.members FROM (${bitmaps}) AS m`,
      { lane: 'jobs' },
    )
    const counted = await ch.first<{ members: string }>(
      sql`SELECT sum(bitmapCardinality(s.members)) AS members FROM segment_member AS s FINAL WHERE ${of}`,
    )
    const members = Number(counted?.members ?? 0)
    // A definition changed meanwhile keeps its own state: these members are of the one before.
    await pg.execute(sql`
      UPDATE segment SET refresh_id = ${refreshId}, refreshed_at = ${clock.now()}::timestamptz, member_count = ${members}, last_error = NULL
      WHERE key = ${key} AND version = ${version}`)
    await ch.command(
      sql`
      DELETE FROM segment_member WHERE segment = ${typed('String', key)} AND refresh_id < ${typed('UInt64', refreshId)}`,
      { lane: 'jobs' },
    )
    return { members }
  }

  jobs.define(refreshJob, async ({ key }: { key: string }) => {
    try {
      return await compute(key)
    } catch (error) {
      const reason = error instanceof AppError ? `${error.code}: ${error.message}` : 'INTERNAL'
      await pg.execute(sql`UPDATE segment SET last_error = ${reason} WHERE key = ${key}`)
      throw error
    }
  })

  return {
    async request(key: string, by: string): Promise<{ jobId: string }> {
      await getSegment(pg, key)
      return { jobId: await jobs.enqueue(refreshJob, { key }, by, { key: `${refreshJob}:${key}` }) }
    },
  }
}
