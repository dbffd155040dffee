import type { Reject, RejectFilter, RejectQuery } from '#features/ingest/common/reject.ts'
import type { RejectPosition, RejectRow, RejectRows } from '#features/ingest/server/reject-rows.ts'
import { findStates, pageOfState, type RejectStateRow } from '#features/ingest/server/reject-states.ts'
import type { Page } from '#platform/common/http.ts'
import { decodeCursor, encodeCursor } from '#platform/server/page.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Rows looked at in one go where those already dealt with have to be left out, and how often before a page may end short. */
const scanRows = 1000
const mostScans = 20

export const describeReject = (row: RejectRow, state: RejectStateRow | undefined): Reject => ({
  rejectId: row.reject_id,
  receivedAt: new Date(row.received_ms).toISOString(),
  source: row.source,
  event: row.event,
  protocol: row.protocol,
  messageId: row.message_id,
  code: row.code,
  path: row.path,
  detail: row.detail,
  hasOriginal: row.has_original,
  state: state?.state ?? 'open',
  attempts: state?.attempts ?? 0,
  lastCode: state?.last_code ?? null,
  lastDetail: state?.last_detail ?? null,
  reason: state?.reason ?? null,
  changedBy: state?.changed_by ?? null,
  changedAt: state?.changed_at.toISOString() ?? null,
})

const positionOf = (row: RejectRow): RejectPosition => ({
  receivedMs: row.received_ms,
  rejectId: row.reject_id,
})

function readPosition(cursor: string | undefined): RejectPosition | undefined {
  const key = decodeCursor(cursor, 2)
  return key && { receivedMs: Number(key[0]), rejectId: String(key[1]) }
}

type Found = { row: RejectRow; state: RejectStateRow | undefined }

/** Lists of rejects: rows from the warehouse, what became of them from PostgreSQL. */
export function createRejectPages({ pg, rows }: { pg: PgRunner; rows: RejectRows }) {
  /** Open ones (or all); a page may end short of `limit` after very many that are not, and then says where to go on. */
  async function openOrAll(
    filter: RejectFilter,
    only: 'open' | 'all',
    limit: number,
    start: RejectPosition | undefined,
    withOriginal = false,
  ): Promise<{ found: Found[]; next: RejectPosition | undefined }> {
    const found: Found[] = []
    let position = start
    const chunk = only === 'all' ? limit + 1 : Math.max(limit + 1, withOriginal ? limit : scanRows)
    for (let scan = 0; scan < mostScans; scan += 1) {
      const page = await rows.page(filter, chunk, position, withOriginal)
      const states = await findStates(
        pg,
        page.map((row) => row.reject_id),
      )
      for (const row of page) {
        const state = states.get(row.reject_id)
        if (only === 'open' && state && state.state !== 'open') {
          position = positionOf(row)
          continue
        }
        if (found.length === limit) return { found, next: position }
        found.push({ row, state })
        position = positionOf(row)
      }
      if (page.length < chunk) return { found, next: undefined }
    }
    return { found, next: position }
  }

  async function ofState(query: RejectQuery, state: 'replayed' | 'dismissed'): Promise<Page<Reject>> {
    const states = await pageOfState(pg, query, state, query.limit + 1, readPosition(query.cursor))
    const shown = states.slice(0, query.limit)
    const times = shown.map((row) => row.received_at.getTime())
    const bounds = { fromMs: Math.min(...times), toMs: Math.max(...times) }
    const found = await rows.byIds(
      shown.map((row) => row.reject_id),
      bounds,
    )
    const rowOf = new Map(found.map((row) => [row.reject_id, row]))
    const last = shown.at(-1)
    return {
      // Retention may have taken the message itself by now.
      items: shown.flatMap((state) => {
        const row = rowOf.get(state.reject_id)
        return row ? [describeReject(row, state)] : []
      }),
      nextCursor:
        states.length > query.limit && last
          ? encodeCursor([last.received_at.getTime(), last.reject_id])
          : null,
    }
  }

  return {
    openOrAll,
    async list(query: RejectQuery): Promise<Page<Reject>> {
      if (query.state === 'replayed' || query.state === 'dismissed') return ofState(query, query.state)
      const start = readPosition(query.cursor)
      const { found, next } = await openOrAll(query, query.state, query.limit, start)
      return {
        items: found.map(({ row, state }) => describeReject(row, state)),
        nextCursor: next ? encodeCursor([next.receivedMs, next.rejectId]) : null,
      }
    },
  }
}

export type RejectPages = ReturnType<typeof createRejectPages>
