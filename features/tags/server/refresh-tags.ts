import { AsyncLocalStorage } from 'node:async_hooks'
import type { Rules } from '#features/rules/server/index.ts'
import { tagError } from '#features/tags/common/tag-errors.ts'
import type { Summary } from '#features/tags/common/tag-run.ts'
import { keepFailure, keepRefresh, metered } from '#features/tags/server/tag-outcome.ts'
import { summarizeTags } from '#features/tags/server/tag-summary.ts'
import {
  type EngineRow,
  loadTags,
  lockValues,
  readStoredThrough,
  type Work,
} from '#features/tags/server/tag-work.ts'
import { type Written, writeCompacted, writeValues } from '#features/tags/server/write-values.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What a refresh gave; `isCurrent` is false where a later refresh or another definition came first. */
export type Refreshed = { key: string; coverage: number; unreadable: number; isCurrent: boolean }

/** A computation that is written but not yet shown. */
export type Prepared = {
  works: readonly Work[]
  written: ReadonlyMap<string, Written>
  summaries: ReadonlyMap<string, Summary>
  now: Date
  /** Their changes are told under this moment. */
  at: Date
  /** Null for a base made of what was there: it is as fresh as that. */
  storedThrough: Date | null
}

export type TagRefresher = ReturnType<typeof createTagRefresher>

/**
 * Tells everybody that these tags get a new base, before its scan begins: from now on changes of customers are written for
 * it, too. The one announced last is the one that will be shown.
 */
async function announce(
  pg: Postgres,
  rows: readonly EngineRow[],
  { now, isCopy }: { now: Date; isCopy: boolean },
): Promise<Work[]> {
  const ids = await pg.transaction(async (tx) => {
    await lockValues(tx)
    return tx.query<{ key: string; pending_refresh_id: number }>(sql`
      UPDATE tag SET pending_refresh_id = nextval('refresh_id'), pending_has_recent = false,
        last_attempt_at = CASE WHEN ${isCopy} THEN last_attempt_at ELSE ${now}::timestamptz END
      WHERE key = ANY(${rows.map((row) => row.key)}::text[]) AND state = 'active' RETURNING key, pending_refresh_id`)
  })
  const idOf = new Map(ids.map((row) => [row.key, row.pending_refresh_id]))
  return rows.flatMap((row) => {
    const refreshId = idOf.get(row.key)
    return refreshId === undefined ? [] : [{ row, refreshId }]
  })
}

/**
 * Shows what was prepared, by moving one pointer a tag; gives the keys it could. A refresh announced later, or another
 * definition, comes first; only where nothing is shown at all yet, anything is better.
 */
export async function publish(tx: PgRunner, clock: Clock, prepared: Prepared): Promise<Set<string>> {
  await lockValues(tx)
  const shown = new Set<string>()
  const { now, storedThrough } = prepared
  for (const { row, refreshId } of prepared.works) {
    const written = prepared.written.get(row.key)
    if (!written) continue
    const { coverage, unreadable, hasBitmaps } = written
    const moved = await tx.execute(sql`
      UPDATE tag SET refresh_id = ${refreshId}, coverage = ${coverage}, unreadable = ${unreadable},
        has_bitmaps = ${hasBitmaps}, last_error = NULL,
        has_recent = pending_refresh_id IS NOT DISTINCT FROM ${refreshId} AND pending_has_recent,
        pending_has_recent = pending_refresh_id IS DISTINCT FROM ${refreshId} AND pending_has_recent,
        pending_refresh_id = NULLIF(pending_refresh_id, ${refreshId}),
        refreshed_at = CASE WHEN ${storedThrough !== null} THEN ${now}::timestamptz ELSE refreshed_at END,
        computed_at = CASE WHEN ${storedThrough !== null} THEN ${now}::timestamptz ELSE computed_at END,
        full_at = CASE WHEN ${storedThrough !== null} THEN ${now}::timestamptz ELSE full_at END,
        published_at = ${clock.now()}::timestamptz, published_from = ${prepared.at}::timestamptz,
        stored_through = coalesce(${storedThrough}::timestamptz, stored_through)
      WHERE key = ${row.key} AND type = ${row.type} AND source = ${JSON.stringify(row.source)}::jsonb
        AND (pending_refresh_id = ${refreshId} OR refresh_id IS NULL)`)
    if (moved > 0) shown.add(row.key)
  }
  return shown
}

/** Computes the values of tags and publishes them by moving `tag.refresh_id`: readers see all of a refresh or none. */
export function createTagRefresher(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  rules: Rules
}) {
  const { pg, ch, clock } = deps
  /** Tags being computed around this call: one that comes up again would wait for itself. */
  const around = new AsyncLocalStorage<readonly string[]>()
  const computingNow = new Map<string, Promise<Refreshed>>()

  /** Computes tags that share a scan without showing them yet. */
  async function prepare(rows: readonly EngineRow[], at?: Date): Promise<Prepared> {
    const above = around.getStore() ?? []
    const again = rows.find((row) => above.includes(row.key))
    if (again) throw tagError('TAG_CYCLE', { key: again.key })
    return around.run([...above, ...rows.map((row) => row.key)], async () => {
      const now = clock.now()
      const works = await announce(pg, rows, { now, isCopy: false })
      const storedThrough = await readStoredThrough(ch)
      const written = works.length
        ? await writeValues(deps, works, { now, at: at ?? now })
        : new Map<string, Written>()
      return {
        works,
        written,
        summaries: await summarizeTags(deps, works),
        now,
        at: at ?? now,
        storedThrough,
      }
    })
  }

  async function refresh(key: string): Promise<Refreshed> {
    const rows = await loadTags(pg, [key])
    if (rows.length === 0) throw tagError('TAG_NOT_FOUND', { key })
    try {
      const { result: prepared, cost } = await metered(ch, () => prepare(rows))
      const shown = await pg.transaction(async (tx) => {
        const moved = await publish(tx, clock, prepared)
        await keepRefresh(tx, prepared, { shown: moved, cost, runId: null })
        return moved
      })
      const { coverage = 0, unreadable = 0 } = prepared.written.get(key) ?? {}
      return { key, coverage, unreadable, isCurrent: shown.has(key) }
    } catch (error) {
      const failure = { error, mode: 'full', runId: null, now: clock.now() } as const
      await pg.transaction((tx) => keepFailure(tx, [key], failure))
      throw error
    }
  }

  /** One at a time here: several that miss the same values wait for the same computation. */
  function refreshOnce(key: string): Promise<Refreshed> {
    const known = (around.getStore() ?? []).includes(key) ? undefined : computingNow.get(key)
    if (known) return known
    const computing = refresh(key).finally(() => computingNow.delete(key))
    computingNow.set(key, computing)
    return computing
  }

  return {
    refresh,
    prepare,
    /** Makes what tags show now, changes included, their new base. */
    async compact(rows: readonly EngineRow[]): Promise<Set<string>> {
      const now = clock.now()
      const announced = await announce(pg, rows, { now, isCopy: true })
      // What is shown may have moved on between reading the rows and announcing.
      const fresh = new Map(
        (
          await loadTags(
            pg,
            rows.map(({ key }) => key),
          )
        ).map((row) => [row.key, row]),
      )
      const works = announced.flatMap(({ row, refreshId }) => {
        const seen = fresh.get(row.key)
        return seen && seen.refresh_id !== null ? [{ row: seen, refreshId }] : []
      })
      if (works.length === 0) return new Set()
      const written = await writeCompacted(ch, works)
      return pg.transaction((tx) =>
        publish(tx, clock, { works, written, summaries: new Map(), now, at: now, storedThrough: null }),
      )
    },
    /** Computes those of the tags that have no values yet. */
    async computeMissing(keys: readonly string[]): Promise<void> {
      for (const row of await loadTags(pg, keys)) if (row.refresh_id === null) await refreshOnce(row.key)
    },
  }
}
