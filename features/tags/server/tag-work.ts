import type { TagRow } from '#features/tags/server/tag-store.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** A tag as the engine sees it: with what belongs to computing it. */
export type EngineRow = TagRow & {
  pending_refresh_id: number | null
  has_recent: boolean
  pending_changes: number | null
  pending_has_recent: boolean
  published_at: Date | null
  published_from: Date | null
  stored_through: Date | null
  computed_at: Date | null
  full_at: Date | null
  is_streaming: boolean
  alert_coverage_drop: number | null
  alert_psi: number | null
}

/** A tag and the refresh its values are written under. */
export type Work = { row: EngineRow; refreshId: number }

const gigabyte = 1_000_000_000

/**
 * How computing runs in the engine: bounded in memory, spilling to disk where a group grows beyond a quarter of that.
 */
export const computing: QueryOptions = {
  lane: 'jobs',
  settings: {
    max_memory_usage: 6 * gigabyte,
    max_bytes_before_external_group_by: 2 * gigabyte,
    max_bytes_before_external_sort: 2 * gigabyte,
  },
}

/** (tag, refresh) pairs, to put behind IN. */
export const pairsOf = (works: readonly { row: { key: string }; refreshId: number }[]): Sql =>
  joinSql(
    works.map(({ row, refreshId }) => sql`(${typed('String', row.key)}, ${typed('UInt64', refreshId)})`),
    sql`, `,
  )

/** A customer's values are made of that customer's rows alone: each shard computes its own. */
export async function writeOnEachShard(ch: ClickHouse, statement: Sql): Promise<void> {
  await ch.onEachShard((shard) => shard.command(statement, computing), { writes: true })
}

/** Tags that may be computed, by their keys. */
export const loadTags = (pg: PgRunner, keys: readonly string[]): Promise<EngineRow[]> =>
  pg.query<EngineRow>(sql`
    SELECT t.* FROM tag AS t WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active' ORDER BY t.key`)

/** A number that grows, for refreshes and versions of rows. */
export async function nextId(pg: PgRunner): Promise<number> {
  const row = await pg.first<{ id: number }>(sql`SELECT nextval('refresh_id') AS id`)
  return Number(row?.id)
}

/**
 * The moment up to which everything stored can be read already, by the engine's clock: that of the oldest insert still
 * under way, else now. Asked before a scan, what was stored later is found by the next run.
 */
export async function readStoredThrough(ch: ClickHouse): Promise<Date> {
  const asked = sql`
    SELECT toUnixTimestamp64Milli(now64(3)) AS now, ifNull(max(p.elapsed), 0) AS elapsed
    FROM system.processes AS p WHERE p.query_kind IN ('Insert', 'AsyncInsertFlush')`
  const ask = (one: ClickHouse) => one.first<{ now: string; elapsed: number }>(asked, { lane: 'jobs' })
  const found = [await ask(ch), ...(await ch.onEachShard(ask))]
  const moments = found.map((row) => Number(row?.now) - Math.ceil(Number(row?.elapsed) * 1000))
  return new Date(Math.min(...moments) - clocksDifferMs)
}

/** How far clocks of two shards may be apart, and an insert be younger than its default values. */
const clocksDifferMs = 2000

/**
 * Whoever announces a computation, shows one or updates customers holds this lock meanwhile: so an update sees every
 * computation that began before it, and one that begins later sees all it wrote.
 */
export const lockValues = (tx: PgRunner): Promise<number> =>
  tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('tag values'))`)
