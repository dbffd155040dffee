import type { Audit } from '#features/audit/server/index.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type {
  Reject,
  RejectDetail,
  RejectFilter,
  RejectQuery,
  RejectSummary,
  ReplayAnswer,
} from '#features/ingest/common/reject.ts'
import type { Collector } from '#features/ingest/server/collector.ts'
import { changedPaths, messageToReplay, readOriginal } from '#features/ingest/server/reject-mend.ts'
import { createRejectPages, describeReject } from '#features/ingest/server/reject-pages.ts'
import { createRejectRows, type RejectRow, stepOf } from '#features/ingest/server/reject-rows.ts'
import {
  countDone,
  findStates,
  type RejectChange,
  saveStates,
} from '#features/ingest/server/reject-states.ts'
import { findSourceRow, writeKeyOf } from '#features/ingest/server/source-rows.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type RejectDeps = {
  pg: Postgres
  ch: ClickHouse
  audit: Audit
  clock: Clock
  collector: Pick<Collector, 'takeBatch'>
}

const dayMs = 86_400_000

/** What was refused: seeing it, mending it, sending it through the same gate again, or saying that it may stay refused. */
export function createRejects(deps: RejectDeps) {
  const { pg, audit, clock } = deps
  const rows = createRejectRows(deps)
  const pages = createRejectPages({ pg, rows })

  async function getRow(rejectId: string): Promise<RejectRow> {
    const [row] = await rows.byIds([rejectId], undefined, true)
    if (!row) throw ingestError('REJECT_NOT_FOUND', { rejectId })
    return row
  }
  const stateOf = async (rejectId: string) => (await findStates(pg, [rejectId])).get(rejectId)

  /** Changes one reject's state, with its audit record. */
  async function save(actor: string, action: string, change: RejectChange, after: object): Promise<void> {
    await pg.transaction(async (tx) => {
      await saveStates(tx, [change], actor, clock.now())
      const { reject_id: objectId, source, code } = change.row
      const entry = { actor, action, objectType: 'reject', objectId, after: { source, code, ...after } }
      await audit.record(tx, { ...entry, reason: change.reason })
    })
  }

  /** Sends messages of one source through the gate, with what that source may and no more; says what became of each. */
  async function sendAgain(source: string, protocol: string, messages: readonly Record<string, unknown>[]) {
    const found = await findSourceRow(pg, source)
    if (!found) throw ingestError('SOURCE_NOT_FOUND', { source })
    if (found.state === 'revoked') throw ingestError('SOURCE_REVOKED', { source })
    const key = writeKeyOf(found, '')
    const answer = await deps.collector.takeBatch(key, messages, { protocol, isReplay: true })
    const refusals = new Map(answer.rejected.map((refusal) => [refusal.index, refusal]))
    return messages.map((_, index) => refusals.get(index))
  }

  return {
    rows,
    pages,
    sendAgain,
    list: (query: RejectQuery): Promise<Page<Reject>> => pages.list(query),
    async get(rejectId: string): Promise<RejectDetail> {
      const row = await getRow(rejectId)
      const reject = describeReject(row, await stateOf(rejectId))
      return { ...reject, original: row.has_original ? row.original : null }
    },
    /** Counts of the time given, else of the last day. */
    async summary(given: RejectFilter): Promise<RejectSummary> {
      const asOf = clock.now()
      const toMs = given.to ? Date.parse(given.to) : asOf.getTime() + 1
      const fromMs = given.from ? Date.parse(given.from) : toMs - dayMs
      const filter = { ...given, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
      const stepSeconds = stepOf((toMs - fromMs) / 1000)
      const [total, done, byCode, bySource, series] = await Promise.all([
        rows.count(filter),
        countDone(pg, filter),
        rows.countBy(filter, 'code'),
        rows.countBy(filter, 'source'),
        rows.series(filter, stepSeconds),
      ])
      return {
        asOf: asOf.toISOString(),
        total,
        open: Math.max(0, total - done),
        byCode: byCode.map(({ value, count }) => ({ code: value, count })),
        bySource: bySource.map(({ value, count }) => ({ source: value, count })),
        stepSeconds,
        series,
      }
    },
    /** Sends one again, mended or as it was; the same message id makes a second time harmless. */
    async replay(
      actor: string,
      rejectId: string,
      given: Record<string, unknown> | undefined,
    ): Promise<ReplayAnswer> {
      const row = await getRow(rejectId)
      const before = await stateOf(rejectId)
      if (before?.state === 'dismissed') throw ingestError('REJECT_DONE', { state: 'dismissed' })
      const message = messageToReplay(row, given, clock.now().getTime())
      const [refusal] = await sendAgain(row.source, row.protocol, [message])
      const changed = given ? changedPaths(readOriginal(row), given) : []
      await save(
        actor,
        'reject.replay',
        {
          row,
          state: refusal ? 'open' : 'replayed',
          isAttempt: true,
          lastCode: refusal?.code,
          lastDetail: refusal?.detail,
        },
        { outcome: refusal ? 'rejected' : 'accepted', newCode: refusal?.code ?? null, changed },
      )
      if (!refusal) return { outcome: 'accepted', code: null, detail: null }
      return { outcome: 'rejected', code: refusal.code, detail: refusal.detail }
    },
    /** Says that it may stay refused. */
    async dismiss(actor: string, rejectId: string, reason: string): Promise<void> {
      const row = await getRow(rejectId)
      const before = await stateOf(rejectId)
      if (before && before.state !== 'open') throw ingestError('REJECT_DONE', { state: before.state })
      await save(actor, 'reject.dismiss', { row, state: 'dismissed', isAttempt: false, reason }, {})
    },
    /** Takes a dismissal back. */
    async reopen(actor: string, rejectId: string, reason: string): Promise<void> {
      const row = await getRow(rejectId)
      const before = await stateOf(rejectId)
      if (before?.state !== 'dismissed') throw ingestError('REJECT_DONE', { state: before?.state ?? 'open' })
      await save(actor, 'reject.reopen', { row, state: 'open', isAttempt: false, reason }, {})
    },
  }
}

export type Rejects = ReturnType<typeof createRejects>
