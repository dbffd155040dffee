import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CampaignBody } from '#features/campaigns/common/campaign.ts'
import { type Bank, bodyOf, openBank, people, run } from '#features/campaigns/server/campaigns-testing.ts'
import { sql } from '#platform/common/sql.ts'

const minuteMs = 60_000
const everyone: Partial<CampaignBody> = { holdoutPercent: 0, audience: { all: [] } }
let bank: Bank
beforeAll(async () => {
  bank = await openBank(20)
})
afterAll(() => bank.close())

const post = (key: string, step: string, payload: object = {}) =>
  bank.call(people.maker, 'POST', `/api/campaigns/${key}/${step}`, payload)
const get = async (key: string, path = '') =>
  (await bank.call(people.hq, 'GET', `/api/campaigns/${key}${path}`)).body
const slotOf = async (customerId: number, slot = 'home_top') =>
  (await bank.delivery.slotsFor(customerId, [slot])).map((one) => one.campaign)
const clicks = (key: string, ids: number[]) =>
  bank.addEvents(ids.map((customerId) => ({ name: 'slot_clicked', customerId, props: { campaign: key } })))
const task = { kind: 'task', after: { minutes: 0 }, title: '跟进', dueDays: 3 } as const

test('pausing hides what is placed and lets nothing more go out; resuming goes on', async () => {
  await run(bank, bodyOf('pause', { ...everyone, rungs: [{ kind: 'place', slot: 'p', inbox: false }, task] }))
  expect(await slotOf(1, 'p')).toEqual(['pause'])
  expect((await post('pause', 'pause')).body).toMatchObject({
    state: 'paused',
    actions: ['resume', 'stop', 'review'],
  })
  expect(await slotOf(1, 'p')).toEqual([])
  await clicks('pause', [1, 2])
  expect((await bank.campaigns.advance('pause')).tasks).toBe(0)
  expect((await post('pause', 'pause')).body.code).toBe('CAMPAIGN_STATE')
  expect((await post('pause', 'resume')).body.state).toBe('running')
  expect(await slotOf(1, 'p')).toEqual(['pause'])
  expect((await bank.campaigns.advance('pause')).tasks).toBe(2)
})

test('stopping closes placements, cancels open tasks and says what had gone out', async () => {
  const rungs = [{ kind: 'place', slot: 's', inbox: true }, task] as const
  await run(bank, bodyOf('stop', { ...everyone, rungs: [...rungs] }))
  await clicks('stop', [1, 2, 3])
  await bank.campaigns.advance('stop')
  await bank.pg.execute(sql`UPDATE task SET state = 'won' WHERE campaign_key = 'stop' AND customer_id = 1`)
  expect((await post('stop', 'stop', { reason: '短' })).status).toBe(400)
  const stopped = await post('stop', 'stop', { reason: '利率下调，停止推广' })
  expect(stopped.body).toMatchObject({
    state: 'stopped',
    stopReport: { messagesSent: 20, placementsClosed: 20, tasksCancelled: 2, tasksFinished: 1 },
  })
  expect(await slotOf(4, 's')).toEqual([])
  await clicks('stop', [5])
  expect(await bank.campaigns.advance()).toMatchObject({ failed: [], tasks: 0 })
  expect(await get('stop', '/funnel')).toMatchObject({ placed: 20, tasks: 3, tasksDone: 1 })
  const entry = await bank.pg.first<{ reason: string }>(
    sql`SELECT a.reason FROM audit AS a WHERE a.action = 'campaign.stop'`,
  )
  expect(entry?.reason).toBe('利率下调，停止推广')
})

test('a customer at the cap gets the slot without the message; the report counts the refusal', async () => {
  await run(bank, bodyOf('capped', { ...everyone, rungs: [{ kind: 'place', slot: 'c', inbox: true }] }))
  expect(await slotOf(1, 'c')).toEqual(['capped'])
  expect((await bank.delivery.inboxOf(1)).map((message) => message.campaign)).toEqual(['stop'])
  expect(await get('capped', '/funnel')).toMatchObject({ placed: 20, stopped: 0 })
  expect((await get('capped', '/report')).gate).toEqual([{ code: 'CAP_REACHED', count: 20 }])
})

test('rungs follow one another: a second place at once, a task only after both', async () => {
  const rungs = [
    { kind: 'place', slot: 'r1', inbox: false },
    { kind: 'place', slot: 'r2', inbox: false },
    task,
  ] as const
  await run(bank, bodyOf('rungs', { ...everyone, rungs: [...rungs] }))
  expect(await slotOf(7, 'r1')).toEqual(['rungs'])
  await clicks('rungs', [7])
  await bank.addEvents([{ name: 'term_deposit_opened', customerId: 8 }])
  await clicks('rungs', [8])
  await bank.campaigns.advance('rungs')
  expect(await slotOf(7, 'r2')).toEqual(['rungs'])
  expect(await slotOf(8, 'r2')).toEqual([])
  expect(await get('rungs', '/funnel')).toMatchObject({ placed: 20, tasks: 1, clicked: 2, converted: 1 })
})

test('nothing goes out before the first day, and an AUM objective makes tasks by the click alone', async () => {
  const from = new Date(bank.clock.now().getTime() + 10 * minuteMs).toISOString()
  const rungs = [{ kind: 'place', slot: 'f', inbox: false }, task] as const
  await run(bank, bodyOf('future', { ...everyone, from, objective: { aum: true }, rungs: [...rungs] }))
  expect(await slotOf(1, 'f')).toEqual([])
  expect(await get('future', '/funnel')).toMatchObject({ eligible: 20, control: 0, placed: 0 })
  bank.clock.pass(10 * minuteMs)
  await bank.campaigns.advance('future')
  expect(await slotOf(8, 'f')).toEqual(['future'])
  await clicks('future', [8])
  expect((await bank.campaigns.advance('future')).tasks).toBe(1)
  const report = await get('future', '/report')
  // Without a hold-out there is nothing to compare with.
  expect(report).toMatchObject({
    outcome: 'aum',
    arms: [{ arm: 'treatment', lift: null }],
    aum: { overall: null },
  })
})

test('a branch reaches only its own customers, whatever the rule says', async () => {
  await bank.call(people.branchA, 'POST', '/api/campaigns', bodyOf('branch', everyone))
  await bank.call(people.branchA, 'POST', '/api/campaigns/branch/submit', {})
  const { items } = (await bank.call(people.checkerA, 'GET', '/api/approvals?state=open')).body
  const { approvalId, contentHash } = items[0]
  await bank.call(people.checkerA, 'POST', `/api/approvals/${approvalId}/approve`, { contentHash })
  expect((await post('branch', 'start')).status).toBe(202)
  const job = await bank.runJob(await bank.call(people.branchA, 'POST', '/api/campaigns/branch/start'))
  expect(job).toMatchObject({ state: 'done', result: { eligible: 10, control: 0 } })
  const reached = await bank.pg.query<{ odd: number }>(sql`
    SELECT DISTINCT r.customer_id % 2 AS odd FROM campaign_run AS r JOIN campaign AS c ON c.campaign_id = r.campaign_id
    WHERE c.key = 'branch'`)
  expect(reached).toEqual([{ odd: 1 }])
})

test('one campaign that fails is noted and holds up no other', async () => {
  await bank.pg.execute(
    sql`UPDATE campaign SET body = jsonb_set(body, '{rungs}', '[{"kind":"task"}]') WHERE key = 'pause'`,
  )
  await bank.addEvents([{ name: 'slot_clicked', customerId: 9, props: { campaign: 'future' } }])
  const result = await bank.campaigns.advance()
  expect(result).toMatchObject({ failed: ['pause'], tasks: 1 })
  expect((await get('future')).lastError).toBeNull()
})
