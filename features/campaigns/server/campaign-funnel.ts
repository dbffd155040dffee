import type { Funnel } from '#features/campaigns/common/campaign.ts'
import {
  convertedSql,
  isCampaignEvent,
  isMember,
  memberIds,
} from '#features/campaigns/server/campaign-members.ts'
import type { CampaignRow, ImportedCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { runCounts } from '#features/campaigns/server/sent-counts.ts'
import { clickEvents } from '#features/campaigns/server/task-rung.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

type Counts = { exposed: string; clicked: string; converted: string }

/** Whether an imported campaign's outcome came about, on `m`. */
export const hasOutcome = (campaign: ImportedCampaignRow): Sql =>
  sql`m.outcomes[${typed('String', campaign.body.outcome)}] > 0`

/** Live numbers of a campaign, cut to the reader's scope by who owned each customer when it started. */
export function createCampaignFunnel(deps: { pg: Postgres; ch: ClickHouse; clock: Clock; timeZone: string }) {
  const { pg, ch, clock, timeZone } = deps

  /** What treated members in scope did of the campaign, one row a customer, kind and time. */
  const happened = (campaign: CampaignRow, scope: OrgScope): Sql => {
    const treated = memberIds(campaign, scope, sql`m.is_control = 0`)
    return sql`
      SELECT e.customer_id AS customer_id, if(e.name = 'slot_exposed', 'exposed', 'clicked') AS kind,
        e.occurred_at AS at
      FROM event AS e FINAL
      WHERE ${isCampaignEvent(campaign, ['slot_exposed', ...clickEvents])} AND e.customer_id IN (${treated})
      UNION ALL
      SELECT v.customer_id AS customer_id, 'converted' AS kind, v.at AS at FROM (${convertedSql(campaign, clock.now())}) AS v
      WHERE v.customer_id IN (${treated})`
  }

  const counts = sql`uniqExactIf(h.customer_id, h.kind = 'exposed') AS exposed,
    uniqExactIf(h.customer_id, h.kind = 'clicked') AS clicked,
    uniqExactIf(h.customer_id, h.kind = 'converted') AS converted`

  async function totals(campaign: CampaignRow, scope: OrgScope): Promise<Omit<Funnel, 'asOf' | 'byDay'>> {
    const [members, runs, done] = await Promise.all([
      ch.first<{ eligible: string; control: string }>(sql`
        SELECT count() AS eligible, countIf(m.is_control = 1) AS control FROM campaign_member AS m FINAL
        WHERE ${isMember(campaign, scope)}`),
      runCounts(pg, campaign.campaign_id, postgresScope(scope, 'r')),
      ch.first<Counts>(sql`SELECT ${counts} FROM (${happened(campaign, scope)}) AS h`),
    ])
    return {
      eligible: Number(members?.eligible ?? 0),
      control: Number(members?.control ?? 0),
      ...runs,
      exposed: Number(done?.exposed ?? 0),
      clicked: Number(done?.clicked ?? 0),
      converted: Number(done?.converted ?? 0),
    }
  }

  async function byDay(campaign: CampaignRow, scope: OrgScope): Promise<Funnel['byDay']> {
    const rows = await ch.query<Counts & { date: string }>(sql`
      SELECT toString(toDate(h.at, ${typed('String', timeZone)})) AS date, ${counts}
      FROM (${happened(campaign, scope)}) AS h GROUP BY date ORDER BY date`)
    return rows.map((row) => ({
      date: row.date,
      exposed: Number(row.exposed),
      clicked: Number(row.clicked),
      converted: Number(row.converted),
    }))
  }

  /** What an imported campaign brought with it: reached stands for exposed. */
  async function imported(
    campaign: ImportedCampaignRow,
    scope: OrgScope,
  ): Promise<Omit<Funnel, 'asOf' | 'byDay'>> {
    const row = await ch.first<{ eligible: string; control: string; exposed: string; converted: string }>(sql`
      SELECT count() AS eligible, countIf(m.is_control = 1) AS control,
        countIf(m.is_control = 0 AND m.contacted_at IS NOT NULL) AS exposed,
        countIf(m.is_control = 0 AND ${hasOutcome(campaign)}) AS converted
      FROM campaign_member AS m FINAL WHERE ${isMember(campaign, scope)}`)
    const number = (text: string | undefined) => Number(text ?? 0)
    return {
      eligible: number(row?.eligible),
      control: number(row?.control),
      placed: 0,
      stopped: 0,
      exposed: number(row?.exposed),
      clicked: 0,
      tasks: 0,
      tasksDone: 0,
      converted: number(row?.converted),
    }
  }

  const summary = (campaign: CampaignRow, scope: OrgScope) =>
    campaign.is_imported ? imported(campaign, scope) : totals(campaign, scope)

  return {
    /** The totals alone. */
    summary,

    async funnel(campaign: CampaignRow, scope: OrgScope): Promise<Funnel> {
      const asOf = clock.now().toISOString()
      const [numbers, days] = await Promise.all([
        summary(campaign, scope),
        campaign.is_imported ? [] : byDay(campaign, scope),
      ])
      return { asOf, ...numbers, byDay: days }
    },
  }
}
