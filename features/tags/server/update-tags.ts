import type { Rules } from '#features/rules/server/index.ts'
import {
  countDiff,
  type DiffCount,
  diffSql,
  writeDiffAsChanges,
  writeDiffAsRecent,
} from '#features/tags/server/tag-diff.ts'
import {
  computing,
  type EngineRow,
  lockValues,
  nextId,
  pairsOf,
  readStoredThrough,
  type Work,
  writeOnEachShard,
} from '#features/tags/server/tag-work.ts'
import { touchedSql, writeTouched } from '#features/tags/server/touched-customers.ts'
import { itemsOf } from '#features/tags/server/write-values.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Changes that are found but not yet shown. */
export type PreparedChanges = {
  rows: readonly EngineRow[]
  counts: ReadonlyMap<string, DiffCount>
  touched: number
  now: Date
  /** They are told under this moment. */
  at: Date
  storedThrough: Date
}

export type UpdateDeps = { pg: Postgres; ch: ClickHouse; clock: Clock; timeZone: string; rules: Rules }

const asWorks = (rows: readonly EngineRow[]): Work[] =>
  rows.map((row) => ({ row, refreshId: row.refresh_id ?? 0 }))

/**
 * Says that changes are being computed, so that whoever updates customers meanwhile writes all it finds.
 */
const announceChanges = (pg: Postgres, rows: readonly EngineRow[], now: Date): Promise<EngineRow[]> =>
  pg.transaction(async (tx) => {
    await lockValues(tx)
    return tx.query<EngineRow>(sql`
      UPDATE tag SET pending_changes = 1, last_attempt_at = ${now}::timestamptz
      WHERE key = ANY(${rows.map(({ key }) => key)}::text[]) AND state = 'active' AND refresh_id IS NOT NULL
        AND stored_through IS NOT NULL AND computed_at IS NOT NULL
      RETURNING *`)
  })

/** Shows changes of rows in tag_recent from now on, as far as the tag still has the refresh they belong to. */
export async function publishChanges(
  tx: PgRunner,
  clock: Clock,
  prepared: PreparedChanges,
): Promise<Set<string>> {
  await lockValues(tx)
  const shown = new Set<string>()
  for (const row of prepared.rows) {
    const { changed = 0, gained = 0 } = prepared.counts.get(row.key) ?? {}
    const moved = await tx.execute(sql`
      UPDATE tag SET stored_through = ${prepared.storedThrough}::timestamptz, computed_at = ${prepared.now}::timestamptz,
        refreshed_at = ${prepared.now}::timestamptz, coverage = coalesce(coverage, 0) + ${gained}::bigint,
        published_at = ${clock.now()}::timestamptz, published_from = ${prepared.at}::timestamptz,
        has_recent = has_recent OR ${changed > 0}, pending_changes = NULL, last_error = NULL
      WHERE key = ${row.key} AND refresh_id = ${row.refresh_id}`)
    if (moved > 0) shown.add(row.key)
  }
  return shown
}

/** Computes anew only customers touched since the last time, and writes those whose value changed. */
export function createTagUpdater(deps: UpdateDeps) {
  const { pg, ch, clock, timeZone } = deps

  return {
    /** Finds and writes the changes of tags that share a scan, without showing them yet. */
    async prepareChanges(rows: readonly EngineRow[], at?: Date): Promise<PreparedChanges> {
      const now = clock.now()
      const fresh = await announceChanges(pg, rows, now)
      const ver = await nextId(pg)
      const storedThrough = await readStoredThrough(ch)
      const nothing = { rows: fresh, counts: new Map(), touched: 0, now, at: at ?? now, storedThrough }
      if (fresh.length === 0) return nothing
      const earliest = (pick: (row: EngineRow) => Date | null) =>
        new Date(Math.min(...fresh.map((row) => pick(row)?.getTime() ?? 0)))
      const since = {
        storedThrough: earliest((row) => row.stored_through),
        computedAt: earliest((row) => row.computed_at),
      }
      // A rule that can no longer be answered fails, whether or not anybody was touched.
      const items = await itemsOf(deps, asWorks(fresh), now, touchedSql(ver))
      const touched = await writeTouched({ pg, ch, timeZone }, fresh, { workId: ver, since, now })
      if (touched === 0) return nothing
      await writeDiff(fresh, ver, items)
      const counts = await countDiff(ch, ver)
      const write = { at: at ?? now, ver }
      await writeDiffAsChanges(ch, ver, write.at)
      const refreshes = fresh.map((row) => ({ key: row.key, refreshId: row.refresh_id ?? 0 }))
      await writeDiffAsRecent(ch, ver, refreshes, write)
      return { rows: fresh, counts, touched, now, at: write.at, storedThrough }
    },
  }

  async function writeDiff(rows: readonly EngineRow[], workId: number, items: Sql): Promise<void> {
    const works = asWorks(rows)
    const among = touchedSql(workId)
    const diff = diffSql({
      items,
      pairs: pairsOf(works),
      // Rows of a customer updated meanwhile are there before the flag is read.
      hasRecent: true,
      among,
    })
    await writeOnEachShard(
      ch,
      sql`
      INSERT INTO tag_diff (work_id, tag, customer_id, value, number, had_value)
      SELECT ${typed('UInt64', workId)}, c.tag, c.customer_id, c.value, c.number, c.had_value
      FROM (${diff}) AS c WHERE c.differs`,
    )
  }
}

/** Rows of changes that are not yet part of the base, by tag. */
export async function countRecent(ch: ClickHouse, rows: readonly EngineRow[]): Promise<Map<string, number>> {
  const works = asWorks(rows.filter((row) => row.has_recent && row.refresh_id !== null))
  if (works.length === 0) return new Map()
  const found = await ch.query<{ tag: string; recent: string }>(
    sql`
      SELECT v.tag AS tag, count() AS recent FROM tag_recent AS v
      WHERE (v.tag, v.refresh_id) IN (${pairsOf(works)}) GROUP BY v.tag`,
    computing,
  )
  return new Map(found.map((row) => [row.tag, Number(row.recent)]))
}
