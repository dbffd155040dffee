import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** More differences than this are counted, not looked at one by one. */
const mostCandidates = 100_000
/** What was stored within so many seconds may not have been told to streaming yet. */
const tellingSeconds = 15

const jobs = { lane: 'jobs' } as const

/** Customers of whom something is waiting to be looked at. */
async function waitingCustomers(pg: Postgres): Promise<Set<number>> {
  const rows = await pg.query<{ customer_ids: Buffer }>(sql`SELECT t.customer_ids FROM event_touch AS t`)
  const waiting = new Set<number>()
  for (const { customer_ids: bytes } of rows)
    for (let at = 0; at < bytes.length; at += 4) waiting.add(bytes.readUInt32LE(at))
  return waiting
}

/** So many differences are no matter of a few late touches: all of them count. */
async function countAll(ch: ClickHouse, of: { key: string; pass: number }): Promise<number> {
  const row = await ch.first<{ differing: string }>(
    sql`
      SELECT uniqExact(t.customer_id) AS differing FROM segment_transition AS t
      WHERE t.segment = ${typed('String', of.key)} AND t.pass = ${typed('UInt64', of.pass)}`,
    jobs,
  )
  return Number(row?.differing ?? 0)
}

/**
 * Customers for whom streaming was wrong: they differ between its members and those of a full refresh, though nothing about
 * them waits or has come since the refresh began.
 */
export async function measureDrift(
  deps: { pg: Postgres; ch: ClickHouse },
  of: { key: string; pass: number; refreshId: number; events: readonly string[] },
): Promise<number> {
  const { pg, ch } = deps
  const segment = typed('String', of.key)
  const rows = await ch.query<{ customer_id: number }>(
    sql`
      SELECT DISTINCT t.customer_id AS customer_id FROM segment_transition AS t
      WHERE t.segment = ${segment} AND t.pass = ${typed('UInt64', of.pass)} AND t.customer_id NOT IN (
        SELECT r.customer_id FROM segment_recent AS r
        WHERE r.segment = ${segment} AND r.refresh_id = ${typed('UInt64', of.refreshId)})
      LIMIT ${typed('UInt32', mostCandidates)}`,
    jobs,
  )
  if (rows.length === 0) return 0
  if (rows.length === mostCandidates) return countAll(ch, of)
  const waiting = await waitingCustomers(pg)
  const left = rows.map((row) => row.customer_id).filter((id) => !waiting.has(id))
  if (left.length === 0 || of.events.length === 0) return left.length
  const fresh = await ch.query<{ customer_id: number }>(
    sql`
      SELECT DISTINCT e.customer_id AS customer_id FROM event AS e
      WHERE e.name IN ${typed('Array(String)', of.events)} AND e.customer_id IN ${typed('Array(UInt32)', left)}
        AND e.stored_at >= now64(3) - toIntervalSecond(${typed('UInt32', tellingSeconds)})`,
    jobs,
  )
  return left.length - fresh.length
}
