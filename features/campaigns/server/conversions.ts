import { convertedSql, memberIds } from '#features/campaigns/server/campaign-members.ts'
import type { OwnCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { customersOf, type RungDeps } from '#features/campaigns/server/rung-runs.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'

/** Notes who did what a campaign is for: they are shown and sent nothing more of it. */
export function createConversions({
  pg,
  ch,
  clock,
  delivery,
}: Pick<RungDeps, 'pg' | 'ch' | 'clock' | 'delivery'>) {
  const markSome = (campaign: OwnCampaignRow, customerIds: readonly number[]) =>
    pg.transaction(async (tx) => {
      const rows = await tx.query<{ customer_id: number }>(sql`
        WITH open AS (
          SELECT r.campaign_id, r.customer_id FROM campaign_run AS r
          WHERE r.campaign_id = ${campaign.campaign_id} AND r.customer_id = ANY(${[...customerIds]}::bigint[])
            AND NOT r.is_control AND r.state IN ('waiting', 'placed', 'escalated')
          ORDER BY r.customer_id FOR UPDATE SKIP LOCKED
        )
        UPDATE campaign_run AS r SET state = 'converted', due_at = NULL FROM open AS o
        WHERE r.campaign_id = o.campaign_id AND r.customer_id = o.customer_id
        RETURNING r.customer_id`)
      const converted = rows.map((row) => row.customer_id)
      if (converted.length > 0) await delivery.closePlacements(tx, campaign.campaign_id, converted)
      return converted.length
    })

  return {
    /** Marks treated customers who converted since the start; gives how many are new. */
    async mark(campaign: OwnCampaignRow): Promise<number> {
      if (!('event' in campaign.body.objective)) return 0
      const treated = memberIds(campaign, scopeOfEveryone, sql`m.is_control = 0`)
      const stream = ch.stream<{ customerId: number }>(
        sql`SELECT v.customer_id AS customerId FROM (${convertedSql(campaign, clock.now())}) AS v
          WHERE v.customer_id IN (${treated}) ORDER BY v.customer_id`,
        { lane: 'jobs' },
      )
      let marked = 0
      for await (const rows of stream) marked += await markSome(campaign, customersOf(rows))
      return marked
    },
  }
}
