import { afterAll, beforeAll, expect, test } from 'vitest'
import { rateLift } from '#features/campaigns/common/lift.ts'
import { type Bank, bodyOf, openBank, people, units } from '#features/campaigns/server/campaigns-testing.ts'
import type { ImportedMember } from '#features/campaigns/server/index.ts'

/** The totals of UCI Bank Marketing, as outsiders check them. */
const cellular = { customers: 26_144, converted: 3853 }
const telephone = { customers: 15_044, converted: 787 }
const customers = cellular.customers + telephone.customers
let bank: Bank
let campaignId: number

beforeAll(async () => {
  bank = await openBank(customers)
})
afterAll(() => bank.close())

const member = (customerId: number): ImportedMember => {
  const isCellular = customerId <= cellular.customers
  const nth = isCellular ? customerId : customerId - cellular.customers
  return {
    customerId,
    arm: isCellular ? 'cellular' : 'telephone',
    isControl: !isCellular,
    contactedAt: new Date(Date.UTC(2008, 4, 1) + customerId * 60_000),
    outcomes: { term_deposit: nth <= (isCellular ? cellular : telephone).converted ? 1 : 0 },
  }
}
async function add(upTo: number, size: number): Promise<number> {
  let added = 0
  for (let from = 1; from <= upTo; from += size) {
    const length = Math.min(size, upTo - from + 1)
    const some = Array.from({ length }, (_, index) => member(from + index))
    added += await bank.campaigns.imported.addImportedMembers(campaignId, some)
  }
  return added
}
const input = { key: 'uci', name: 'UCI 电话营销', outcome: 'term_deposit', ownerOrgId: units.hq }
const get = async (path = '', who = people.hq) =>
  (await bank.call(who, 'GET', `/api/campaigns/uci${path}`)).body

test('an import that is repeated counts every customer once', async () => {
  campaignId = await bank.campaigns.imported.beginImported(input)
  expect(await add(customers, 20_000)).toBe(customers)
  expect(await bank.campaigns.imported.beginImported({ ...input, by: 'hq' })).toBe(campaignId)
  expect(await add(9000, 5000)).toBe(9000)
  const unknown = { ...member(1), customerId: 4_000_000_000 }
  expect(await bank.campaigns.imported.addImportedMembers(campaignId, [unknown])).toBe(0)
  await bank.campaigns.imported.finishImported(campaignId)
  expect(await get()).toMatchObject({
    state: 'ended',
    isImported: true,
    body: null,
    startedAt: '2008-05-01T00:01:00.000Z',
    actions: ['review', 'close'],
  })
})

test('its report is made by the same code and gives the totals of the data', async () => {
  const report = await get('/report')
  const lift = rateLift({ treated: cellular, control: telephone })
  expect(report.arms).toEqual([
    { arm: 'cellular', control: false, ...cellular, reached: 26_144, rate: 3853 / 26_144, lift },
    { arm: 'telephone', control: true, ...telephone, reached: 15_044, rate: 787 / 15_044, lift: null },
  ])
  expect(report).toMatchObject({ aum: null, gate: [], treatedHoldouts: 0, outcome: 'term_deposit' })
  const branch = await get('/report', people.branchB)
  expect(branch.arms.map((arm: { customers: number }) => arm.customers)).toEqual([13_072, 7522])
  expect(branch.byOrg.map((row: { orgName: string }) => row.orgName)).toEqual(['B1 网点', 'B1 网点'])
  expect(await get('/funnel')).toMatchObject({
    eligible: customers,
    control: 15_044,
    converted: 3853,
    exposed: 26_144,
  })
})

test('it takes none of the steps of our own, but a review closes it, and then no import changes it', async () => {
  const post = (step: string, payload: object = {}) =>
    bank.call(people.hq, 'POST', `/api/campaigns/uci/${step}`, payload)
  for (const step of ['submit', 'withdraw', 'start', 'pause', 'resume'])
    expect((await post(step)).status).toBe(409)
  expect((await bank.call(people.hq, 'PUT', '/api/campaigns/uci', bodyOf('uci'))).status).toBe(409)
  const reviewText = '手机外呼的转化率明显高于固定电话，但分组并非随机，只能作为参考。'
  expect((await post('close', { reviewText })).body.state).toBe('closed')
  await expect(bank.campaigns.imported.beginImported(input)).rejects.toThrow('closed')
  await bank.call(people.hq, 'POST', '/api/campaigns', bodyOf('ours'))
  await expect(bank.campaigns.imported.beginImported({ ...input, key: 'ours' })).rejects.toThrow('ours')
})
