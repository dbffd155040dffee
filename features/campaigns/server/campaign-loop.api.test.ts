import { afterAll, beforeAll, expect, test } from 'vitest'
import { armOf, bucketOf } from '#features/campaigns/common/assignment.ts'
import { rateLift } from '#features/campaigns/common/lift.ts'
import { type Bank, bodyOf, openBank, people, units } from '#features/campaigns/server/campaigns-testing.ts'
import { sql } from '#platform/common/sql.ts'

const customers = 300
/** Of these who visited, 290 to 300 did not: the audience is 1 to 289. */
const audience = Array.from({ length: 289 }, (_, index) => index + 1)
const isHeld = (id: number) => armOf(bucketOf('spring', `C-${id}`), 20) === 'holdout'
const held = audience.filter(isHeld)
const treated = audience.filter((id) => !isHeld(id))
/** Refused by the gate: no consent, do not contact, deceased, closed. */
const refused = treated.slice(0, 8)
const placed = treated.slice(8)
const clicked = placed.slice(0, 40)
const clickedAndConverted = clicked.slice(0, 10)
const convertedUnseen = placed.slice(100, 105)
const heldConverted = held.slice(0, 3)
const hourMs = 3_600_000

let bank: Bank
beforeAll(async () => {
  bank = await openBank(customers)
  const { pg } = bank
  await bank.addEvents(audience.map((customerId) => ({ name: 'visited', customerId })))
  await pg.execute(
    sql`UPDATE consent SET is_granted = false WHERE customer_id = ANY(${refused.slice(0, 4)}::bigint[])`,
  )
  await pg.execute(sql`
    INSERT INTO do_not_contact (customer_id, reason, at) SELECT n, '投诉', now() FROM unnest(${refused.slice(4, 6)}::bigint[]) AS n`)
  await pg.execute(
    sql`UPDATE customer SET state = 'deceased' WHERE customer_id = ANY(${refused.slice(6)}::bigint[])`,
  )
  await seedBalances()
})
afterAll(() => bank.close())

/** Treated customers hold 1,000 more after the start than held ones; who has an even number is of a higher tier. */
async function seedBalances() {
  const balance = (customerId: number, businessDate: string, amount: number) => ({
    customer_id: customerId,
    class: 'deposit',
    business_date: businessDate,
    currency: 'CNY',
    amount: String(amount),
    received_at: '2026-11-01 00:00:00',
    ver: 1,
  })
  const opening = (id: number) => (id % 2 ? 10_000 : 300_000) + id * 10
  await bank.ch.insertRows(
    'balance',
    audience.flatMap((id) => [
      balance(id, '2026-10-01', opening(id)),
      balance(id, '2026-11-04', opening(id) + (isHeld(id) ? 0 : 1000)),
    ]),
  )
}

const key = 'spring'
const post = (who: keyof typeof people, path: string, payload?: object) =>
  bank.call(people[who], 'POST', `/api/campaigns/${key}/${path}`, payload)
const get = (who: keyof typeof people, path = '') =>
  bank.call(people[who], 'GET', `/api/campaigns/${key}${path}`)

test('a campaign goes from draft to closed, and its report says what hand counting says', async () => {
  const created = await bank.call(people.maker, 'POST', '/api/campaigns', bodyOf(key))
  expect(created).toMatchObject({
    status: 201,
    body: { state: 'draft', ownerOrgId: units.hq, createdBy: 'maker' },
  })
  expect(created.body.actions).toEqual(['edit', 'submit'])
  expect((await post('maker', 'start')).body.code).toBe('CAMPAIGN_STATE')
  expect(await post('maker', 'submit', { summary: '请审批' })).toMatchObject({
    status: 200,
    body: { state: 'submitted' },
  })

  const { body: open } = await bank.call(people.checker, 'GET', '/api/approvals?state=open')
  const [approval] = open.items
  expect(approval).toMatchObject({ objectKey: key, maker: 'maker', mayDecide: true, previousContent: null })
  const decide = (who: keyof typeof people, contentHash: string) =>
    bank.call(people[who], 'POST', `/api/approvals/${approval.approvalId}/approve`, { contentHash })
  expect(await decide('maker', approval.contentHash)).toMatchObject({
    status: 403,
    body: { code: 'APPROVAL_OWN' },
  })
  expect(await decide('checker', 'other')).toMatchObject({
    status: 409,
    body: { code: 'APPROVAL_CONTENT_CHANGED' },
  })
  expect(await decide('checker', approval.contentHash)).toMatchObject({
    status: 200,
    body: { state: 'approved' },
  })
  expect(await decide('checker', approval.contentHash)).toMatchObject({
    status: 409,
    body: { code: 'APPROVAL_DECIDED' },
  })

  const started = await post('maker', 'start')
  expect(started.status).toBe(202)
  expect(await bank.runJob(started)).toMatchObject({
    state: 'done',
    result: { eligible: audience.length, control: held.length },
  })
  expect((await get('maker')).body).toMatchObject({ state: 'running', actions: ['pause', 'stop', 'review'] })
  expect(await bank.runJob(await post('maker', 'advance'))).toMatchObject({
    state: 'done',
    result: { placed: placed.length, tasks: 0 },
  })

  const slots = await bank.delivery.slotsFor(placed[0] ?? 0, ['home_top'])
  expect(slots[0]).toMatchObject({ slot: 'home_top', campaign: key, content: { title: '三年期大额存单' } })
  expect(await bank.delivery.inboxOf(placed[0] ?? 0)).toHaveLength(1)
  for (const id of [held[0] ?? 0, refused[0] ?? 0]) {
    expect(await bank.delivery.slotsFor(id, ['home_top'])).toEqual([])
    expect(await bank.delivery.inboxOf(id)).toEqual([])
  }
})

test('clicks without conversion become tasks after the time asked for, once', async () => {
  bank.clock.pass(hourMs)
  const tagged = (name: string, ids: number[]) =>
    bank.addEvents(
      ids.map((customerId) => ({ name, customerId, props: { campaign: key, slot: 'home_top' } })),
    )
  await tagged('slot_exposed', placed.slice(0, 120))
  await tagged('slot_clicked', [...clicked, ...held.slice(0, 2)])
  await bank.addEvents(
    [...clickedAndConverted, ...convertedUnseen, ...heldConverted].map((customerId) => ({
      name: 'term_deposit_opened',
      customerId,
    })),
  )
  expect((await bank.campaigns.advance(key)).tasks).toBe(0)
  bank.clock.pass(24 * hourMs)
  expect((await bank.campaigns.advance(key)).tasks).toBe(30)
  expect((await bank.campaigns.advance(key)).tasks).toBe(0)
  const { items } = await bank.tasks.list(people.branchA, { state: 'open', limit: 100 })
  expect(items.length).toBe(clicked.slice(10).filter((id) => id % 2 === 1).length)
  expect(items[0]).toMatchObject({
    title: '致电意向客户',
    campaignKey: key,
    offerTitle: '三年期大额存单',
    reason: '点击了「三年期大额存单」，但 1 天内未办理',
  })
  // Whoever has it already is shown it no more.
  expect(await bank.delivery.slotsFor(clickedAndConverted[0] ?? 0, ['home_top'])).toEqual([])
  await bank.ship()
})

test('the funnel counts the treated live, in the scope of who looks', async () => {
  const { body } = await get('hq', '/funnel')
  expect(body).toMatchObject({
    eligible: 289,
    control: held.length,
    placed: placed.length,
    stopped: refused.length,
    exposed: 120,
    clicked: 40,
    tasks: 30,
    tasksDone: 0,
    converted: 15,
  })
  expect(body.byDay).toEqual([{ date: '2026-11-02', exposed: 120, clicked: 40, converted: 15 }])
  const ofA = (ids: number[]) => ids.filter((id) => id % 2 === 1).length
  const { body: branch } = await get('branchA', '/funnel')
  expect(branch).toMatchObject({
    eligible: ofA(audience),
    control: ofA(held),
    placed: ofA(placed),
    stopped: ofA(refused),
    exposed: ofA(placed.slice(0, 120)),
    tasks: ofA(clicked.slice(10)),
    converted: ofA([...clickedAndConverted, ...convertedUnseen]),
  })
  expect(await bank.campaigns.summaries(people.branchA.scopeOf('report.read'))).toMatchObject([
    { key, state: 'running', eligible: ofA(audience), clicked: ofA(clicked) },
  ])
})

test('the report counts every eligible customer by the arm of the start', async () => {
  bank.clock.set(new Date('2026-11-05T04:00:00Z'))
  const { body } = await get('hq', '/report')
  const [treatment, control] = body.arms
  // Everyone placed got a message; the held out clicked, which the report shows as treated.
  expect(treatment).toMatchObject({
    arm: 'treatment',
    control: false,
    customers: treated.length,
    reached: placed.length,
    converted: 15,
    rate: 15 / treated.length,
  })
  expect(control).toMatchObject({
    arm: 'holdout',
    control: true,
    customers: held.length,
    reached: 0,
    converted: 3,
    lift: null,
  })
  const lift = rateLift({
    treated: { customers: treated.length, converted: 15 },
    control: { customers: held.length, converted: 3 },
  })
  expect(treatment.lift).toEqual(lift)
  expect(body.treatedHoldouts).toBe(2)
  expect(body.gate).toEqual([
    { code: 'NO_CONSENT', count: 4 },
    { code: 'CUSTOMER_DECEASED', count: 2 },
    { code: 'DO_NOT_CONTACT', count: 2 },
  ])
  expect(body.outcome).toBe('term_deposit_opened')
  expect(treatment.aum.changePerCustomer).toBe('1000.00')
  expect(control.aum.changePerCustomer).toBe('0.00')
  expect(Number(body.aum.overall.value)).toBeCloseTo(1000, 2)
  expect(body.aum.byTier.map((tier: { tier: string }) => tier.tier).sort()).toEqual(['T1', 'T3'])
})

test('the report shows branches to head office and outlets to a branch, which sees no other', async () => {
  const { body } = await get('hq', '/report')
  const names = (rows: { orgName: string }[]) => [...new Set(rows.map((row) => row.orgName))]
  expect(names(body.byOrg)).toEqual(['A 分行', 'B 分行'])
  const total = (field: 'customers' | 'converted') =>
    body.byOrg.reduce((sum: number, row: Record<string, number>) => sum + (row[field] ?? 0), 0)
  expect([total('customers'), total('converted')]).toEqual([289, 18])
  const { body: branch } = await get('branchB', '/report')
  expect(names(branch.byOrg)).toEqual(['B1 网点'])
  expect(branch.arms[0].customers + branch.arms[1].customers).toBe(
    audience.filter((id) => id % 2 === 0).length,
  )
})

test('it ends by itself, closes only with a review, and stays closed', async () => {
  expect(
    (await post('hq', 'close', { reviewText: '这次活动的转化率高于对照组，值得再做一次，下次扩大。' })).body
      .code,
  ).toBe('CAMPAIGN_STATE')
  bank.clock.set(new Date('2026-12-01T00:00:00+08:00'))
  expect((await bank.campaigns.advance()).ended).toBe(1)
  expect(await bank.delivery.slotsFor(placed[200] ?? 0, ['home_top'])).toEqual([])
  expect((await get('hq')).body).toMatchObject({ state: 'ended', actions: ['review', 'close'] })
  expect((await post('hq', 'close', { reviewText: '   太短   ' })).status).toBe(400)
  expect((await post('checker', 'close', { reviewText: 'x'.repeat(30) })).body.code).toBe(
    'PERMISSION_MISSING',
  )
  const reviewText = '这次活动的转化率高于对照组，值得再做一次，下次扩大到全行。'
  expect(await post('hq', 'close', { reviewText })).toMatchObject({
    status: 200,
    body: { state: 'closed', reviewText },
  })
  expect((await post('hq', 'stop', { reason: '再停一次试试' })).body.code).toBe('CAMPAIGN_STATE')
  const steps = await bank.pg.query<{ action: string }>(
    sql`SELECT a.action FROM audit AS a WHERE a.object_id = ${key} AND a.object_type = 'campaign' ORDER BY a.seq`,
  )
  expect(steps.map(({ action }) => action)).toEqual(
    ['create', 'submit', 'approve', 'start', 'end', 'close'].map((step) => `campaign.${step}`),
  )
})
