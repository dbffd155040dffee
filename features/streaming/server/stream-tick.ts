import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import { spanOf } from '#features/rules/common/bank-time.ts'
import type { StreamDefinitions } from '#features/streaming/server/stream-definitions.ts'
import type { MovingWindow } from '#features/streaming/server/stream-index.ts'
import type { Clock } from '#platform/common/clock.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Ids of one touch, and so of one pass of such: what happens meanwhile waits for no more. */
const mostIds = 1_000
/** Who was stored up to so long ago may have been missed by the look before: inserts take a moment to be seen. */
const storedLateMs = 10_000
/** Changes of a tag may be written so long after the moment they are told under. */
const changedLateMs = 900_000

const options = { lane: 'load', maxExecutionMs: 60_000 } as const

type Touch = { kind: 'event' | 'tag' | 'any'; name: string; ids: number[] }
type TagRow = {
  key: string
  refresh_id: number | null
  published_at: Date | null
  published_from: Date | null
  seen: Date | null
}

const instant = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', Math.round(ms))}, 'UTC')`

type Edge = { fromMs: number; toMs: number; isEnd: boolean }

/** The spans of time by which events leave a window and enter it as it moves from one moment to the next. */
export function edgesOf(window: MovingWindow, from: Date, to: Date, timeZone: string): Edge[] {
  const [before, after] = [spanOf(window.within, from, timeZone), spanOf(window.within, to, timeZone)]
  return [
    { fromMs: before.fromMs, toMs: after.fromMs, isEnd: false },
    { fromMs: before.toMs, toMs: after.toMs, isEnd: true },
  ].filter(({ fromMs, toMs }) => fromMs < toMs)
}

/** What came in after it happened was looked at when it came; only what was dated ahead enters by time. */
const datedAhead = sql`AND e.occurred_at >= e.received_at - toIntervalSecond(1)`

const crossing = ({ fromMs, toMs, isEnd }: Edge): Sql => sql`(
  e.client_at >= ${instant(fromMs - mostSkewMs)} AND e.client_at < ${instant(toMs + mostSkewMs)}
  AND e.occurred_at >= ${instant(fromMs)} AND e.occurred_at < ${instant(toMs)} ${isEnd ? datedAhead : sql``})`

/**
 * What no event tells: windows move with time, tags are computed anew by runs, attributes and units change. Finds exactly the
 * customers that this concerns and touches them, so that passes look at them like at any others. How far it has looked is
 * moved in the same transaction: killed anywhere, nothing is lost.
 */
export function createStreamTick(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  definitions: StreamDefinitions
}) {
  const { pg, ch, clock, timeZone, definitions } = deps

  async function customersOf(query: Sql): Promise<number[]> {
    const rows = await ch.query<{ customer_id: number }>(query, options)
    return rows.map((row) => row.customer_id)
  }

  /** Customers whose events of one name leave or enter a window. */
  async function movedBy(
    event: string,
    windows: readonly MovingWindow[],
    from: Date,
    to: Date,
  ): Promise<Touch[]> {
    const edges = windows.flatMap((window) => edgesOf(window, from, to, timeZone))
    const distinct = [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values()]
    if (distinct.length === 0) return []
    const ids = await customersOf(sql`
      SELECT DISTINCT e.customer_id AS customer_id FROM event AS e
      WHERE e.name = ${typed('String', event)} AND (${joinSql(distinct.map(crossing), sql` OR `)})`)
    return ids.length > 0 ? [{ kind: 'event', name: event, ids }] : []
  }

  async function movedByTime(from: Date, to: Date): Promise<Touch[]> {
    const { windows } = await definitions.index()
    const touches: Touch[] = []
    for (const event of new Set(windows.map((window) => window.event))) {
      const ofEvent = windows.filter((window) => window.event === event)
      touches.push(...(await movedBy(event, ofEvent, from, to)))
    }
    return touches
  }

  /** Tags published since they were last looked at, with the customers whose values changed. */
  async function movedByTags(): Promise<{ touches: Touch[]; seen: TagRow[] }> {
    const { tagsUsed } = await definitions.index()
    if (tagsUsed.length === 0) return { touches: [], seen: [] }
    const rows = await pg.query<TagRow>(sql`
      SELECT t.key, t.refresh_id, t.published_at, t.published_from, w.changes_through AS seen
      FROM tag AS t LEFT JOIN stream_tag AS w ON w.tag = t.key
      WHERE t.key = ANY(${tagsUsed}::text[]) AND (w.changes_through IS NULL OR t.published_at > w.changes_through)`)
    const touches: Touch[] = []
    for (const row of rows) {
      // Never looked at: whoever uses it begins with a full refresh, which sees its values.
      if (!row.seen) continue
      const since =
        Math.min(row.seen.getTime(), row.published_from?.getTime() ?? Number.POSITIVE_INFINITY) -
        changedLateMs
      const ids = await customersOf(sql`
        SELECT DISTINCT c.customer_id AS customer_id FROM tag_change AS c
        WHERE c.tag = ${typed('String', row.key)} AND c.at >= ${instant(since)}`)
      if (ids.length > 0) touches.push({ kind: 'tag', name: row.key, ids })
    }
    return { touches, seen: rows }
  }

  /** Customers whose copy in the warehouse is newer than the last look; who is new may be in whatever asks for nothing. */
  async function movedByCustomers(since: Date | null): Promise<Touch[]> {
    if (!since) return []
    const ids = await customersOf(sql`
      SELECT DISTINCT c.customer_id AS customer_id FROM customer AS c
      WHERE c.stored_at >= ${instant(since.getTime() - storedLateMs)}`)
    return ids.length > 0 ? [{ kind: 'any', name: '', ids }] : []
  }

  async function write(tx: PgRunner, touches: readonly Touch[]): Promise<void> {
    for (const { kind, name, ids } of touches)
      for (let from = 0; from < ids.length; from += mostIds) {
        const bytes = Buffer.from(Uint32Array.from(ids.slice(from, from + mostIds)).buffer)
        await tx.execute(sql`
          INSERT INTO event_touch (kind, name, customer_ids, is_background) VALUES (${kind}, ${name}, ${bytes}, true)`)
      }
  }

  const markTags = async (tx: PgRunner, seen: readonly TagRow[]): Promise<void> => {
    if (seen.length === 0) return
    await tx.execute(sql`
      INSERT INTO stream_tag AS w (tag, refresh_id, changes_through)
      SELECT s.tag, s.refresh_id, s.at FROM unnest(${seen.map((one) => one.key)}::text[],
        ${seen.map((one) => one.refresh_id)}::bigint[], ${seen.map((one) => one.published_at ?? clock.now())}::timestamptz[]) AS s(tag, refresh_id, at)
      ON CONFLICT (tag) DO UPDATE SET refresh_id = excluded.refresh_id, changes_through = excluded.changes_through`)
  }

  async function run(): Promise<number> {
    const state = await pg.first<{ ticked_at: Date | null; customers_through: Date | null }>(
      sql`SELECT s.ticked_at, s.customers_through FROM stream_state AS s`,
    )
    const index = await definitions.index()
    if (index.streamed.size === 0 && index.tagsUsed.length === 0 && index.windows.length === 0) {
      // Whoever streams next begins with a look of its own before its full refresh.
      if (state?.ticked_at)
        await pg.execute(sql`UPDATE stream_state SET ticked_at = NULL, customers_through = NULL`)
      return 0
    }
    const now = clock.now()
    const stored = await ch.first<{ now: string }>(
      sql`SELECT toString(toUnixTimestamp64Milli(now64(3))) AS now`,
      options,
    )
    const from = state?.ticked_at
    const byTime = from && from < now ? await movedByTime(from, now) : []
    const byTags = await movedByTags()
    const byCustomers = await movedByCustomers(state?.customers_through ?? null)
    const touches = [...byTime, ...byTags.touches, ...byCustomers]
    const isMoved = await pg.transaction(async (tx) => {
      const moved = await tx.execute(sql`
        UPDATE stream_state SET ticked_at = ${now}::timestamptz, customers_through = ${new Date(Number(stored?.now))}::timestamptz
        WHERE ticked_at IS NOT DISTINCT FROM ${from ?? null}::timestamptz`)
      if (moved === 0) return false
      await write(tx, touches)
      await markTags(tx, byTags.seen)
      return true
    })
    return isMoved ? touches.reduce((sum, one) => sum + one.ids.length, 0) : 0
  }
  return {
    /** Looks at what has moved since the last time; gives how many customers were touched. */
    run,
    /** Before a full refresh: whatever moves after this is looked at by the next run. */
    async begin(): Promise<void> {
      const { tagsUsed } = await definitions.index()
      const now = clock.now()
      await pg.execute(sql`
        UPDATE stream_state SET ticked_at = ${now}::timestamptz,
          customers_through = coalesce(customers_through, clock_timestamp()) WHERE ticked_at IS NULL`)
      await pg.execute(sql`
        INSERT INTO stream_tag (tag, refresh_id, changes_through)
        SELECT t.key, t.refresh_id, coalesce(t.published_at, ${now}::timestamptz) FROM tag AS t
        WHERE t.key = ANY(${tagsUsed}::text[]) ON CONFLICT DO NOTHING`)
    },
  }
}
