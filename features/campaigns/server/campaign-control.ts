import type { Audit } from '#features/audit/server/index.ts'
import type { Campaign, StopReport } from '#features/campaigns/common/campaign.ts'
import { campaignError } from '#features/campaigns/common/campaign-errors.ts'
import type { CampaignStep } from '#features/campaigns/common/campaign-state.ts'
import type { CampaignService } from '#features/campaigns/server/campaign-service.ts'
import type { StartInput } from '#features/campaigns/server/campaign-start.ts'
import {
  asOwn,
  type CampaignRow,
  isOver,
  lockCampaign,
  type OwnCampaignRow,
  stateAfter,
  updateCampaign,
} from '#features/campaigns/server/campaign-store.ts'
import { sentCounts } from '#features/campaigns/server/sent-counts.ts'
import type { Delivery } from '#features/delivery/server/index.ts'
import type { Tasks } from '#features/tasks/server/index.ts'
import type { Caller } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type ControlDeps = {
  pg: Postgres
  clock: Clock
  audit: Audit
  jobs: Pick<Jobs, 'enqueue'>
  service: CampaignService
  checkApproval: (campaign: OwnCampaignRow, by: string) => Promise<void>
  delivery: Pick<Delivery, 'setLive' | 'closePlacements'>
  tasks: Pick<Tasks, 'cancelOpen'>
}

export const startJob = 'campaign.start'
export const advanceJob = 'campaign.advance'

/** Starting, pausing, resuming, stopping, ending and closing campaigns. */
export function createCampaignControl(deps: ControlDeps) {
  const { pg, clock, audit, jobs, service, delivery, tasks } = deps

  type Change = { step: CampaignStep; by: string; set?: Sql; after?: object; reason?: string }

  async function take(tx: PgRunner, row: CampaignRow, change: Change): Promise<CampaignRow> {
    const { step, by, reason } = change
    const state = stateAfter(row, step)
    const set = change.set ? sql`state = ${state}, ${change.set}` : sql`state = ${state}`
    const after = await updateCampaign(tx, row, set, clock.now())
    await audit.record(tx, {
      actor: by,
      action: `campaign.${step}`,
      objectType: 'campaign',
      objectId: row.key,
      orgId: row.owner_org_id,
      before: { state: row.state },
      after: { state, ...change.after },
      reason,
    })
    return after
  }

  /** Hides what customers see of a campaign for good, in the order the work locks: campaign, then its placements. */
  async function hide(tx: PgRunner, row: CampaignRow): Promise<number> {
    await delivery.setLive(tx, row.campaign_id, false)
    await tx.execute(sql`
      UPDATE campaign_run AS r SET due_at = NULL WHERE r.campaign_id = ${row.campaign_id} AND r.due_at IS NOT NULL`)
    return delivery.closePlacements(tx, row.campaign_id)
  }

  async function stopLocked(
    tx: PgRunner,
    row: CampaignRow,
    by: string,
    reason: string,
  ): Promise<CampaignRow> {
    stateAfter(row, 'stop')
    const sent = await sentCounts(tx, row.campaign_id)
    const stopReport: StopReport = {
      messagesSent: sent.messages,
      tasksFinished: sent.tasksFinished,
      placementsClosed: await hide(tx, row),
      tasksCancelled: await tasks.cancelOpen(tx, row.campaign_id),
    }
    const set = sql`ended_at = ${clock.now()}::timestamptz, stop_report = ${JSON.stringify(stopReport)}::jsonb`
    return take(tx, row, { step: 'stop', by, set, after: stopReport, reason })
  }

  const change = async (
    caller: Caller,
    key: string,
    work: (tx: PgRunner, row: CampaignRow) => Promise<CampaignRow>,
  ) => {
    await service.getChangeable(caller, key)
    const row = await pg.transaction(async (tx) => work(tx, await lockCampaign(tx, key)))
    return service.describe(caller, row)
  }

  return {
    /** Puts the start into the queue; asked again it is the same start. */
    async start(caller: Caller, key: string): Promise<{ jobId: string }> {
      const campaign = asOwn(await service.getChangeable(caller, key), 'start')
      const isRunning = campaign.state === 'running' || campaign.state === 'paused'
      if (!isRunning) stateAfter(campaign, 'start')
      if (!isRunning && campaign.start_id === null) {
        if (isOver(campaign, clock.now())) throw campaignError('CAMPAIGN_OVER', { key, to: campaign.body.to })
        await deps.checkApproval(campaign, caller.username)
      }
      const input: StartInput = { key, by: caller.username }
      return { jobId: await jobs.enqueue(startJob, input, caller.username, { key: `${startJob}:${key}` }) }
    },

    /** Does what is due now instead of at the next round. */
    async advance(caller: Caller, key: string): Promise<{ jobId: string }> {
      await service.getChangeable(caller, key)
      return {
        jobId: await jobs.enqueue(advanceJob, { key }, caller.username, { key: `${advanceJob}:${key}` }),
      }
    },

    /** Hides its placements and lets nothing more go out until it is resumed. */
    pause: (caller: Caller, key: string): Promise<Campaign> =>
      change(caller, key, async (tx, row) => {
        stateAfter(row, 'pause')
        await delivery.setLive(tx, row.campaign_id, false)
        return take(tx, row, { step: 'pause', by: caller.username })
      }),

    resume: (caller: Caller, key: string): Promise<Campaign> =>
      change(caller, key, async (tx, row) => {
        const own = asOwn(row, 'resume')
        if (isOver(own, clock.now())) throw campaignError('CAMPAIGN_OVER', { key, to: own.body.to })
        stateAfter(row, 'resume')
        await delivery.setLive(tx, row.campaign_id, true)
        return take(tx, row, { step: 'resume', by: caller.username })
      }),

    /** Stops for good: closes placements, cancels open tasks, and says what had already gone out. */
    stop: (caller: Caller, key: string, reason: string): Promise<Campaign> =>
      change(caller, key, (tx, row) => stopLocked(tx, row, caller.username, reason)),

    /** Closes a campaign that is over, with what was learned from it. */
    close: (caller: Caller, key: string, reviewText: string): Promise<Campaign> =>
      change(caller, key, (tx, row) =>
        take(tx, row, {
          step: 'close',
          by: caller.username,
          set: sql`review_text = ${reviewText}, reviewed_by = ${caller.username}`,
          after: { reviewText },
        }),
      ),

    /** Ends a campaign whose last day has passed; gives whether it did. */
    endIfOver: (key: string): Promise<boolean> =>
      pg.transaction(async (tx) => {
        const row = await lockCampaign(tx, key)
        if (!isOver(row, clock.now()) || !['running', 'paused'].includes(row.state)) return false
        await hide(tx, row)
        const set = sql`ended_at = ${clock.now()}::timestamptz`
        await take(tx, row, { step: 'end', by: 'system', set })
        return true
      }),
  }
}

export type CampaignControl = ReturnType<typeof createCampaignControl>
