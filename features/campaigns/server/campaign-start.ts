import { approvalError } from '#features/approvals/common/approval-errors.ts'
import { type Approvals, contentHash } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import { isHoldoutSql } from '#features/campaigns/common/assignment.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import type { Audience } from '#features/campaigns/server/audience.ts'
import type { CampaignAccess } from '#features/campaigns/server/campaign-access.ts'
import type { Materials } from '#features/campaigns/server/campaign-material.ts'
import { isMember, tierSql } from '#features/campaigns/server/campaign-members.ts'
import {
  asOwn,
  auditView,
  findCampaign,
  isOver,
  lockCampaign,
  lockUnchanged,
  type OwnCampaignRow,
  stateAfter,
  updateCampaign,
} from '#features/campaigns/server/campaign-store.ts'
import { aumByCustomer } from '#features/customers/server/index.ts'
import type { Delivery } from '#features/delivery/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { AppError } from '#platform/common/errors.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { JobContext } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

export type StartDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  audit: Audit
  approvals: Pick<Approvals, 'approvedHash' | 'withdraw'>
  access: CampaignAccess
  materials: Materials
  audience: Audience
  delivery: Pick<Delivery, 'setContent'>
  /** Throws where the audience stands on a segment that nothing may be sent to. */
  checkSendable?: (audience: Rule) => Promise<void>
  timeZone: string
}
export type StartInput = { key: string; by: string }
export type StartResult = { key: string; eligible: number; control: number }

/** Arms of campaigns of our own. */
export const arms = { treated: 'treatment', control: 'holdout' } as const

/** Narrows the read of balances to the scope's customers. */
const customersIn = (scope: OrgScope): Sql =>
  scope.everyone
    ? sql`1`
    : sql`b.customer_id IN (SELECT c.customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')})`

type Progress = Pick<JobContext, 'progress'>
type MemberRow = { customerId: number; arm: string; isControl: number; orgId: number; rmStaffId: number }

/**
 * Starts a campaign: fixes who is eligible and in which arm, once, then gives everyone a run. Cut off anywhere it can be
 * done again: an evaluation that isn't published is never read, and runs are added only where there is none.
 */
export function createCampaignStart(deps: StartDeps) {
  const { pg, ch, clock, audit, approvals, access, materials, audience, delivery, timeZone } = deps

  /** Makes sure that what would run is what was approved; if not, the campaign is a draft again. */
  async function checkApproval(campaign: OwnCampaignRow, by: string): Promise<void> {
    await deps.checkSendable?.(campaign.body.audience)
    const [material, approved] = await Promise.all([
      materials.of(campaign.body, campaign.owner_org_id),
      approvals.approvedHash({ objectType: 'campaign', key: campaign.key }),
    ])
    if (contentHash(material) === approved) return
    await pg.transaction(async (tx) => {
      const row = await lockUnchanged(tx, campaign, 'start')
      const state = stateAfter(row, 'void')
      await updateCampaign(tx, row, sql`state = ${state}`, clock.now())
      await approvals.withdraw(tx, { objectType: 'campaign', key: row.key }, 'The content changed.')
      await audit.record(tx, {
        actor: by,
        action: 'campaign.void',
        objectType: 'campaign',
        objectId: row.key,
        orgId: row.owner_org_id,
        before: { state: row.state, contentHash: approved },
        after: { state, contentHash: contentHash(material) },
      })
    })
    throw approvalError('APPROVAL_STALE', { key: campaign.key })
  }

  /** Writes one evaluation of the audience; it counts only once it is published. */
  async function evaluate(campaign: OwnCampaignRow, startId: number, at: Date): Promise<void> {
    const scope = await access.scopeOfUnit(campaign.owner_org_id)
    const members = await audience.memberIds(scope, campaign.body.audience)
    // Not narrowed to the members: that would evaluate the audience a second time, perhaps with another result.
    const aum = aumByCustomer(bankDay(at, timeZone), customersIn(scope))
    const isHoldout = isHoldoutSql(campaign.key, sql`c.customer_no`, campaign.body.holdoutPercent)
    const insert = sql`
      INSERT INTO campaign_member (campaign_id, start_id, customer_id, arm, is_control, org_id, rm_staff_id, eligible_at,
        opening_aum, opening_tier, ver)
      SELECT ${typed('UInt32', campaign.campaign_id)}, ${typed('UInt64', startId)}, c.customer_id,
        if(${isHoldout}, ${typed('String', arms.control)}, ${typed('String', arms.treated)}), ${isHoldout},
        c.org_id, c.rm_staff_id, ${typed("DateTime64(3, 'UTC')", at)}, toDecimal64(a.aum, 2), ${tierSql(sql`a.aum`)}, 1
      FROM customer AS c FINAL LEFT JOIN (${aum}) AS a ON a.customer_id = c.customer_id
      WHERE c.customer_id IN (${members}) AND ${clickHouseScope(scope, 'c')}`
    await ch.onEachShard((shard) => shard.command(insert, { lane: 'jobs' }), { writes: true })
  }

  /** Evaluates the audience and publishes the result, unless an earlier start has done so. */
  async function fixMembers(campaign: OwnCampaignRow, by: string): Promise<OwnCampaignRow> {
    if (campaign.start_id !== null) return campaign
    await checkApproval(campaign, by)
    const sequence = await pg.first<{ id: number }>(sql`SELECT nextval('campaign_start_id') AS id`)
    const startId = sequence?.id ?? 0
    const at = clock.now()
    await evaluate(campaign, startId, at)
    await checkApproval(campaign, by)
    return pg.transaction(async (tx) => {
      const row = asOwn(await lockCampaign(tx, campaign.key), 'start')
      // Another start was faster: its evaluation counts, this one is never read.
      if (row.start_id !== null) return row
      stateAfter(row, 'start')
      if (row.version !== campaign.version) throw campaignError('CAMPAIGN_CHANGED', { key: row.key })
      const set = sql`start_id = ${startId}, started_at = ${at}::timestamptz`
      return asOwn(await updateCampaign(tx, row, set, clock.now()), 'start')
    })
  }

  async function addRuns(campaign: OwnCampaignRow, rows: readonly MemberRow[]): Promise<void> {
    const startedAt = campaign.started_at ?? clock.now()
    const firstDue = new Date(Math.max(startedAt.getTime(), Date.parse(campaign.body.from)))
    await pg.execute(sql`
      INSERT INTO campaign_run (campaign_id, customer_id, arm, is_control, org_id, rm_staff_id, due_at, eligible_at)
      SELECT ${campaign.campaign_id}::int, m.customer_id, m.arm, m.is_control, m.org_id, nullif(m.rm_staff_id, 0),
        CASE WHEN NOT m.is_control THEN ${firstDue}::timestamptz END, ${startedAt}::timestamptz
      FROM unnest(${rows.map((row) => row.customerId)}::bigint[], ${rows.map((row) => row.arm)}::text[],
        ${rows.map((row) => row.isControl === 1)}::boolean[], ${rows.map((row) => row.orgId)}::int[],
        ${rows.map((row) => row.rmStaffId)}::int[]) AS m (customer_id, arm, is_control, org_id, rm_staff_id)
      ON CONFLICT (campaign_id, customer_id) DO NOTHING`)
  }

  async function count(campaign: OwnCampaignRow): Promise<StartResult> {
    const counted = await ch.first<{ eligible: string; control: string }>(
      sql`SELECT count() AS eligible, countIf(m.is_control = 1) AS control
        FROM campaign_member AS m FINAL WHERE ${isMember(campaign, scopeOfEveryone)}`,
      { lane: 'jobs' },
    )
    return {
      key: campaign.key,
      eligible: Number(counted?.eligible ?? 0),
      control: Number(counted?.control ?? 0),
    }
  }

  async function copyRuns(campaign: OwnCampaignRow, context: Progress): Promise<StartResult> {
    const result = await count(campaign)
    const stream = ch.stream<MemberRow>(
      sql`SELECT m.customer_id AS customerId, m.arm AS arm, m.is_control AS isControl, m.org_id AS orgId,
        m.rm_staff_id AS rmStaffId FROM campaign_member AS m FINAL WHERE ${isMember(campaign, scopeOfEveryone)}`,
      { lane: 'jobs' },
    )
    let copied = 0
    for await (const rows of stream) {
      await addRuns(campaign, rows)
      copied += rows.length
      await context.progress(0.3 + (0.7 * copied) / Math.max(1, result.eligible))
    }
    return result
  }

  async function goLive(campaign: OwnCampaignRow, by: string, result: StartResult): Promise<void> {
    const { offer, from, to } = campaign.body
    await pg.transaction(async (tx) => {
      const row = asOwn(await lockCampaign(tx, campaign.key), 'start')
      if (row.state !== 'approved') return
      await delivery.setContent(tx, {
        campaignId: row.campaign_id,
        campaignKey: row.key,
        title: offer.title,
        body: offer.body,
        link: offer.link,
        liveFrom: new Date(from),
        liveTo: new Date(to),
        isLive: true,
      })
      const set = sql`state = ${stateAfter(row, 'start')}, last_error = NULL`
      const after = await updateCampaign(tx, row, set, clock.now())
      await audit.record(tx, {
        actor: by,
        action: 'campaign.start',
        objectType: 'campaign',
        objectId: row.key,
        orgId: row.owner_org_id,
        before: { state: row.state },
        after: { ...auditView(after), eligible: result.eligible, control: result.control },
      })
    })
  }

  async function start({ key, by }: StartInput, context: Progress): Promise<StartResult> {
    const found = await findCampaign(pg, key)
    if (!found) throw campaignError('CAMPAIGN_NOT_FOUND', { key })
    const campaign = asOwn(found, 'start')
    if (campaign.state === 'running' || campaign.state === 'paused') return count(campaign)
    stateAfter(campaign, 'start')
    if (campaign.start_id === null && isOver(campaign, clock.now()))
      throw campaignError('CAMPAIGN_OVER', { key, to: campaign.body.to })
    const fixed = await fixMembers(campaign, by)
    await context.progress(0.3)
    const result = await copyRuns(fixed, context)
    await goLive(fixed, by, result)
    return result
  }

  return {
    checkApproval,

    /** The work of a start; done again it finishes what is missing. What went wrong is kept with the campaign. */
    async run(input: StartInput, context: Progress): Promise<StartResult> {
      try {
        return await start(input, context)
      } catch (error) {
        const words = error instanceof AppError ? error.message : 'Something failed here. It has been logged.'
        // The note may fail for the same reason; what went wrong first is what counts.
        await pg
          .execute(sql`UPDATE campaign AS c SET last_error = ${words} WHERE c.key = ${input.key}`)
          .catch(() => 0)
        throw error
      }
    },
  }
}
