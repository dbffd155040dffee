import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { Approval, ApprovalQuery, Decide } from '#features/campaigns/common/campaign.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import {
  type ApprovalRow,
  approvalRows,
  withdrawApproval,
} from '#features/campaigns/server/approval-store.ts'
import type { Materials } from '#features/campaigns/server/campaign-material.ts'
import {
  asOwn,
  idCursor,
  lockCampaign,
  stateAfter,
  updateCampaign,
} from '#features/campaigns/server/campaign-store.ts'
import { contentHash } from '#features/campaigns/server/content-hash.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type ApprovalService = ReturnType<typeof createApprovalService>
type Decision = { kind: 'approve' | 'reject' } & z.infer<typeof Decide>

const inScope = (scope: OrgScope): Sql =>
  scope.everyone ? sql`true` : sql`a.owner_org_id = ANY(${[...scope.orgIds]}::int[])`

const mayDecide = (caller: Caller, row: ApprovalRow): boolean =>
  row.state === 'open' && caller.permissions.has('approval.decide') && !hasMade(caller, row)

/** Whoever had a hand in the content: its writers and whoever submitted it. */
const hasMade = (caller: Caller, row: ApprovalRow): boolean =>
  row.maker === caller.username || row.content.makers.includes(caller.username)

/** Four eyes: an approval by someone else, bound to exactly the content they read. */
export function createApprovalService(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  materials: Materials
}) {
  const { pg, clock, audit, materials } = deps

  async function find(runner: PgRunner, scope: OrgScope, approvalId: number): Promise<ApprovalRow> {
    const row = await runner.first<ApprovalRow>(
      sql`${approvalRows} WHERE a.approval_id = ${approvalId} AND ${inScope(scope)}`,
    )
    if (!row) throw campaignError('APPROVAL_NOT_FOUND', { approvalId })
    return row
  }

  async function decideLocked(
    tx: PgRunner,
    caller: Caller,
    row: ApprovalRow,
    decision: Decision,
  ): Promise<void> {
    const campaign = asOwn(await lockCampaign(tx, row.object_key), decision.kind)
    const { state } = await find(tx, caller.scopeOf('approval.decide'), row.approval_id)
    if (state !== 'open') throw campaignError('APPROVAL_DECIDED', { state })
    const next = stateAfter(campaign, decision.kind)
    await tx.execute(sql`
      UPDATE approval AS a SET state = ${next}, checker = ${caller.username}, reason = ${decision.reason},
        decided_at = ${clock.now()}::timestamptz
      WHERE a.approval_id = ${row.approval_id}`)
    await updateCampaign(tx, campaign, sql`state = ${next}`, clock.now())
    await audit.record(tx, {
      actor: caller.username,
      action: `campaign.${decision.kind}`,
      objectType: 'campaign',
      objectId: row.object_key,
      orgId: row.owner_org_id,
      before: { state: campaign.state },
      after: { state: next, approvalId: row.approval_id, contentHash: row.content_hash },
      reason: decision.reason || undefined,
    })
  }

  /** What was submitted is no longer what would run: back to a draft, without a decision. */
  async function voidStale(caller: Caller, row: ApprovalRow): Promise<never> {
    await pg.transaction(async (tx) => {
      const campaign = await lockCampaign(tx, row.object_key)
      const { state } = await find(tx, caller.scopeOf('approval.decide'), row.approval_id)
      if (state !== 'open') throw campaignError('APPROVAL_DECIDED', { state })
      await withdrawApproval(tx, row.object_key, 'The content changed.', clock.now())
      await updateCampaign(tx, campaign, sql`state = ${stateAfter(campaign, 'void')}`, clock.now())
      await audit.record(tx, {
        actor: caller.username,
        action: 'campaign.void',
        objectType: 'campaign',
        objectId: row.object_key,
        orgId: row.owner_org_id,
        before: { state: campaign.state },
        after: { state: 'draft', approvalId: row.approval_id },
      })
    })
    throw campaignError('APPROVAL_STALE', { key: row.object_key })
  }

  async function isStale(row: ApprovalRow): Promise<boolean> {
    const material = await materials.of(row.content.body, row.owner_org_id)
    return contentHash(material) !== row.content_hash
  }

  return {
    /** Approvals of campaigns owned inside the scope, newest first. */
    async list(
      caller: Caller,
      scope: OrgScope,
      query: z.infer<typeof ApprovalQuery>,
    ): Promise<Page<Approval>> {
      const after = idCursor(query.cursor)
      const conditions: Sql[] = [inScope(scope)]
      if (query.state) conditions.push(sql`a.state = ${query.state}`)
      if (after !== undefined) conditions.push(sql`a.approval_id < ${after}::int`)
      const where = conditions.reduce((all, one) => sql`${all} AND ${one}`)
      const rows = await pg.query<ApprovalRow>(
        sql`${approvalRows} WHERE ${where} ORDER BY a.approval_id DESC LIMIT ${query.limit + 1}`,
      )
      return toPage(
        rows,
        query.limit,
        (row) => [row.approval_id],
        (row) => describeApproval(row, mayDecide(caller, row)),
      )
    },

    async get(caller: Caller, scope: OrgScope, approvalId: number): Promise<Approval> {
      const row = await find(pg, scope, approvalId)
      return describeApproval(row, mayDecide(caller, row))
    },

    /** Decides an open approval. Nobody decides on what they made, and nobody on what they haven't read. */
    async decide(caller: Caller, approvalId: number, decision: Decision): Promise<Approval> {
      const scope = caller.scopeOf('approval.decide')
      const row = await find(pg, scope, approvalId)
      if (hasMade(caller, row)) throw campaignError('APPROVAL_OWN', {})
      if (row.state !== 'open') throw campaignError('APPROVAL_DECIDED', { state: row.state })
      if (row.content_hash !== decision.contentHash) throw campaignError('APPROVAL_CONTENT_CHANGED', {})
      if (decision.kind === 'approve' && (await isStale(row))) await voidStale(caller, row)
      await pg.transaction((tx) => decideLocked(tx, caller, row, decision))
      return describeApproval(await find(pg, scope, approvalId), false)
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

function describeApproval(row: ApprovalRow, isToDecide: boolean): Approval {
  return {
    approvalId: row.approval_id,
    objectType: 'campaign',
    objectKey: row.object_key,
    objectName: row.content.body.name,
    contentHash: row.content_hash,
    content: row.content.body,
    previousContent: row.previous_body,
    references: row.content.references,
    summary: row.summary,
    state: row.state,
    maker: row.maker,
    submittedAt: row.submitted_at.toISOString(),
    checker: row.checker,
    decidedAt: row.decided_at?.toISOString() ?? null,
    reason: row.reason,
    mayDecide: isToDecide,
  }
}
