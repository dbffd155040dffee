import type { Report } from '#features/campaigns/common/campaign.ts'
import { rateLift } from '#features/campaigns/common/lift.ts'
import { type AumPart, createAumReport } from '#features/campaigns/server/aum-report.ts'
import type { CampaignAccess } from '#features/campaigns/server/campaign-access.ts'
import { hasOutcome } from '#features/campaigns/server/campaign-funnel.ts'
import {
  convertedSql,
  isCampaignEvent,
  isMember,
  memberIds,
} from '#features/campaigns/server/campaign-members.ts'
import type { CampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { methodText } from '#features/campaigns/server/report-method.ts'
import { refusals, touchedControls } from '#features/campaigns/server/sent-counts.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

type Counted = { arm: string; control: boolean; customers: number; reached: number; converted: number }
type CountedUnit = Counted & { orgId: number }
type CountedRow = {
  arm: string
  isControl: number
  orgId: number
  customers: string
  reached: string
  converted: string
}

/** Events that say a customer was reached, and all that a hold-out should never have. */
const reachEvents = ['slot_exposed', 'touch_sent', 'touch_read']
const touchedEvents = [...reachEvents, 'slot_clicked', 'touch_delivered', 'touch_clicked', 'lead_created']

/** What a campaign was worth, by intention to treat, cut to the reader's scope. */
export function createCampaignReport(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  access: CampaignAccess
  timeZone: string
}) {
  const { pg, ch, clock, access } = deps
  const aumReport = createAumReport(deps)

  const reached = (campaign: CampaignRow): Sql =>
    campaign.is_imported
      ? sql`m.contacted_at IS NOT NULL`
      : sql`m.customer_id IN (
          SELECT e.customer_id FROM event AS e FINAL WHERE ${isCampaignEvent(campaign, reachEvents)})`
  const converted = (campaign: CampaignRow, now: Date): Sql =>
    campaign.is_imported
      ? hasOutcome(campaign)
      : sql`m.customer_id IN (SELECT v.customer_id FROM (${convertedSql(campaign, now)}) AS v)`

  /** Every member in scope by arm and owning unit: the one count all others are sums of. */
  async function countMembers(campaign: CampaignRow, scope: OrgScope, now: Date): Promise<CountedUnit[]> {
    const rows = await ch.query<CountedRow>(sql`
      SELECT m.arm AS arm, m.is_control AS isControl, m.org_id AS orgId, count() AS customers,
        countIf(${reached(campaign)}) AS reached, countIf(${converted(campaign, now)}) AS converted
      FROM campaign_member AS m FINAL WHERE ${isMember(campaign, scope)} GROUP BY arm, isControl, orgId`)
    return rows.map((row) => ({
      arm: row.arm,
      control: row.isControl === 1,
      orgId: row.orgId,
      customers: Number(row.customers),
      reached: Number(row.reached),
      converted: Number(row.converted),
    }))
  }

  /** Branch by branch for those who see the whole bank; unit by unit, as outlets are, for those of one branch. */
  async function byOrg(counts: readonly CountedUnit[], scope: OrgScope): Promise<Report['byOrg']> {
    const { pathUp } = await access.tree()
    const shown = (orgId: number) => {
      const path = pathUp(orgId)
      const unit = (scope.everyone && path.find(({ kind }) => kind === 'branch')) || path[0]
      return { orgId: unit?.orgId ?? orgId, orgName: unit?.name ?? '' }
    }
    return grouped(
      counts.map((one) => ({ ...one, ...shown(one.orgId) })),
      (one) => `${one.orgId}:${one.control}:${one.arm}`,
    )
      .map(([first, ...rest]) => ({
        orgId: first.orgId,
        orgName: first.orgName,
        ...withRate(sumOf([first, ...rest])),
      }))
      .sort((one, other) => one.orgId - other.orgId || order(one, other))
  }

  async function treatedHoldouts(campaign: CampaignRow, scope: OrgScope): Promise<number> {
    if (campaign.is_imported) return 0
    const touched = await touchedControls(pg, campaign.campaign_id, postgresScope(scope, 'r'))
    const row = await ch.first<{ count: string }>(sql`
      SELECT count() AS count FROM (${memberIds(campaign, scope, sql`m.is_control = 1`)}) AS c
      WHERE c.customer_id IN ${typed('Array(UInt32)', touched)} OR c.customer_id IN (
        SELECT e.customer_id FROM event AS e FINAL WHERE ${isCampaignEvent(campaign, touchedEvents)})`)
    return Number(row?.count ?? 0)
  }

  return {
    async report(campaign: CampaignRow, scope: OrgScope): Promise<Report> {
      const now = clock.now()
      const counts = await countMembers(campaign, scope, now)
      const arms = sumByArm(counts)
      const [aum, units, gate, holdouts] = await Promise.all([
        aumReport.read(campaign, scope, arms),
        byOrg(counts, scope),
        refusals(pg, campaign.campaign_id, postgresScope(scope, 'r')),
        treatedHoldouts(campaign, scope),
      ])
      return {
        arms: arms.map((arm) => describeArm(arm, arms, aum)),
        aum: aum?.effect ?? null,
        byOrg: units,
        gate,
        treatedHoldouts: holdouts,
        outcome: outcomeOf(campaign),
        method: methodText(campaign),
        asOf: now.toISOString(),
      }
    },
  }
}

type NonEmpty<T> = [T, ...T[]]

/** Rows of the same key together. */
function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): NonEmpty<T>[] {
  const groups = new Map<string, NonEmpty<T>>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return [...groups.values()]
}

const order = (one: { arm: string; control: boolean }, other: { arm: string; control: boolean }) =>
  Number(one.control) - Number(other.control) || (one.arm < other.arm ? -1 : 1)

const sumOf = (group: NonEmpty<Counted>): Counted => ({
  arm: group[0].arm,
  control: group[0].control,
  customers: group.reduce((sum, one) => sum + one.customers, 0),
  reached: group.reduce((sum, one) => sum + one.reached, 0),
  converted: group.reduce((sum, one) => sum + one.converted, 0),
})

const withRate = (one: Counted) => ({ ...one, rate: one.customers === 0 ? 0 : one.converted / one.customers })

const sumByArm = (counts: readonly CountedUnit[]): Counted[] =>
  grouped(counts, (one) => `${one.control}:${one.arm}`)
    .map(sumOf)
    .sort(order)

function describeArm(
  arm: Counted,
  arms: readonly Counted[],
  aum: AumPart | undefined,
): Report['arms'][number] {
  const [control] = grouped(
    arms.filter((one) => one.control),
    () => 'control',
  ).map(sumOf)
  const lift = arm.control || !control ? undefined : rateLift({ treated: arm, control })
  const amounts = aum?.arms.get(arm.arm)
  return { ...withRate(arm), lift: lift ?? null, ...(amounts && { aum: amounts }) }
}

function outcomeOf(campaign: CampaignRow): string {
  if (campaign.is_imported) return campaign.body.outcome
  return 'event' in campaign.body.objective ? campaign.body.objective.event : 'aum'
}
