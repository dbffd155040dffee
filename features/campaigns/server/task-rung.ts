import type { Rung } from '#features/campaigns/common/campaign.ts'
import { convertedSql, isCampaignEvent, memberIds } from '#features/campaigns/server/campaign-members.ts'
import type { OwnCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import {
  customersOf,
  decided,
  holdRunning,
  noteRefused,
  passRung,
  type RungDeps,
  takeRuns,
  touchesOf,
} from '#features/campaigns/server/rung-runs.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type TaskRung = Extract<Rung, { kind: 'task' }>

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Events that say a customer took an interest in a campaign. */
export const clickEvents = ['slot_clicked', 'touch_clicked'] as const

/** The rung that makes a task of everyone who clicked and, some time later, has not converted. */
export function createTaskRung({ pg, ch, clock, gate, tasks, batchSize }: RungDeps) {
  /** Treated members whose first click is at least `after` ago and who have not converted, in batches. */
  const candidates = (campaign: OwnCampaignRow, spec: TaskRung) =>
    ch.stream<{ customerId: number }>(
      sql`
      SELECT e.customer_id AS customerId FROM event AS e FINAL
      WHERE ${isCampaignEvent(campaign, clickEvents)}
        AND e.customer_id IN (${memberIds(campaign, scopeOfEveryone, sql`m.is_control = 0`)})
        AND e.customer_id NOT IN (SELECT v.customer_id FROM (${convertedSql(campaign, clock.now())}) AS v)
      GROUP BY e.customer_id
      HAVING min(e.occurred_at) <= ${typed("DateTime64(3, 'UTC')", new Date(clock.now().getTime() - afterMs(spec.after)))}
      ORDER BY e.customer_id`,
      { lane: 'jobs' },
    )

  async function escalateSome(
    tx: PgRunner,
    campaign: OwnCampaignRow,
    rung: number,
    spec: TaskRung,
    some: number[],
  ) {
    if (!(await holdRunning(tx, campaign))) return 0
    const taken = await takeRuns(tx, campaign, {
      rung,
      only: sql`r.customer_id = ANY(${some}::bigint[])`,
      limit: batchSize,
    })
    if (taken.length === 0) return 0
    const { campaign_id: campaignId, key: campaignKey, name: campaignName } = campaign
    const { title: offerTitle, body: offerBody } = campaign.body.offer
    const at = clock.now()
    const { reserved, refused } = decided(
      await gate.reserve(tx, { campaignId, campaignKey, rung, channel: 'task', customerIds: taken }),
    )
    const customerIds = customersOf(reserved)
    const made = await tasks.createMany(tx, {
      campaignId,
      campaignKey,
      campaignName,
      offerTitle,
      offerBody,
      title: spec.title,
      reason: reasonOf(campaign, spec),
      dueAt: new Date(at.getTime() + spec.dueDays * dayMs),
      customerIds,
    })
    await gate.commit(tx, touchesOf(reserved))
    await passRung(tx, campaign, { rung, state: 'escalated', customerIds, at })
    await noteRefused(tx, campaign, refused, true)
    return made
  }

  return {
    /** Makes the tasks that are due; gives how many. */
    async run(campaign: OwnCampaignRow, rung: number, spec: TaskRung): Promise<number> {
      let made = 0
      for await (const rows of candidates(campaign, spec)) {
        for (let from = 0; from < rows.length; from += batchSize) {
          const some = customersOf(rows.slice(from, from + batchSize))
          made += await pg.transaction((tx) => escalateSome(tx, campaign, rung, spec, some))
        }
      }
      return made
    },
  }
}

function afterMs(after: TaskRung['after']): number {
  if ('days' in after) return after.days * dayMs
  return ('hours' in after ? after.hours * 60 : after.minutes) * minuteMs
}

/** Why these customers, in the words of the person who gets the task. */
export function reasonOf(campaign: OwnCampaignRow, { after }: TaskRung): string {
  const clicked = `点击了「${campaign.body.offer.title}」`
  const [amount, unit] =
    'days' in after ? [after.days, '天'] : 'hours' in after ? [after.hours, '小时'] : [after.minutes, '分钟']
  if ('aum' in campaign.body.objective) return `${clicked}，请跟进`
  return amount === 0 ? `${clicked}，尚未办理` : `${clicked}，但 ${amount} ${unit}内未办理`
}
