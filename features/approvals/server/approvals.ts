import type { z } from 'zod'
import type { Approval, ApprovalQuery, Decide } from '#features/approvals/common/approval.ts'
import { approvalError } from '#features/approvals/common/approval-errors.ts'
import {
  type ApprovalRow,
  approvalRows,
  approvedHash,
  insertApproval,
  type Submission,
  withdrawApproval,
} from '#features/approvals/server/approval-store.ts'
import type { Audit } from '#features/audit/server/index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { idCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type Approvals = ReturnType<typeof createApprovals>
type Decision = { kind: 'approve' | 'reject' } & z.infer<typeof Decide>

/** What became of an approval: decided by someone, or void because the content is no longer what was submitted. */
export type ApprovalOutcome = 'approve' | 'reject' | 'void'

/** An approval as the feature that submitted it gets it back. */
export type DecidedApproval = {
  approvalId: number
  key: string
  body: unknown
  makers: readonly string[]
  maker: string
  contentHash: string
}

/** What a feature says of the things it sends to approval. */
export type ApprovalObject = {
  /** The name of the thing, from its content. */
  nameOf(body: unknown): string
  /** Locks the thing itself, before its approval is: every way takes both in this order. */
  lock?(tx: PgRunner, key: string): Promise<unknown>
  /** The hash of what would take effect now; where it differs from what was submitted the approval is void. */
  currentHash?(approval: DecidedApproval, ownerOrgId: number): Promise<string>
  /** Takes the thing to its next state, in the transaction of the decision; gives the states for the audit. */
  onDecided(
    tx: PgRunner,
    approval: DecidedApproval,
    outcome: ApprovalOutcome,
    by: string,
  ): Promise<{ from: string; to: string }>
}

const inScope = (scope: OrgScope): Sql =>
  scope.everyone ? sql`true` : sql`a.owner_org_id = ANY(${[...scope.orgIds]}::int[])`

/** Whoever had a hand in the content: its writers and whoever submitted it. */
const hasMade = (caller: Caller, row: ApprovalRow): boolean =>
  row.maker === caller.username || row.content.makers.includes(caller.username)
const hasApproved = (caller: Caller, row: ApprovalRow): boolean =>
  row.steps.some((step) => step.checker === caller.username)
const mayDecide = (caller: Caller, row: ApprovalRow): boolean =>
  row.state === 'open' &&
  caller.permissions.has('approval.decide') &&
  !hasMade(caller, row) &&
  !hasApproved(caller, row)

/** Four eyes, or six: an approval by others than the makers, bound to exactly the content they read. */
export function createApprovals(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  const { pg, clock, audit } = deps
  const objects = new Map<string, ApprovalObject>()

  function objectOf(row: ApprovalRow): ApprovalObject {
    const object = objects.get(row.object_type)
    if (!object) throw new Error(`No feature says what becomes of an approved ${row.object_type}`)
    return object
  }

  async function find(runner: PgRunner, scope: OrgScope, approvalId: number): Promise<ApprovalRow> {
    const row = await runner.first<ApprovalRow>(
      sql`${approvalRows} WHERE a.approval_id = ${approvalId} AND ${inScope(scope)}`,
    )
    if (!row) throw approvalError('APPROVAL_NOT_FOUND', { approvalId })
    return row
  }

  /** Locks the thing, then its approval, which has to be open still. */
  async function lockOpen(tx: PgRunner, caller: Caller, row: ApprovalRow): Promise<ApprovalRow> {
    await objectOf(row).lock?.(tx, row.object_key)
    await tx.execute(sql`SELECT 1 FROM approval AS a WHERE a.approval_id = ${row.approval_id} FOR UPDATE`)
    const locked = await find(tx, caller.scopeOf('approval.decide'), row.approval_id)
    if (locked.state !== 'open') throw approvalError('APPROVAL_DECIDED', { state: locked.state })
    if (hasApproved(caller, locked)) throw approvalError('APPROVAL_SECOND', {})
    return locked
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    row: ApprovalRow,
    what: { action: string; from: string; to: string; reason?: string },
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action: `${row.object_type}.${what.action}`,
      objectType: row.object_type,
      objectId: row.object_key,
      orgId: row.owner_org_id,
      before: { state: what.from },
      after: { state: what.to, approvalId: row.approval_id, contentHash: row.content_hash },
      reason: what.reason || undefined,
    })

  async function decideLocked(tx: PgRunner, caller: Caller, found: ApprovalRow, decision: Decision) {
    const row = await lockOpen(tx, caller, found)
    const { kind, reason } = decision
    const level = row.steps.length + 1
    if (kind === 'approve') {
      await tx.execute(sql`
        INSERT INTO approval_step (approval_id, level, checker, reason, at)
        VALUES (${row.approval_id}, ${level}, ${caller.username}, ${reason}, ${clock.now()}::timestamptz)`)
      if (level < row.levels) {
        await record(tx, caller, row, { action: 'approveFirst', from: 'submitted', to: 'submitted', reason })
        return
      }
    }
    await tx.execute(sql`
      UPDATE approval AS a SET state = ${kind === 'approve' ? 'approved' : 'rejected'}, checker = ${caller.username},
        reason = ${reason}, decided_at = ${clock.now()}::timestamptz
      WHERE a.approval_id = ${row.approval_id}`)
    const states = await objectOf(row).onDecided(tx, decidedOf(row), kind, caller.username)
    await record(tx, caller, row, { action: kind, ...states, reason })
  }

  /** What was submitted is no longer what would take effect: back to its maker, without a decision. */
  async function voidStale(caller: Caller, found: ApprovalRow): Promise<never> {
    await pg.transaction(async (tx) => {
      const row = await lockOpen(tx, caller, found)
      const object = { objectType: row.object_type, key: row.object_key }
      await withdrawApproval(tx, object, 'The content changed.', clock.now())
      const states = await objectOf(row).onDecided(tx, decidedOf(row), 'void', caller.username)
      await record(tx, caller, row, { action: 'void', ...states })
    })
    throw approvalError('APPROVAL_STALE', { key: found.object_key })
  }

  async function isStale(row: ApprovalRow): Promise<boolean> {
    const { currentHash } = objectOf(row)
    return (
      currentHash !== undefined && (await currentHash(decidedOf(row), row.owner_org_id)) !== row.content_hash
    )
  }

  const describe = (caller: Caller, row: ApprovalRow): Approval => ({
    ...describeApproval(row, mayDecide(caller, row)),
    objectName: objects.get(row.object_type)?.nameOf(row.content.body) ?? row.object_key,
  })

  return {
    /** A feature says here what becomes of its things once they are decided on. */
    define(objectType: string, object: ApprovalObject): void {
      objects.set(objectType, object)
    },

    /** Sends exactly this content to be approved by others than its makers; gives the approval. */
    submit: (tx: PgRunner, input: Submission): Promise<number> => insertApproval(tx, input, clock.now()),

    /** Ends the open approval of a thing, if there is one, without a decision. */
    withdraw: (tx: PgRunner, object: { objectType: string; key: string }, reason = ''): Promise<void> =>
      withdrawApproval(tx, object, reason, clock.now()),

    /** The content hash a thing was last approved with. */
    approvedHash: (object: { objectType: string; key: string }) => approvedHash(pg, object),

    /** Approvals of things owned inside the scope, newest first. */
    async list(caller: Caller, scope: OrgScope, query: ApprovalQuery): Promise<Page<Approval>> {
      const after = idCursor(query.cursor)
      const conditions: Sql[] = [inScope(scope)]
      if (query.state) conditions.push(sql`a.state = ${query.state}`)
      if (query.objectType) conditions.push(sql`a.object_type = ${query.objectType}`)
      if (query.objectKey) conditions.push(sql`a.object_key = ${query.objectKey}`)
      if (after !== undefined) conditions.push(sql`a.approval_id < ${after}::int`)
      const where = conditions.reduce((all, one) => sql`${all} AND ${one}`)
      const rows = await pg.query<ApprovalRow>(
        sql`${approvalRows} WHERE ${where} ORDER BY a.approval_id DESC LIMIT ${query.limit + 1}`,
      )
      return toPage(
        rows,
        query.limit,
        (row) => [row.approval_id],
        (row) => describe(caller, row),
      )
    },

    async get(caller: Caller, scope: OrgScope, approvalId: number): Promise<Approval> {
      return describe(caller, await find(pg, scope, approvalId))
    },

    /** Decides an open approval. Nobody decides on what they made, and nobody on what they haven't read. */
    async decide(caller: Caller, approvalId: number, decision: Decision): Promise<Approval> {
      const scope = caller.scopeOf('approval.decide')
      const row = await find(pg, scope, approvalId)
      if (hasMade(caller, row)) throw approvalError('APPROVAL_OWN', {})
      if (row.state !== 'open') throw approvalError('APPROVAL_DECIDED', { state: row.state })
      if (hasApproved(caller, row)) throw approvalError('APPROVAL_SECOND', {})
      if (row.content_hash !== decision.contentHash) throw approvalError('APPROVAL_CONTENT_CHANGED', {})
      if (decision.kind === 'approve' && (await isStale(row))) await voidStale(caller, row)
      await pg.transaction((tx) => decideLocked(tx, caller, row, decision))
      return describe(caller, await find(pg, scope, approvalId))
    },

    /** How many approvals wait in a scope. */
    async countOpen(scope: OrgScope): Promise<number> {
      const row = await pg.first<{ count: number }>(
        sql`SELECT count(*) AS count FROM approval AS a WHERE a.state = 'open' AND ${inScope(scope)}`,
      )
      return row?.count ?? 0
    },
  }
}

const decidedOf = (row: ApprovalRow): DecidedApproval => ({
  approvalId: row.approval_id,
  key: row.object_key,
  body: row.content.body,
  makers: row.content.makers,
  maker: row.maker,
  contentHash: row.content_hash,
})

function describeApproval(row: ApprovalRow, isToDecide: boolean): Omit<Approval, 'objectName'> {
  return {
    approvalId: row.approval_id,
    objectType: row.object_type,
    objectKey: row.object_key,
    contentHash: row.content_hash,
    content: row.content.body,
    previousContent: row.previous_body,
    references: row.content.references,
    summary: row.summary,
    state: row.state,
    levels: row.levels,
    steps: row.steps,
    maker: row.maker,
    submittedAt: row.submitted_at.toISOString(),
    checker: row.checker,
    decidedAt: row.decided_at?.toISOString() ?? null,
    reason: row.reason,
    mayDecide: isToDecide,
  }
}
