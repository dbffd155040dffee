import { afterAll, beforeAll, expect, test } from 'vitest'
import { CoverageQuery } from '#features/coverage/common/coverage.ts'
import { createCoverage } from '#features/coverage/server/coverage.ts'
import type { InsightContext } from '#features/insight/server/index.ts'
import { balanceRow, eventRow, openMetricBank } from '#features/metrics/server/metrics-testing.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'

const now = new Date('2026-03-11T17:30:00Z')
const branchScope: OrgScope = { everyone: false, orgIds: [2, 3], rmStaffId: null }
let bank: Awaited<ReturnType<typeof openMetricBank>>
let context: InsightContext

/** Customers 1 to 8: 1 and 3 in the running campaign (3 of its hold-out), 4 of a start that no longer counts, 6 has a task. */
const coverage = createCoverage({
  liveCampaigns: async (scope) => [
    { campaignId: 7, startId: 2, key: 'wealth', name: '理财节', isVisible: scope.everyone },
  ],
  customersWithTask: async () => [6],
})
const member = (customerId: number, startId: number, isControl: number) => ({
  campaign_id: 7,
  start_id: startId,
  customer_id: customerId,
  arm: 'a',
  is_control: isControl,
  org_id: 1,
  rm_staff_id: 0,
  eligible_at: '2026-03-01 00:00:00.000',
  opening_aum: '0',
  opening_tier: 'T0',
  ver: 1,
})

beforeAll(async () => {
  bank = await openMetricBank(now)
  const { pg, ch, rules, timeZone } = bank
  context = { scope: scopeOfEveryone, now, timeZone, pg, ch, rules, mayReadBalances: true, options: {} }
  await ch.insertRows('campaign_member', [member(1, 2, 0), member(3, 2, 1), member(4, 1, 0), member(3, 2, 1)])
  await ch.insertRows('event', [eventRow('app_opened', 8, 1, '2026-03-11T01:00:00.000Z')])
  await ch.insertRows('balance', [
    balanceRow(4, 'demand', '2026-01-01', '60000'),
    balanceRow(5, 'demand', '2026-01-01', '5000'),
  ])
  await pg.execute(sql`
    INSERT INTO tag (key, name, type, source, owner_org_id, created_by, refresh_id, created_at, updated_at)
    VALUES ('lifecycle', '{"zh":"生命周期","en":"Lifecycle"}', 'enum', '{"attribute":"x"}', 1, 'hq', 9, now(), now())`)
  const states = [
    ['new', 1],
    ['active', 2],
    ['active', 3],
    ['active', 4],
    ['dormant', 6],
    ['dormant', 7],
    ['lost', 8],
  ] as const
  await ch.insertRows(
    'tag_value',
    states.map(([value, customer_id]) => ({ tag: 'lifecycle', refresh_id: 9, customer_id, value })),
  )
  await pg.execute(sql`UPDATE customer SET state = 'closed', revision = revision + 1 WHERE customer_id = 7`)
  await ch.command(sql`
    INSERT INTO customer SELECT c.* REPLACE ('closed' AS state, c.ver + 1 AS ver) FROM customer AS c FINAL WHERE c.customer_id = 7`)
})
afterAll(() => bank.drop())

const idsOf = async (rows: Sql): Promise<number[]> =>
  (
    await bank.ch.query<{ id: number }>(
      sql`SELECT DISTINCT c.customer_id AS id FROM (${rows}) AS c ORDER BY id`,
    )
  ).map(({ id }) => id)
const query = CoverageQuery.parse({})

test('who has no live strategy, by lifecycle, tier and org unit', async () => {
  const answer = await coverage.run(context, query)
  expect(answer).toMatchObject({
    base: 8,
    active: 7,
    covered: 3,
    uncovered: 4,
    byCampaign: 2,
    byTask: 1,
    bySegment: 0,
    lifecycle: { tag: 'lifecycle', isKnown: true, withoutState: 1, withSeveral: 0 },
    campaigns: [{ key: 'wealth', name: '理财节' }],
    otherCampaigns: 0,
  })
  const rows = answer.rows.filter(({ uncovered }) => uncovered > 0)
  expect(
    rows.map(({ lifecycle, tier, orgName, uncovered }) => [lifecycle, tier, orgName, uncovered]),
  ).toEqual([
    [null, 'T1', '分行', 1],
    ['active', 'T0', null, 1],
    ['active', 'T2', '分行', 1],
    ['lost', 'T0', '二分行', 1],
  ])
  expect(answer.rows.reduce((sum, { active }) => sum + active, 0)).toBe(answer.active)
})

test('every number leads to its customers', async () => {
  const behind = async (cell: Parameters<typeof coverage.customers>[2], scope = scopeOfEveryone) =>
    idsOf(await coverage.customers({ ...context, scope }, query, cell))
  expect(await behind({ of: 'uncovered' })).toEqual([2, 4, 5, 8])
  expect(await behind({ of: 'covered' })).toEqual([1, 3, 6])
  expect(await behind({ of: 'withoutState' })).toEqual([5])
  expect(await behind({ of: 'uncovered', lifecycle: null })).toEqual([5])
  expect(await behind({ of: 'uncovered', lifecycle: 'active', tier: 'T2', org: 'vB' })).toEqual([4])
  expect(await behind({ of: 'uncovered' }, branchScope)).toEqual([4, 5])
})

test('a scope counts its own, knows no foreign campaign, and tiers are for those who may see balances', async () => {
  const answer = await coverage.run({ ...context, scope: branchScope, mayReadBalances: false }, query)
  expect(answer).toMatchObject({ base: 5, active: 4, uncovered: 2, campaigns: [], otherCampaigns: 1 })
  expect(answer.rows.every(({ tier }) => tier === null)).toBe(true)
})

test('segments that are looked after count, another meaning of active, and no lifecycle tag at all', async () => {
  await bank.pg.execute(sql`
    INSERT INTO segment (key, name, rule, owner_org_id, created_by, created_at, updated_at)
    VALUES ('openers', 'x', '{"did":"app_opened"}', 1, 'hq', now(), now())`)
  const wider = CoverageQuery.parse({ covered: ['openers'], lifecycle: 'none' })
  expect(await coverage.run(context, wider)).toMatchObject({
    uncovered: 3,
    bySegment: 1,
    lifecycle: { isKnown: false, withoutState: 0 },
  })
  const narrow = CoverageQuery.parse({ active: { did: 'app_opened' } })
  expect(await coverage.run(context, narrow)).toMatchObject({ active: 1, uncovered: 1 })
})
