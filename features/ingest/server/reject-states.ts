import type { RejectFilter } from '#features/ingest/common/reject.ts'
import type { RejectPosition, RejectRow } from '#features/ingest/server/reject-rows.ts'
import { joinSql, type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type RejectStateRow = {
  reject_id: string
  state: 'open' | 'replayed' | 'dismissed'
  received_at: Date
  attempts: number
  last_code: string | null
  last_detail: string | null
  reason: string | null
  changed_by: string
  changed_at: Date
}

/** What has become of a reject. An attempt that was refused again leaves it open. */
export type RejectChange = {
  row: RejectRow
  state: RejectStateRow['state']
  isAttempt: boolean
  lastCode?: string | undefined
  lastDetail?: string | undefined
  reason?: string | undefined
}

function conditionsOf(filter: RejectFilter): Sql {
  const same = (column: Sql, value: string | undefined) =>
    value === undefined ? [] : [sql`${column} = ${value}`]
  return joinSql(
    [
      sql`true`,
      ...same(sql`s.source`, filter.source),
      ...same(sql`s.code`, filter.code),
      ...same(sql`s.event`, filter.event),
      ...same(sql`s.protocol`, filter.protocol),
      ...(filter.from ? [sql`s.received_at >= ${filter.from}::timestamptz`] : []),
      ...(filter.to ? [sql`s.received_at < ${filter.to}::timestamptz`] : []),
    ],
    sql` AND `,
  )
}

export async function findStates(pg: PgRunner, ids: readonly string[]): Promise<Map<string, RejectStateRow>> {
  if (ids.length === 0) return new Map()
  const rows = await pg.query<RejectStateRow>(
    sql`SELECT s.* FROM reject_state AS s WHERE s.reject_id = ANY(${[...ids]}::uuid[])`,
  )
  return new Map(rows.map((row) => [row.reject_id, row]))
}

/** Those of a state, the newest reject first. */
export const pageOfState = (
  pg: PgRunner,
  filter: RejectFilter,
  state: 'replayed' | 'dismissed',
  limit: number,
  position: RejectPosition | undefined,
): Promise<RejectStateRow[]> =>
  pg.query(sql`
    SELECT s.* FROM reject_state AS s WHERE s.state = ${state} AND ${conditionsOf(filter)}
      AND ${
        position
          ? sql`(s.received_at, s.reject_id) < (${new Date(position.receivedMs)}::timestamptz, ${position.rejectId}::uuid)`
          : sql`true`
      }
    ORDER BY s.received_at DESC, s.reject_id DESC LIMIT ${limit}`)

/** How many of the filter are no longer open. */
export async function countDone(pg: PgRunner, filter: RejectFilter): Promise<number> {
  const row = await pg.first<{ n: string }>(
    sql`SELECT count(*) AS n FROM reject_state AS s WHERE s.state <> 'open' AND ${conditionsOf(filter)}`,
  )
  return Number(row?.n ?? 0)
}

/** Writes many at once. */
export async function saveStates(
  pg: PgRunner,
  changes: readonly RejectChange[],
  by: string,
  at: Date,
): Promise<void> {
  if (changes.length === 0) return
  const texts = (pick: (change: RejectChange) => string | null | undefined) =>
    changes.map((change) => pick(change) ?? null)
  await pg.execute(sql`
    INSERT INTO reject_state AS s (reject_id, state, received_at, source, event, code, protocol, attempts, last_code,
      last_detail, reason, changed_by, changed_at)
    SELECT t.id, t.state, to_timestamp(t.ms / 1000.0), t.source, t.event, t.code, t.protocol, t.attempts, t.last_code,
      t.last_detail, t.reason, ${by}, ${at}::timestamptz
    FROM unnest(${texts(({ row }) => row.reject_id)}::uuid[], ${texts(({ state }) => state)}::text[],
      ${changes.map(({ row }) => row.received_ms)}::bigint[], ${texts(({ row }) => row.source)}::text[],
      ${texts(({ row }) => row.event)}::text[], ${texts(({ row }) => row.code)}::text[],
      ${texts(({ row }) => row.protocol)}::text[], ${changes.map(({ isAttempt }) => (isAttempt ? 1 : 0))}::int[],
      ${texts(({ lastCode }) => lastCode)}::text[], ${texts(({ lastDetail }) => lastDetail)}::text[],
      ${texts(({ reason }) => reason)}::text[])
      AS t(id, state, ms, source, event, code, protocol, attempts, last_code, last_detail, reason)
    ON CONFLICT (reject_id) DO UPDATE SET state = excluded.state, attempts = s.attempts + excluded.attempts,
      last_code = excluded.last_code, last_detail = excluded.last_detail, reason = excluded.reason,
      changed_by = excluded.changed_by, changed_at = excluded.changed_at
    -- What was taken once stays taken, whatever a second attempt side by side with it says.
    WHERE s.state <> 'replayed' OR excluded.state = 'replayed'`)
}
