import { AsyncLocalStorage } from 'node:async_hooks'
import type { Rules } from '#features/rules/server/index.ts'
import type { EventSource } from '#features/tags/common/tag.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import {
  attributeItems,
  type ComputedTag,
  countUnreadable,
  eventItems,
  insertValues,
  ruleItems,
  type TagTime,
} from '#features/tags/server/compile-tags.ts'
import { findTags, type TagRow } from '#features/tags/server/tag-store.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What a refresh gave; `isCurrent` is false where a later refresh or another definition came first. */
export type Refreshed = { key: string; coverage: number; unreadable: number; isCurrent: boolean }
type Summary = { coverage: number; unreadable: number; hasBitmaps: boolean }
type Work = { row: TagRow; refreshId: number }

export type TagRefresher = ReturnType<typeof createTagRefresher>

/** More different values than this are not worth a bitmap each. */
const mostBitmaps = 1000
const jobs = { lane: 'jobs' } as const

const computed = <S>({ row, refreshId }: Work, source: S): ComputedTag<S> => ({
  key: row.key,
  type: row.type,
  refreshId,
  source,
})

const refreshesOf = (works: readonly Work[]): Sql =>
  joinSql(
    works.map(({ row, refreshId }) => sql`(${typed('String', row.key)}, ${typed('UInt64', refreshId)})`),
    sql`, `,
  )

/** Why a refresh failed, in words that hold no value of a customer. */
export const failureText = (error: unknown): string =>
  error instanceof AppError
    ? `${error.code}: ${error.message}`
    : 'INTERNAL: Something failed here. It has been logged.'

/** Computes the values of tags and publishes them by moving `tag.refresh_id`: readers see all of a refresh or none. */
export function createTagRefresher(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  rules: Rules
}) {
  const { pg, ch, clock, timeZone, rules } = deps
  /** Tags being computed around this call: one that comes up again would wait for itself. */
  const around = new AsyncLocalStorage<readonly string[]>()

  /** The scan that gives the values of tags of one kind and, for events, of one event. */
  async function itemsOf(works: readonly Work[], time: TagTime): Promise<Sql> {
    const [first] = works
    const source = first?.row.source
    if (first && source && 'rule' in source) {
      const members = await rules.memberIdsSql(scopeOfEveryone, source.rule)
      return ruleItems(computed(first, source), members, rules.universeSql(scopeOfEveryone))
    }
    if (source && 'attribute' in source) {
      return attributeItems(
        works.map((work) => computed(work, work.row.source as { attribute: string })),
        time,
      )
    }
    return eventItems(
      works.map((work) => computed(work, work.row.source as EventSource)),
      time,
    )
  }

  async function summarize(works: readonly Work[], items: Sql): Promise<Map<string, Summary>> {
    const refreshes = refreshesOf(works)
    const counted = await ch.query<{ tag: string; coverage: string; different: string }>(
      sql`
        SELECT v.tag AS tag, count() AS coverage, uniqExact(v.value) AS different FROM tag_value AS v
        WHERE (v.tag, v.refresh_id) IN (${refreshes}) GROUP BY v.tag`,
      jobs,
    )
    const mayMiss = works.some(({ row }) => row.type !== 'enum' && !('rule' in row.source))
    const unreadable = mayMiss
      ? await ch.query<{ tag: string; unreadable: string }>(countUnreadable(items), jobs)
      : []
    const countOf = new Map(counted.map((row) => [row.tag, row]))
    const unreadableOf = new Map(unreadable.map((row) => [row.tag, Number(row.unreadable)]))
    return new Map(
      works.map(({ row: { key } }) => [
        key,
        {
          coverage: Number(countOf.get(key)?.coverage ?? 0),
          unreadable: unreadableOf.get(key) ?? 0,
          hasBitmaps: Number(countOf.get(key)?.different ?? 0) <= mostBitmaps,
        },
      ]),
    )
  }

  /** A customer's values are made of that customer's rows alone. */
  async function writeOnEachShard(statement: Sql): Promise<void> {
    await ch.onEachShard((shard) => shard.command(statement, jobs), { writes: true })
  }

  const writeBitmaps = (works: readonly Work[]): Promise<void> =>
    writeOnEachShard(sql`
      INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
      SELECT v.tag, v.refresh_id, v.value, bitShiftRight(v.customer_id, ${typed('UInt8', ch.chunkBits)}) AS chunk,
        groupBitmapState(v.customer_id)
      FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${refreshesOf(works)})
      GROUP BY v.tag, v.refresh_id, v.value, chunk`)

  /** A refresh begun earlier, or of a definition since changed, never replaces a later one. */
  const publish = ({ row, refreshId }: Work, summary: Summary, now: Date): Promise<number> =>
    pg.execute(sql`
      UPDATE tag SET refresh_id = ${refreshId}, refreshed_at = ${now}::timestamptz, coverage = ${summary.coverage},
        unreadable = ${summary.unreadable}, has_bitmaps = ${summary.hasBitmaps}, last_error = NULL
      WHERE key = ${row.key} AND version = ${row.version} AND (refresh_id IS NULL OR refresh_id < ${refreshId})`)

  async function begin(rows: readonly TagRow[], now: Date): Promise<Work[]> {
    const ids = await pg.query<{ key: string; refresh_id: number }>(sql`
      UPDATE tag SET last_attempt_at = ${now}::timestamptz WHERE key = ANY(${rows.map((row) => row.key)}::text[])
      RETURNING key, nextval('refresh_id') AS refresh_id`)
    const idOf = new Map(ids.map((row) => [row.key, row.refresh_id]))
    return rows.flatMap((row) => {
      const refreshId = idOf.get(row.key)
      return refreshId === undefined ? [] : [{ row, refreshId }]
    })
  }

  async function compute(rows: readonly TagRow[]): Promise<Refreshed[]> {
    const now = clock.now()
    const works = await begin(rows, now)
    const items = await itemsOf(works, { now, timeZone })
    await writeOnEachShard(insertValues(items))
    const summaries = await summarize(works, items)
    const withBitmaps = works.filter(({ row }) => summaries.get(row.key)?.hasBitmaps)
    if (withBitmaps.length > 0) await writeBitmaps(withBitmaps)
    const results: Refreshed[] = []
    for (const work of works) {
      const { key } = work.row
      const summary = summaries.get(key) ?? { coverage: 0, unreadable: 0, hasBitmaps: false }
      const isCurrent = (await publish(work, summary, now)) > 0
      results.push({ key, coverage: summary.coverage, unreadable: summary.unreadable, isCurrent })
    }
    return results
  }

  /** Computes tags that share a scan. A failure is written down and thrown; the values before it stay. */
  async function refreshTogether(rows: readonly TagRow[]): Promise<Refreshed[]> {
    const above = around.getStore() ?? []
    try {
      const again = rows.find((row) => above.includes(row.key))
      if (again) throw tagError('TAG_CYCLE', { key: again.key })
      return await around.run([...above, ...rows.map((row) => row.key)], () => compute(rows))
    } catch (error) {
      await pg.execute(sql`
        UPDATE tag SET last_error = ${failureText(error)} WHERE key = ANY(${rows.map((row) => row.key)}::text[])`)
      throw error
    }
  }

  async function refresh(key: string): Promise<Refreshed> {
    const [row] = await findTags(pg, [key])
    if (!row) throw tagError('TAG_NOT_FOUND', { key })
    const [result] = await refreshTogether([row])
    if (!result) throw tagError('TAG_NOT_FOUND', { key })
    return result
  }

  return {
    refresh,
    refreshTogether,
    /** Computes those of the tags that have no values yet. */
    async computeMissing(keys: readonly string[]): Promise<void> {
      const rows = await findTags(pg, keys)
      for (const row of rows) if (row.refresh_id === null) await refresh(row.key)
    },
  }
}
