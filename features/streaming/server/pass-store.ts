import type { StreamIndex } from '#features/streaming/server/stream-index.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Pass = {
  pass: number
  state: 'taken' | 'decided'
  holder: string
  attempt: number
  batches: number[]
  startedAt: Date
  decidedAt: Date | null
}

export type Transition = {
  segment: string
  version: number
  refreshId: number
  customerId: number
  isMember: boolean
}

/** What a pass looks at: customers once each, and what of them was touched. */
export type TakenTouches = {
  customerIds: number[]
  events: Set<string>
  tags: Set<string>
  isAny: boolean
  oldestAt: Date | undefined
}

/** Touches looked through at once, and customers of one pass. */
const mostTouches = 2_000
const mostCustomers = 20_000
/** Time-moved customers one pass takes besides: they never make what just happened wait long. */
const mostBackground = 1_000

type PassRow = {
  pass: number
  state: 'taken' | 'decided'
  holder: string
  attempt: number
  batches: number[]
  started_at: Date
  decided_at: Date | null
}
const passOf = (row: PassRow): Pass => ({
  pass: row.pass,
  state: row.state,
  holder: row.holder,
  attempt: row.attempt,
  batches: row.batches,
  startedAt: row.started_at,
  decidedAt: row.decided_at,
})

type Waiting = {
  batch: number
  kind: 'event' | 'tag' | 'any'
  name: string
  size: number
  is_background: boolean
}

/** As many touches as one pass bears, the first in any case. */
function choose(waiting: readonly Waiting[]): number[] {
  const chosen: number[] = []
  let size = 0
  let background = 0
  for (const one of waiting) {
    if (chosen.length > 0 && size + one.size > mostCustomers) break
    if (chosen.length > 0 && one.is_background && background + one.size > mostBackground) break
    chosen.push(one.batch)
    size += one.size
    if (one.is_background) background += one.size
  }
  return chosen
}

/** Reads which touches wait; what matters to nobody by the index goes at once. Gives those of the next pass. */
export async function chooseTouches(pg: Postgres, readIndex: () => Promise<StreamIndex>): Promise<number[]> {
  for (;;) {
    const waiting = await pg.query<Waiting>(sql`
      SELECT t.batch, t.kind, t.name, octet_length(t.customer_ids) / 4 AS size, t.is_background
      FROM event_touch AS t ORDER BY t.is_background, t.batch LIMIT ${mostTouches}::int`)
    if (waiting.length === 0) return []
    const index = await readIndex()
    const relevant = waiting.filter((one) => index.isRelevant(one.kind, one.name))
    if (relevant.length < waiting.length) {
      const kept = new Set(relevant)
      const gone = waiting.filter((one) => !kept.has(one)).map((one) => one.batch)
      await pg.execute(sql`DELETE FROM event_touch WHERE batch = ANY(${gone}::bigint[])`)
    }
    if (relevant.length > 0 || waiting.length < mostTouches) return choose(relevant)
  }
}

export async function readTouches(pg: Postgres, batches: readonly number[]): Promise<TakenTouches> {
  const rows = await pg.query<{
    kind: Waiting['kind']
    name: string
    customer_ids: Buffer
    at: Date
    is_background: boolean
  }>(sql`
    SELECT t.kind, t.name, t.customer_ids, t.at, t.is_background FROM event_touch AS t
    WHERE t.batch = ANY(${batches}::bigint[])`)
  const taken: TakenTouches = {
    customerIds: [],
    events: new Set(),
    tags: new Set(),
    isAny: false,
    oldestAt: undefined,
  }
  const ids = new Set<number>()
  for (const { kind, name, customer_ids: bytes, at, is_background } of rows) {
    for (let from = 0; from < bytes.length; from += 4) ids.add(bytes.readUInt32LE(from))
    if (kind === 'event') taken.events.add(name)
    else if (kind === 'tag') taken.tags.add(name)
    else taken.isAny = true
    if (!is_background && (!taken.oldestAt || at < taken.oldestAt)) taken.oldestAt = at
  }
  taken.customerIds = [...ids].sort((one, other) => one - other)
  return taken
}

/** A pass that was cut off, now in our name: from here on its former holder decides nothing. */
export async function takeOver(pg: Postgres, holder: string): Promise<Pass | undefined> {
  const row = await pg.first<PassRow>(sql`
    UPDATE stream_pass SET holder = ${holder}, attempt = attempt + 1
    WHERE pass = (SELECT min(p.pass) FROM stream_pass AS p WHERE p.kind = 'touch') RETURNING *`)
  return row && passOf(row)
}

export async function beginPass(
  pg: Postgres,
  batches: readonly number[],
  holder: string,
  now: Date,
): Promise<Pass> {
  const row = await pg.first<PassRow>(sql`
    INSERT INTO stream_pass (pass, kind, state, holder, batches, started_at)
    VALUES (nextval('stream_pass_no'), 'touch', 'taken', ${holder}, ${batches}::bigint[], ${now}::timestamptz) RETURNING *`)
  if (!row) throw new Error('A pass could not be written')
  return passOf(row)
}

/** Thrown where another process has taken a pass over. */
export class PassLost extends Error {}

/** Writes down who goes in and out, once and for all; segments whose rule or refresh has changed since are left out. */
export const decidePass = (
  pg: Postgres,
  { pass, holder }: Pass,
  transitions: readonly Transition[],
  now: Date,
): Promise<void> =>
  pg.transaction(async (tx) => {
    const decided = await tx.execute(sql`
      UPDATE stream_pass SET state = 'decided', decided_at = ${now}::timestamptz
      WHERE pass = ${pass} AND holder = ${holder} AND state = 'taken'`)
    if (decided === 0) throw new PassLost(`Pass ${pass} was taken over`)
    if (transitions.length === 0) return
    const column = <T>(of: (one: Transition) => T): T[] => transitions.map(of)
    await tx.execute(sql`
      INSERT INTO stream_transition (pass, segment, version, refresh_id, customer_id, is_member)
      SELECT ${pass}, t.segment, t.version, t.refresh_id, t.customer_id, t.is_member
      FROM unnest(${column((one) => one.segment)}::text[], ${column((one) => one.version)}::int[],
        ${column((one) => one.refreshId)}::bigint[], ${column((one) => one.customerId)}::bigint[],
        ${column((one) => one.isMember)}::boolean[]) AS t(segment, version, refresh_id, customer_id, is_member)
      JOIN segment AS s ON s.key = t.segment AND s.version = t.version AND s.refresh_id = t.refresh_id AND s.state = 'active'`)
  })

export const readTransitions = async (pg: PgRunner, pass: number): Promise<Transition[]> => {
  const rows = await pg.query<{
    segment: string
    version: number
    refresh_id: number
    customer_id: number
    is_member: boolean
  }>(sql`
    SELECT t.segment, t.version, t.refresh_id, t.customer_id, t.is_member FROM stream_transition AS t
    WHERE t.pass = ${pass} ORDER BY t.segment, t.customer_id`)
  return rows.map((row) => ({
    segment: row.segment,
    version: row.version,
    refreshId: row.refresh_id,
    customerId: row.customer_id,
    isMember: row.is_member,
  }))
}

export type PassSummary = {
  customers: number
  entered: number
  left: number
  ms: number
  lagMs: number | undefined
}

/** Ends a pass whose facts and members are written: its touches go with it. A second time changes nothing. */
export const endPass = (
  pg: Postgres,
  { pass, batches }: Pass,
  summary: PassSummary,
  now: Date,
): Promise<void> =>
  pg.transaction(async (tx) => {
    await tx.execute(sql`
      UPDATE segment AS s SET has_recent = true, member_count = s.member_count + c.gained, refreshed_at = ${now}::timestamptz
      FROM (SELECT t.segment, t.refresh_id, sum(CASE WHEN t.is_member THEN 1 ELSE -1 END) AS gained
        FROM stream_transition AS t WHERE t.pass = ${pass} GROUP BY t.segment, t.refresh_id) AS c
      WHERE s.key = c.segment AND s.refresh_id = c.refresh_id`)
    if ((await tx.execute(sql`DELETE FROM stream_pass WHERE pass = ${pass}`)) === 0) return
    await tx.execute(sql`DELETE FROM event_touch WHERE batch = ANY(${batches}::bigint[])`)
    await tx.execute(sql`
      UPDATE stream_state SET passes = passes + 1, customers = customers + ${summary.customers},
        entered = entered + ${summary.entered}, left_count = left_count + ${summary.left},
        last_pass_at = ${now}::timestamptz, last_pass_ms = ${Math.round(summary.ms)},
        last_lag_ms = coalesce(${summary.lagMs ?? null}::int, last_lag_ms), last_error = NULL`)
  })
