import type { Audit } from '#features/audit/server/index.ts'
import type { BulkRejects, BulkResult, RejectFilter } from '#features/ingest/common/reject.ts'
import { messageToReplay } from '#features/ingest/server/reject-mend.ts'
import type { RejectPosition, RejectRow } from '#features/ingest/server/reject-rows.ts'
import type { Rejects } from '#features/ingest/server/reject-service.ts'
import { countDone, type RejectChange, saveStates } from '#features/ingest/server/reject-states.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import type { JobContext, Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const pageRows = 500

type BulkAction = 'replay' | 'dismiss'
type BulkInput = { action: BulkAction; filter: RejectFilter; reason: string; actor: string }

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): T[][] => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}

/** Deals with every open reject of a filter, as a job. Cut off by a crash it begins again; what is done is no longer open. */
export function createBulkRejects(deps: {
  pg: Postgres
  audit: Audit
  clock: Clock
  jobs: Jobs
  rejects: Rejects
}) {
  const { pg, audit, clock, jobs, rejects } = deps

  const attempt = (row: RejectRow, reason: string, code?: string, detail?: string): RejectChange => ({
    row,
    state: code === undefined ? 'replayed' : 'open',
    isAttempt: true,
    lastCode: code,
    lastDetail: detail,
    reason,
  })

  /** Messages of one source and protocol; those that can't be sent say why. */
  async function replayGroup(group: readonly RejectRow[], reason: string): Promise<RejectChange[]> {
    const ready: { row: RejectRow; message: Record<string, unknown> }[] = []
    const changes: RejectChange[] = []
    for (const row of group)
      try {
        ready.push({ row, message: messageToReplay(row, undefined, clock.now().getTime()) })
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        changes.push(attempt(row, reason, error.code, error.message))
      }
    const [first] = ready
    if (!first) return changes
    try {
      const { source, protocol } = first.row
      const refusals = await rejects.sendAgain(
        source,
        protocol,
        ready.map(({ message }) => message),
      )
      for (const [index, { row }] of ready.entries()) {
        const refusal = refusals[index]
        changes.push(attempt(row, reason, refusal?.code, refusal?.detail))
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.errorKind === 'unavailable') throw error
      for (const { row } of ready) changes.push(attempt(row, reason, error.code, error.message))
    }
    return changes
  }

  async function replayPage(page: readonly RejectRow[], reason: string): Promise<RejectChange[]> {
    const groups = groupBy(page, (row) => `${row.source}\0${row.protocol}`)
    const changes: RejectChange[] = []
    for (const group of groups) changes.push(...(await replayGroup(group, reason)))
    return changes
  }

  const dismissed = (page: readonly RejectRow[], reason: string): RejectChange[] =>
    page.map((row) => ({ row, state: 'dismissed', isAttempt: false, reason }))

  const notSent = new Set([
    'REJECT_WITHOUT_ORIGINAL',
    'REJECT_IDENTITY_MASKED',
    'SOURCE_REVOKED',
    'SOURCE_NOT_FOUND',
  ])

  function add(result: BulkResult, changes: readonly RejectChange[]): void {
    for (const { state, lastCode } of changes) {
      if (state === 'replayed') result.replayed += 1
      else if (state === 'dismissed') result.dismissed += 1
      else if (lastCode && notSent.has(lastCode)) result.skipped += 1
      else result.refused += 1
    }
  }

  async function run(input: BulkInput, context: JobContext): Promise<BulkResult> {
    const { action, filter, reason, actor } = input
    const total = (await rejects.rows.count(filter)) - (await countDone(pg, filter))
    const result: BulkResult = { replayed: 0, refused: 0, skipped: 0, dismissed: 0 }
    let position: RejectPosition | undefined
    let seen = 0
    do {
      const page = await rejects.pages.openOrAll(filter, 'open', pageRows, position, action === 'replay')
      const found = page.found.map(({ row }) => row)
      const changes = action === 'replay' ? await replayPage(found, reason) : dismissed(found, reason)
      await saveStates(pg, changes, actor, clock.now())
      add(result, changes)
      seen += found.length
      position = page.next
      await context.progress(total > 0 ? seen / total : 1)
    } while (position)
    await pg.transaction((tx) =>
      audit.record(tx, {
        actor,
        action: `reject.${action}.many`,
        objectType: 'reject',
        objectId: context.jobId,
        after: { filter, ...result },
        reason,
      }),
    )
    return result
  }
  jobs.define('rejects', run)

  return {
    /** Starts a job over what is open up to now: what it refuses anew does not keep it going. */
    async start(actor: string, action: BulkAction, { filter, reason }: BulkRejects): Promise<string> {
      const now = clock.now()
      const isPast = filter.to !== undefined && Date.parse(filter.to) <= now.getTime()
      const to = isPast ? filter.to : new Date(now.getTime() + 1).toISOString()
      const input: BulkInput = { action, filter: { ...filter, to }, reason, actor }
      return pg.transaction(async (tx) => {
        const jobId = await jobs.enqueue('rejects', input, actor, { tx })
        const entry = { actor, action: `reject.${action}.start`, objectType: 'reject', objectId: jobId }
        await audit.record(tx, { ...entry, after: { filter: input.filter }, reason })
        return jobId
      })
    },
  }
}

export type BulkRejectJobs = ReturnType<typeof createBulkRejects>
