import { Coverage, CoverageCell, CoverageQuery } from '#features/coverage/common/coverage.ts'
import { type Analysis, ask, customerGroups, type InsightContext } from '#features/insight/server/index.ts'
import { aumFacts, tierOfDays } from '#features/metrics/server/index.ts'
import { tagRowsSql } from '#features/rules/server/index.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

export type CoverageDeps = {
  /** Running campaigns with the evaluation of their audience; `isVisible` where the scope may know of them. */
  liveCampaigns: (
    scope: OrgScope,
  ) => Promise<{ campaignId: number; startId: number; key: string; name: string; isVisible: boolean }[]>
  /** Customers with a task that is not done. */
  customersWithTask: () => Promise<number[]>
}

type Row = Record<'active' | 'uncovered' | 'by_campaign' | 'by_task' | 'by_segment' | 'several', string> & {
  lifecycle: string
  has_state: number
  tier: string
  org: string
}
type Source = {
  rows: Sql
  isKnown: boolean
  labels: ReadonlyMap<string, string>
  campaigns: Awaited<ReturnType<CoverageDeps['liveCampaigns']>>
}

const nobody = sql`SELECT toUInt32(0) AS customer_id WHERE 0`

/** Members of running campaigns, as each was evaluated when it started. */
function membersSql(campaigns: readonly { campaignId: number; startId: number }[]): Sql {
  if (campaigns.length === 0) return nobody
  const one = campaigns.map(
    ({ campaignId, startId }) =>
      sql`(m.campaign_id = ${typed('UInt32', campaignId)} AND m.start_id = ${typed('UInt64', startId)})`,
  )
  return sql`SELECT m.customer_id AS customer_id FROM campaign_member AS m WHERE ${joinSql(one, sql` OR `)}`
}

const taskSql = (ids: readonly number[]): Sql =>
  ids.length === 0
    ? nobody
    : sql`SELECT toUInt32(arrayJoin(splitByChar(',', ${typed('String', ids.join(','))}))) AS customer_id`

/** Values of the lifecycle tag, each customer's with how many there are; undefined where there are none to look at. */
async function statesSql(context: InsightContext, key: string): Promise<Sql | undefined> {
  const found = await context.pg.first<{ class: string }>(sql`
    SELECT t.class FROM tag AS t WHERE t.key = ${key} AND t.state = 'active' AND t.refresh_id IS NOT NULL`)
  if (!found || (found.class === 'C2' && !context.mayReadBalances)) return undefined
  const { tags } = await context.rules.prepare(context.scope, { tag: key, is: 'exists' })
  const tag = tags.get(key)
  if (!tag || tag.refreshId === null) return undefined
  const values = tagRowsSql({ key, refreshId: tag.refreshId, hasRecent: tag.hasRecent })
  return sql`
    SELECT v.customer_id AS customer_id, min(v.value) AS state, uniqExact(v.value) AS states FROM (${values}) AS v GROUP BY v.customer_id`
}

/** Where every active customer stands. */
export function createCoverage(
  deps: CoverageDeps,
): Analysis<typeof CoverageQuery, typeof Coverage, typeof CoverageCell> {
  /** Rows (customer_id, state, states, tier, org, in_campaign, in_task, in_segment) of active customers in scope. */
  async function open(context: InsightContext, query: CoverageQuery): Promise<Source> {
    const { scope, rules } = context
    const [campaigns, tasks, states, units] = await Promise.all([
      deps.liveCampaigns(scope),
      deps.customersWithTask(),
      statesSql(context, query.lifecycle),
      customerGroups(context, { org: query.orgLevel }),
    ])
    const active = query.active
      ? sql`c.customer_id IN (${await rules.memberIdsSql(scope, query.active)})`
      : sql`c.state = 'active'`
    const segments = query.covered.length
      ? await rules.memberIdsSql(scope, { any: query.covered.map((segment) => ({ segment })) })
      : nobody
    const day = bankDay(context.now, context.timeZone)
    const tiers = context.mayReadBalances
      ? sql`SELECT a.customer_id AS customer_id, ${tierOfDays(sql`a.closing_days`)} AS tier FROM (${aumFacts({ opening: day, closing: day })}) AS a`
      : sql`SELECT toUInt32(0) AS customer_id, '' AS tier WHERE 0`
    const lowest = typed('String', context.mayReadBalances ? 'T0' : '')
    const rows = sql`
      SELECT c.customer_id AS customer_id, s.state AS state, s.states AS states, if(t.tier = '', ${lowest}, t.tier) AS tier,
        if(g.item = '', '-', g.item) AS org, c.customer_id IN (${membersSql(campaigns)}) AS in_campaign,
        c.customer_id IN (${taskSql(tasks)}) AS in_task, c.customer_id IN (${segments}) AS in_segment,
        in_campaign OR in_task OR in_segment AS is_covered
      FROM (SELECT c.customer_id AS customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')} AND ${active}) AS c
      LEFT JOIN (${states ?? sql`SELECT toUInt32(0) AS customer_id, '' AS state, toUInt64(0) AS states WHERE 0`}) AS s ON s.customer_id = c.customer_id
      LEFT JOIN (${tiers}) AS t ON t.customer_id = c.customer_id
      LEFT JOIN (${units.rows}) AS g ON g.customer_id = c.customer_id`
    return { rows, isKnown: states !== undefined, labels: units.labels, campaigns }
  }

  const sumOf = (
    rows: readonly Row[],
    field: 'active' | 'uncovered' | 'by_campaign' | 'by_task' | 'by_segment' | 'several',
  ) => rows.reduce((total, row) => total + Number(row[field]), 0)

  return {
    kind: 'coverage',
    operation: 'Coverage',
    query: CoverageQuery,
    answer: Coverage,
    cell: CoverageCell,
    async run(context, query) {
      const source = await open(context, query)
      const { count } = await context.rules.count(context.scope, { all: [] }, {}, context.options)
      const found = await ask<Row>(
        context,
        sql`
        SELECT r.state AS lifecycle, r.states > 0 AS has_state, r.tier AS tier, r.org AS org, count() AS active,
          countIf(NOT r.is_covered) AS uncovered, countIf(r.in_campaign) AS by_campaign, countIf(r.in_task) AS by_task,
          countIf(r.in_segment) AS by_segment, countIf(r.states > 1) AS several
        FROM (${source.rows}) AS r GROUP BY lifecycle, has_state, tier, org`,
      )
      const visible = source.campaigns.filter(({ isVisible }) => isVisible)
      return {
        asOf: context.now.toISOString(),
        exact: true,
        period: { from: null, to: null },
        base: count,
        active: sumOf(found, 'active'),
        uncovered: sumOf(found, 'uncovered'),
        covered: sumOf(found, 'active') - sumOf(found, 'uncovered'),
        byCampaign: sumOf(found, 'by_campaign'),
        byTask: sumOf(found, 'by_task'),
        bySegment: sumOf(found, 'by_segment'),
        lifecycle: {
          tag: query.lifecycle,
          isKnown: source.isKnown,
          withoutState: source.isKnown
            ? sumOf(
                found.filter((row) => !row.has_state),
                'active',
              )
            : 0,
          withSeveral: sumOf(found, 'several'),
        },
        campaigns: visible.map(({ key, name }) => ({ key, name })),
        otherCampaigns: source.campaigns.length - visible.length,
        rows: rowsOf(found, source.labels),
      }
    },
    async customers(context, query, cell) {
      const { rows } = await open(context, query)
      return sql`SELECT r.customer_id AS customer_id FROM (${rows}) AS r WHERE ${inCell(cell)}`
    },
  }
}

/** Rows of the shards as one, in a fixed order. */
function rowsOf(found: readonly Row[], labels: ReadonlyMap<string, string>) {
  const rows = new Map<string, { row: Row; active: number; uncovered: number }>()
  for (const row of found) {
    const key = JSON.stringify([row.lifecycle, row.has_state, row.tier, row.org])
    const one = rows.get(key) ?? { row, active: 0, uncovered: 0 }
    one.active += Number(row.active)
    one.uncovered += Number(row.uncovered)
    rows.set(key, one)
  }
  return [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { row, active, uncovered }]) => ({
      lifecycle: row.has_state ? row.lifecycle : null,
      tier: row.tier === '' ? null : row.tier,
      org: row.org,
      orgName: labels.get(row.org) ?? null,
      active,
      uncovered,
    }))
}

function inCell({ of, lifecycle, tier, org }: CoverageCell): Sql {
  const is = (column: Sql, value: string | undefined) =>
    value === undefined ? sql`1` : sql`${column} = ${typed('String', value)}`
  const kind = {
    active: sql`1`,
    covered: sql`r.is_covered`,
    uncovered: sql`NOT r.is_covered`,
    withoutState: sql`r.states = 0`,
  }[of]
  const state =
    lifecycle === null
      ? sql`r.states = 0`
      : sql`${is(sql`r.state`, lifecycle)} AND ${lifecycle === undefined ? sql`1` : sql`r.states > 0`}`
  return sql`${kind} AND ${state} AND ${is(sql`r.tier`, tier)} AND ${is(sql`r.org`, org)}`
}
