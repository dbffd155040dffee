import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoPlan } from '#features/demo/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp
beforeAll(async () => {
  bank = await openTestApp()
})
afterAll(() => bank.close())

const track = (event: string, properties: object, nth: number) => ({
  ...{ type: 'track', event, properties, userId: 'P1', messageId: `plan-${event}-${nth}` },
  timestamp: '2026-11-02T03:00:00Z',
})
const setMode = async (mode: string) => (await bank.as('hq'))('PUT', '/api/plan/modes/test', { mode })

test('a plan in the whole program: identifiers leave, findings count, enforcing refuses', async () => {
  const hq = await bank.as('hq')
  const name = { zh: '预约网点', en: 'Visit booked' }
  const properties = [
    { name: 'outlet', type: 'integer', required: true },
    { name: 'contact_person', type: 'string', class: 'identifier' },
  ]
  const plan = {
    ...demoPlan,
    events: [...demoPlan.events, { key: 'visit_booked', state: 'active', name, owner: 'hq', properties }],
  }
  expect((await hq('POST', '/api/plan/import', { plan, publish: true })).status).toBe(200)

  const right = track('visit_booked', { outlet: 7, contact_person: '王小明', note: 'x' }, 1)
  const wrong = (nth: number) => track('visit_booked', { outlet: 'seven' }, nth)
  expect((await bank.send([right, wrong(2)])).body).toMatchObject({ accepted: 2, rejected: [] })
  const stored = await bank.app.parts.ch.query<{ props: Record<string, string> }>(
    sql`SELECT e.props AS props FROM event AS e FINAL WHERE e.name = 'visit_booked' ORDER BY e.props['outlet']`,
  )
  expect(stored.map((row) => row.props)).toEqual([{ outlet: '7', note: 'x' }, { outlet: 'seven' }])

  await setMode('enforce')
  const answer = await bank.send([right, wrong(3), track('never_heard_of', {}, 4)])
  expect(answer.body).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 1, code: 'PLAN_PROPERTY_TYPE', detail: expect.stringContaining('properties.outlet') },
      { index: 2, code: 'PLAN_EVENT_UNKNOWN' },
    ],
  })
  expect(answer.text).not.toContain('seven')
  await setMode('observe')
  await bank.app.parts.plan.flushFindings()
  const found = await hq('GET', '/api/plan/findings?event=visit_booked')
  expect(found.body.items).toMatchObject([
    { source: 'test', code: 'PLAN_PROPERTY_TYPE', path: 'properties.outlet', count: 2 },
  ])
})

test('tells what uses an event: tags, segments, campaigns, by source, rule and objective', async () => {
  const hq = await bank.as('hq')
  const name = { zh: '预约', en: 'Booked' }
  const rule = { did: 'visit_booked', within: { days: 30 } }
  for (const [path, body] of [
    ['/api/tags', { key: 'visits', name, type: 'number', source: { event: 'visit_booked', agg: 'count' } }],
    ['/api/tags', { key: 'visitor', name, type: 'bool', source: { rule: { not: rule } } }],
    ['/api/segments', { key: 'booked', name: '预约客户', rule: { all: [rule] } }],
  ] as const) {
    expect((await hq('POST', path, body)).status).toBe(201)
  }
  const { body } = await hq('GET', '/api/plan/events/visit_booked/changes')
  expect((body.uses as { key: string }[]).map((use) => use.key).sort()).toEqual([
    'booked',
    'visitor',
    'visits',
  ])
  expect((await hq('GET', '/api/plan/events/app_opened/changes')).body.uses).toEqual([])
})

test('what the demo bank and its simulation send breaks nothing', async () => {
  const samples: [string, object][] = [
    ['app_opened', { version: '9.1.0', space: 'main' }],
    ['page_viewed', { page: 'home', space: 'main' }],
    ['money_out', { amount: 12, channel: 'app', counterparty_type: 'own' }],
    ['salary_received', { amount: 3500, channel: 'batch' }],
    ['product_purchased', { product: 'W1', family: 'wealth', amount: 1000 }],
    ['slot_clicked', { slot: 'home_top', placement: 'p', content: 'c', decision: 'd', campaign: null }],
    ['touch_clicked', { touch: '1', channel: 'inbox', campaign: 'c' }],
    ['flow_abandoned', { flow: 'account_opening', step: 'identity' }],
  ]
  await setMode('enforce')
  const answer = await bank.send(samples.map(([event, properties], nth) => track(event, properties, nth)))
  expect(answer.body).toMatchObject({ accepted: samples.length, rejected: [] })
  await setMode('observe')
})
