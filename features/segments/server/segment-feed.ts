import type { Customers } from '#features/customers/server/index.ts'
import { eventsSql } from '#features/rules/server/index.ts'
import type { SegmentChange } from '#features/segments/common/segment-subscription.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { decodeCursor, encodeCursor } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Facts arrive within minutes; after an outage within days, which a wider look finds. */
const narrowMs = 15 * 60_000
const wideMs = 7 * 86_400_000
const wideEveryMs = 10 * 60_000
const keepDays = 60
const jobs = { lane: 'jobs' } as const
const names = ['segment_entered', 'segment_left'] as const

type Row = { pass: string; at_ms: string; customer_id: number; msg: string; is_member: number }
/** Pass, time in milliseconds, customer, message. */
type Place = [number, number, number, string]
const beginning: Place = [0, 0, 0, '00000000-0000-0000-0000-000000000000']

const placeOf = (cursor: string): Place =>
  cursor === '' ? beginning : ((decodeCursor(cursor, 4) as Place | undefined) ?? beginning)

export type SegmentFeed = ReturnType<typeof createSegmentFeed>

/**
 * Puts the facts "entered" and "left" into an order that only grows at its end: whoever has read up to a place has read
 * everything before it, however late a fact arrived. A pass takes what no pass before it took and is read only once it is
 * whole on every shard; one cut short is completed by the next.
 */
export function createSegmentFeed(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  customers: Pick<Customers, 'names'>
}) {
  const { pg, ch, clock, customers } = deps

  async function copy(pass: number, fromMs: number): Promise<void> {
    const span = { fromMs, toMs: Number.POSITIVE_INFINITY }
    const parts = names.map(
      (name) => sql`
        SELECT e.props['segment'] AS segment, e.customer_id AS customer_id, e.msg AS msg,
          toUInt8(${typed('UInt8', name === 'segment_entered' ? 1 : 0)}) AS is_member, e.occurred_at AS at
        FROM event AS e FINAL ${eventsSql(name, span)}`,
    )
    const known = sql`
      SELECT f.customer_id, f.msg FROM segment_feed AS f
      WHERE f.at >= fromUnixTimestamp64Milli(${typed('Int64', fromMs)}, 'UTC')`
    const insert = sql`
      INSERT INTO segment_feed (segment, pass, customer_id, msg, is_member, at)
      SELECT n.segment, ${typed('UInt64', pass)}, n.customer_id, n.msg, n.is_member, n.at
      FROM (${joinSql(parts, sql` UNION ALL `)}) AS n WHERE (n.customer_id, n.msg) NOT IN (${known})`
    await ch.onEachShard((shard) => shard.command(insert, jobs), { writes: true })
  }

  /** One pass; of several processes one runs it, the others leave it to that one. */
  async function pass(): Promise<void> {
    await pg.transaction(async (tx) => {
      const lock = await tx.first<{ is_mine: boolean }>(
        sql`SELECT pg_try_advisory_xact_lock(hashtext('zhike segment feed')) AS is_mine`,
      )
      if (!lock?.is_mine) return
      const now = clock.now().getTime()
      const state = await tx.first<{ looked_wide_at: Date | null }>(
        sql`SELECT s.looked_wide_at FROM segment_feed_state AS s`,
      )
      const isWide = !state?.looked_wide_at || state.looked_wide_at.getTime() <= now - wideEveryMs
      const next = await tx.first<{ pass: number }>(sql`SELECT nextval('segment_feed_pass') AS pass`)
      await copy(next?.pass ?? 0, now - (isWide ? wideMs : narrowMs))
      await tx.execute(sql`
        UPDATE segment_feed_state SET pass = ${next?.pass ?? 0},
          looked_wide_at = CASE WHEN ${isWide} THEN ${clock.now()}::timestamptz ELSE looked_wide_at END`)
    })
  }

  /** Where the feed ends now. */
  async function end(): Promise<string> {
    const state = await pg.first<{ pass: number }>(sql`SELECT s.pass FROM segment_feed_state AS s`)
    return encodeCursor([Number(state?.pass ?? 0) + 1, 0, 0, beginning[3]])
  }

  /** Changes of a segment after a place, of customers in scope, and where to go on. */
  async function read(
    scope: OrgScope,
    segment: string,
    options: { after: string; upTo?: string | undefined; limit: number },
  ): Promise<{ items: SegmentChange[]; nextCursor: string; hasMore: boolean }> {
    const place = (cursor: string) => {
      const [passNo, at, customer, msg] = placeOf(cursor)
      return sql`(${typed('UInt64', passNo)}, ${typed('Int64', at)}, ${typed('UInt32', customer)}, ${typed('UUID', msg)})`
    }
    const state = await pg.first<{ pass: number }>(sql`SELECT s.pass FROM segment_feed_state AS s`)
    const own = sql`(f.pass, toUnixTimestamp64Milli(f.at), f.customer_id, f.msg)`
    const last = options.upTo === undefined ? sql`1` : sql`${own} <= ${place(options.upTo)}`
    const rows = await ch.query<Row>(sql`
      SELECT f.pass AS pass, toUnixTimestamp64Milli(f.at) AS at_ms, f.customer_id AS customer_id, toString(f.msg) AS msg,
        f.is_member AS is_member
      FROM segment_feed AS f FINAL
      WHERE f.segment = ${typed('String', segment)} AND f.pass <= ${typed('UInt64', Number(state?.pass ?? 0))}
        AND ${own} > ${place(options.after)} AND ${last}
      ORDER BY f.pass, at_ms, f.customer_id, f.msg LIMIT ${typed('UInt32', options.limit + 1)}`)
    const page = rows.slice(0, options.limit)
    const known = await customers.names(scope, [...new Set(page.map((row) => row.customer_id))])
    const final = page.at(-1)
    return {
      items: page.flatMap((row) => {
        const customerNo = known.get(row.customer_id)?.customerNo
        const change = row.is_member ? ('entered' as const) : ('left' as const)
        return customerNo ? [{ customerNo, change, at: new Date(Number(row.at_ms)).toISOString() }] : []
      }),
      nextCursor: final
        ? encodeCursor([Number(final.pass), Number(final.at_ms), final.customer_id, final.msg])
        : options.after,
      hasMore: rows.length > options.limit,
    }
  }

  return {
    pass,
    end,
    read,
    /** Removes what is older than anyone may still ask for. */
    expire: () =>
      ch.command(
        sql`ALTER TABLE segment_feed DELETE WHERE at < fromUnixTimestamp64Milli(${typed('Int64', clock.now().getTime() - keepDays * 86_400_000)}, 'UTC')`,
        jobs,
      ),
  }
}
