import type { CampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { aumTiers } from '#features/customers/common/aum-tier.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** The evaluation of the audience that counts; 0 is that of an imported campaign. */
export const countedStart = (campaign: CampaignRow): number => campaign.start_id ?? 0

/** Condition on `m`, a row of campaign_member: of this campaign, published, and in the reader's scope. */
export const isMember = (campaign: CampaignRow, scope: OrgScope): Sql => sql`
  m.campaign_id = ${typed('UInt32', campaign.campaign_id)} AND m.start_id = ${typed('UInt64', countedStart(campaign))}
  AND ${clickHouseScope(scope, 'm')}`

/** Ids of the campaign's members in scope; `only` narrows them by columns of `m`. */
export const memberIds = (campaign: CampaignRow, scope: OrgScope, only: Sql = sql`1`): Sql => sql`
  SELECT m.customer_id FROM campaign_member AS m FINAL WHERE ${isMember(campaign, scope)} AND ${only}`

/** When conversions count: from the start to the earlier of now and the campaign's end. */
export function windowOf(campaign: CampaignRow, now: Date): { from: Date; to: Date } | undefined {
  if (campaign.is_imported || !campaign.started_at) return undefined
  return { from: campaign.started_at, to: new Date(Math.min(now.getTime(), Date.parse(campaign.body.to))) }
}

/**
 * Customers who did what the campaign is for, inside its window, with the first time (customer_id, at). Nobody, where
 * the objective is no event or the campaign hasn't started.
 */
export function convertedSql(campaign: CampaignRow, now: Date): Sql {
  const window = windowOf(campaign, now)
  const event =
    !campaign.is_imported && 'event' in campaign.body.objective ? campaign.body.objective.event : undefined
  if (!window || event === undefined) {
    return sql`SELECT toUInt32(0) AS customer_id, toDateTime64(0, 3, 'UTC') AS at WHERE 0`
  }
  return sql`
    SELECT e.customer_id AS customer_id, min(e.occurred_at) AS at FROM event AS e FINAL
    WHERE e.name = ${typed('String', event)} AND e.occurred_at >= ${typed("DateTime64(3, 'UTC')", window.from)}
      AND e.occurred_at <= ${typed("DateTime64(3, 'UTC')", window.to)}
    GROUP BY e.customer_id`
}

/** Condition on `e`: one of these events, carrying this campaign. */
export const isCampaignEvent = (campaign: CampaignRow, names: readonly string[]): Sql => sql`
  e.name IN ${typed('Array(String)', names)} AND e.props['campaign'] = ${typed('String', campaign.key)}`

/** The tier of an amount in ClickHouse, as `tierOf`. */
export function tierSql(amount: Sql): Sql {
  const [lowest, ...higher] = aumTiers
  const steps = higher
    .toReversed()
    .map((tier) => sql`${amount} >= ${typed('Int64', tier.fromYuan)}, ${typed('String', tier.code)}`)
  return sql`multiIf(${joinSql(steps, sql`, `)}, ${typed('String', lowest.code)})`
}
