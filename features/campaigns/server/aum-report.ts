import {
  type AumEffect,
  aumEffect,
  aumMomentsSql,
  type TierAumEffect,
  type TierMoments,
} from '#features/campaigns/common/aum-effect.ts'
import type { Report } from '#features/campaigns/common/campaign.ts'
import type { Interval } from '#features/campaigns/common/lift.ts'
import { isMember, memberIds, windowOf } from '#features/campaigns/server/campaign-members.ts'
import type { CampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { aumByCustomer } from '#features/customers/server/index.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type ArmAmounts = NonNullable<Report['arms'][number]['aum']>
export type AumPart = { arms: Map<string, ArmAmounts>; effect: NonNullable<Report['aum']> }
type Row = TierMoments & { opening: string; closing: string }
type Arm = { arm: string; control: boolean; customers: number }

/** Below this an arm's sum would be one customer's balance. */
const fewest = 2

/** What a campaign did to AUM: from the opening balance to the one at its end, or today's. */
export function createAumReport(deps: { ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { ch, clock, timeZone } = deps

  const moments = (campaign: CampaignRow, scope: OrgScope, day: string) =>
    ch.query<Row>(sql`
      SELECT m.arm AS arm, m.opening_tier AS tier, toString(sum(m.opening_aum)) AS opening, toString(sum(a.aum)) AS closing,
        ${aumMomentsSql(sql`toFloat64(m.opening_aum)`, sql`toFloat64(a.aum)`)}
      FROM campaign_member AS m FINAL
      LEFT JOIN (${aumByCustomer(day, sql`b.customer_id IN (${memberIds(campaign, scope)})`)}) AS a
        ON a.customer_id = m.customer_id
      WHERE ${isMember(campaign, scope)} GROUP BY arm, tier ORDER BY tier`)

  return {
    /** Undefined where there is nothing to say: imported, not started, or without any balance. */
    async read(campaign: CampaignRow, scope: OrgScope, arms: readonly Arm[]): Promise<AumPart | undefined> {
      const window = windowOf(campaign, clock.now())
      if (!window) return undefined
      const rows = await moments(campaign, scope, bankDay(window.to, timeZone))
      const isObjective = !campaign.is_imported && 'aum' in campaign.body.objective
      const hasBalances = rows.some((row) => Number(row.opening) !== 0 || Number(row.closing) !== 0)
      if (!isObjective && !hasBalances) return undefined
      const treated = arms.find((arm) => !arm.control)
      const control = arms.find((arm) => arm.control)
      const effect =
        treated && control ? aumEffect(rows, { treated: treated.arm, control: control.arm }) : { tiers: [] }
      return {
        arms: new Map(
          arms.flatMap((arm) => (arm.customers < fewest ? [] : [[arm.arm, amountsOf(arm, rows)]])),
        ),
        effect: describeEffect(effect),
      }
    },
  }
}

/** Cents of decimal text, exactly. */
function cents(amount: string): bigint {
  const [whole = '0', part = ''] = amount.replace('-', '').split('.')
  const value = BigInt(whole) * 100n + BigInt(part.padEnd(2, '0').slice(0, 2))
  return amount.startsWith('-') ? -value : value
}

function money(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

function amountsOf(arm: Arm, rows: readonly Row[]): ArmAmounts {
  const own = rows.filter((row) => row.arm === arm.arm)
  const opening = own.reduce((sum, row) => sum + cents(row.opening), 0n)
  const closing = own.reduce((sum, row) => sum + cents(row.closing), 0n)
  const change = Number(closing - opening) / 100 / arm.customers
  return { opening: money(opening), closing: money(closing), changePerCustomer: change.toFixed(2) }
}

const describeInterval = ({ value, low, high }: Interval, method: string) => ({
  value: value.toFixed(2),
  low: low.toFixed(2),
  high: high.toFixed(2),
  method,
})

const describeTier = (tier: TierAumEffect): NonNullable<Report['aum']>['byTier'][number] => ({
  tier: tier.tier,
  treatedCustomers: tier.treatedCustomers,
  controlCustomers: tier.controlCustomers,
  effect: tier.tooFew ? null : describeInterval(tier.effect, tier.effect.method),
  isTooFew: tier.tooFew,
})

const describeEffect = ({ tiers, overall }: AumEffect): NonNullable<Report['aum']> => ({
  overall: overall ? describeInterval(overall.effect, overall.effect.method) : null,
  unadjusted: overall ? describeInterval(overall.unadjusted, 'difference-of-means') : null,
  totalEffect: overall ? overall.total.value.toFixed(2) : null,
  byTier: tiers.map(describeTier),
})
