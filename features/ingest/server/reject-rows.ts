import type { RejectFilter } from '#features/ingest/common/reject.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

export type RejectRow = {
  reject_id: string
  received_ms: number
  source: string
  message_id: string
  event: string
  protocol: string
  code: string
  path: string
  detail: string
  has_original: boolean
  original: string
}
type RawRow = Omit<RejectRow, 'received_ms' | 'has_original'> & { received_ms: string; has_original: number }

/** Where a list goes on: time and id of the last row. */
export type RejectPosition = { receivedMs: number; rejectId: string }

const moment = (ms: number): Sql => sql`fromUnixTimestamp64Milli(${typed('Int64', ms)}, 'UTC')`
const same = (column: Sql, value: string | undefined): Sql[] =>
  value === undefined ? [] : [sql`${column} = ${typed('String', value)}`]

function conditionsOf(filter: RejectFilter): Sql {
  const conditions = [
    sql`1`,
    ...same(sql`r.source`, filter.source),
    ...same(sql`r.code`, filter.code),
    ...same(sql`r.event`, filter.event),
    ...same(sql`r.protocol`, filter.protocol),
    ...(filter.from ? [sql`r.received_at >= ${moment(Date.parse(filter.from))}`] : []),
    ...(filter.to ? [sql`r.received_at < ${moment(Date.parse(filter.to))}`] : []),
  ]
  return joinSql(conditions, sql` AND `)
}

const after = ({ receivedMs, rejectId }: RejectPosition): Sql => sql`(r.received_at < ${moment(receivedMs)}
  OR (r.received_at = ${moment(receivedMs)} AND toString(r.reject_id) < ${typed('String', rejectId)}))`

const columns = (withOriginal: boolean): Sql => sql`toString(r.reject_id) AS id,
  toString(toUnixTimestamp64Milli(r.received_at)) AS received_ms, r.source AS source, r.message_id AS message_id,
  r.event AS event, r.protocol AS protocol, r.code AS code, r.path AS path, r.detail AS detail,
  r.original != '' AS has_original, ${withOriginal ? sql`r.original` : sql`''`} AS original`

const read = ({ id, ...row }: RawRow & { id: string }): RejectRow => ({
  ...row,
  reject_id: id,
  received_ms: Number(row.received_ms),
  has_original: Number(row.has_original) === 1,
})

const seriesSteps = [60, 300, 900, 3600, 6 * 3600, 86_400]
const mostSteps = 100

/** Steps of a picture over that time: not more than one can see. */
export const stepOf = (seconds: number): number =>
  seriesSteps.find((step) => seconds / step <= mostSteps) ?? 7 * 86_400

/** Rejects as they lie in the warehouse; a row loaded twice shows once. */
export function createRejectRows({ ch }: { ch: ClickHouse }) {
  return {
    /** The newest first. */
    async page(
      filter: RejectFilter,
      limit: number,
      position: RejectPosition | undefined,
      withOriginal = false,
    ): Promise<RejectRow[]> {
      const rows = await ch.query<RawRow & { id: string }>(sql`
        SELECT ${columns(withOriginal)} FROM event_reject AS r
        WHERE ${conditionsOf(filter)} AND ${position ? after(position) : sql`1`}
        ORDER BY r.received_at DESC, id DESC LIMIT 1 BY id LIMIT ${typed('UInt32', limit)}`)
      return rows.map(read)
    },
    /** Those of these ids, in no order; `from` and `to` bound where to look. */
    async byIds(
      ids: readonly string[],
      bounds: { fromMs: number; toMs: number } | undefined,
      withOriginal = false,
    ): Promise<RejectRow[]> {
      if (ids.length === 0) return []
      const within = bounds
        ? sql`r.received_at BETWEEN ${moment(bounds.fromMs)} AND ${moment(bounds.toMs)}`
        : sql`1`
      const rows = await ch.query<RawRow & { id: string }>(sql`
        SELECT ${columns(withOriginal)} FROM event_reject AS r
        WHERE r.reject_id IN ${typed('Array(UUID)', ids)} AND ${within} LIMIT 1 BY id`)
      return rows.map(read)
    },
    async count(filter: RejectFilter): Promise<number> {
      const row = await ch.first<{ n: string }>(
        sql`SELECT uniqExact(r.reject_id) AS n FROM event_reject AS r WHERE ${conditionsOf(filter)}`,
      )
      return Number(row?.n ?? 0)
    },
    /** Counts by what `column` says, the largest first. */
    async countBy(filter: RejectFilter, column: 'code' | 'source') {
      const by = column === 'code' ? sql`r.code` : sql`r.source`
      const rows = await ch.query<{ value: string; n: string }>(sql`
        SELECT ${by} AS value, uniqExact(r.reject_id) AS n FROM event_reject AS r WHERE ${conditionsOf(filter)}
        GROUP BY value ORDER BY n DESC, value LIMIT 50`)
      return rows.map((row) => ({ value: row.value, count: Number(row.n) }))
    },
    async series(filter: RejectFilter, stepSeconds: number) {
      const step = typed('UInt32', stepSeconds)
      const rows = await ch.query<{ at: string; code: string; n: string }>(sql`
        SELECT toString(intDiv(toUnixTimestamp(r.received_at), ${step}) * ${step}) AS at, r.code AS code,
          uniqExact(r.reject_id) AS n
        FROM event_reject AS r WHERE ${conditionsOf(filter)} GROUP BY at, code ORDER BY toUInt64(at), code LIMIT 5000`)
      return rows.map((row) => ({
        at: new Date(Number(row.at) * 1000).toISOString(),
        code: row.code,
        count: Number(row.n),
      }))
    },
  }
}

export type RejectRows = ReturnType<typeof createRejectRows>
