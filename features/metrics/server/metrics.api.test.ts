import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { MetricAlarm, MetricPoint } from '#features/metrics/common/metric.ts'
import { standardMetrics } from '#features/metrics/common/standard-metrics.ts'
import {
  balanceRow,
  branch,
  checker,
  eventRow,
  hq,
  openTestMetrics,
} from '#features/metrics/server/metrics-testing.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Awaited<ReturnType<typeof openTestMetrics>>
beforeAll(async () => {
  bank = await openTestMetrics()
  // It is the 12th in Shanghai; the 11th ended at 16:00 UTC.
  const events = [
    eventRow('app_opened', 1, 1, '2026-03-11T01:00:00.000Z'),
    eventRow('app_opened', 1, 2, '2026-03-11T02:00:00.000Z'),
    eventRow('app_opened', 6, 3, '2026-03-11T03:00:00.000Z'),
    eventRow('app_opened', 8, 4, '2026-03-11T16:30:00.000Z'),
    eventRow('app_opened', 6, 5, '2025-12-01T03:00:00.000Z'),
    eventRow('product_purchased', 3, 6, '2026-03-11T04:00:00.000Z', { amount: '100.25' }),
    eventRow('product_purchased', 6, 7, '2026-03-11T04:00:00.000Z', { amount: 'n/a' }),
    eventRow('lead_created', 3, 8, '2026-03-10T04:00:00.000Z', { lead: '1' }),
    eventRow('lead_accepted', 3, 9, '2026-03-11T04:30:00.000Z', { lead: '1' }),
    eventRow('lead_created', 3, 10, '2026-03-11T05:00:00.000Z', { lead: '2' }),
  ]
  await bank.ch.insertRows('event', events)
  await bank.ch.insertRows('event', events)
  await bank.ch.insertRows('balance', [
    balanceRow(1, 'demand', '2026-01-01', '500.10'),
    balanceRow(3, 'demand', '2026-01-01', '2000'),
    balanceRow(3, 'demand', '2026-03-11', '2600.50'),
    balanceRow(3, 'fund', '2026-03-11', '100000'),
    balanceRow(6, 'demand', '2026-03-11', '7'),
  ])
})
beforeEach(() => bank.as(hq))
afterAll(() => bank.close())

const url = (key: string, rest = '') => `/api/metrics/${key}${rest}`
const compute = async (key: string, from: string, to: string, grain = 'day') => {
  const answer = await bank.call('POST', url(key, '/compute'), { grain, from, to })
  expect(answer.status).toBe(202)
  await bank.jobs.runJob(answer.body.jobId)
  expect(await bank.jobs.get(answer.body.jobId)).toMatchObject({ state: 'done' })
}
const series = async (key: string, query = '') =>
  (await bank.call('GET', url(key, `/series?from=2026-03-10&to=2026-03-12${query}`))).body
    .points as MetricPoint[]

test('the standard figures are there, each with a first version', async () => {
  const all = (await bank.call('GET', '/api/metrics?limit=500')).body.items as {
    key: string
    version: number
  }[]
  expect(all.map(({ key }) => key)).toEqual(standardMetrics.map(({ key }) => key).sort())
  expect(all.length).toBeGreaterThanOrEqual(25)
  expect(all.every(({ version }) => version === 1)).toBe(true)
  expect((await bank.call('GET', url('aum', '/versions'))).body.items).toMatchObject([{ version: 1 }])
  expect((await bank.call('GET', `/api/metrics?q=${encodeURIComponent('回流')}`)).body.items).toMatchObject([
    { key: 'returned_customers' },
  ])
})

test.each<[string, (string | number | null)[]]>([
  ['app_active_customers', [0, 2, 1]],
  ['app_opens', [0, 3, 1]],
  ['opens_per_active', [null, 1.5, 1]],
  ['new_app_customers', [0, 1, 1]],
  ['returned_customers', [0, 1, 0]],
  ['purchase_amount', [0, 100.25, 0]],
  ['buyers', [0, 2, 0]],
  ['lead_accept_hours', [null, 24.5, null]],
  // A lead is made of a customer, not by one.
  ['active_customers', [0, 3, 1]],
  ['events', [0, 5, 1]],
  ['aum', [2500.1, 103_107.6, 103_107.6]],
  ['aum_increment', [0, 100_607.5, 0]],
  ['longtail_increment', [0, 100_600.5, 0]],
])('%s by day', async (key, expected) => {
  await compute(key, '2026-03-10', '2026-03-12')
  expect((await series(key)).map(({ value }) => value)).toEqual(expected)
})

test('units add up what lies below them, rates included; a branch sees its own', async () => {
  await compute('opens_per_active', '2026-03-11', '2026-03-11')
  bank.as(branch)
  const [, day] = await series('opens_per_active')
  expect(day).toMatchObject({
    period: '2026-03-11',
    value: 1,
    numerator: '1',
    denominator: '1',
    isFinal: true,
  })
  expect((await bank.call('GET', url('opens_per_active', '/series?orgId=4'))).body).toMatchObject({
    code: 'METRIC_ORG',
  })
  const byOrg = (await bank.call('GET', url('buyers', '/orgs?period=2026-03-11'))).body
  expect(byOrg.items).toMatchObject([
    { orgId: 2, value: 2 },
    { orgId: 3, value: 1 },
  ])
  expect((await bank.call('GET', url('app_active_customers', '/now'))).body).toMatchObject({
    value: 0,
    version: 1,
  })
  bank.as(hq)
  expect((await bank.call('GET', url('app_active_customers', '/now'))).body).toMatchObject({ value: 1 })
  expect((await bank.call('GET', url('customers', '/now'))).body).toMatchObject({ value: 8, exact: true })
})

test('amounts are for those who may see balances', async () => {
  bank.as(checker)
  for (const key of ['aum', 'longtail_increment_share'])
    expect(await bank.call('GET', url(key, '/now'))).toMatchObject({
      status: 403,
      body: { code: 'METRIC_AMOUNTS' },
    })
  expect((await bank.call('GET', url('customers', '/now'))).status).toBe(200)
})

test('a change is a version; old values keep theirs', async () => {
  const metric = {
    key: 'big_buyers',
    name: { zh: '大额', en: 'Big' },
    definition: { zh: '大额', en: 'Big' },
    formula: {
      customers: {
        rule: {
          did: 'product_purchased',
          within: { days: 30 },
          where: [{ prop: 'amount', is: 'gte', value: 100 }],
        },
      },
    },
    unit: 'customers',
    owner: 'me',
  }
  expect((await bank.call('POST', '/api/metrics', metric)).status).toBe(201)
  expect((await bank.call('POST', '/api/metrics', metric)).body.code).toBe('METRIC_KEY_TAKEN')
  await compute('big_buyers', '2026-03-10', '2026-03-12')
  expect((await series('big_buyers')).map(({ value }) => value)).toEqual([0, 1, 1])
  const { key: _, ...content } = metric
  const formula = { events: { event: 'product_purchased', of: 'count' } }
  expect((await bank.call('PUT', url('big_buyers'), { ...content, formula })).status).toBe(400)
  const changed = await bank.call('PUT', url('big_buyers'), { ...content, formula, reason: '口径调整' })
  expect(changed.body).toMatchObject({ version: 2 })
  await compute('big_buyers', '2026-03-11', '2026-03-11')
  expect((await series('big_buyers')).map(({ value, version }) => [value, version])).toEqual([[2, 2]])
  expect((await series('big_buyers', '&version=1')).map(({ value }) => value)).toEqual([0, 1, 1])
  expect((await bank.call('GET', url('big_buyers', '/versions'))).body.items).toMatchObject([
    { version: 2, reason: '口径调整', changedBy: 'hq' },
    { version: 1 },
  ])
})

test('ratios are made of what adds up, and hold on to it', async () => {
  const ratio = (of: string, to: string) => ({
    key: 'r',
    name: { zh: 'r', en: 'r' },
    definition: { zh: 'r', en: 'r' },
    formula: { ratio: { of, to } },
    unit: 'percent',
    owner: 'me',
  })
  for (const part of ['none', 'opens_per_active', 'lead_accept_hours'])
    expect((await bank.call('POST', '/api/metrics', ratio('buyers', part))).body).toMatchObject({
      code: 'METRIC_RATIO_PART',
      errors: [{ path: 'formula.ratio.to' }],
    })
  expect((await bank.call('DELETE', url('app_opens'))).body.code).toBe('METRIC_IN_USE')
  const { key: _, ...opens } = standardMetrics.find(({ key }) => key === 'app_opens') ?? ratio('a', 'b')
  const formula = { events: { event: 'app_opened', of: 'count', where: [{ prop: 'version', is: 'exists' }] } }
  await bank.call('PUT', url('app_opens'), { ...opens, formula, reason: 'x' })
  expect((await bank.call('GET', url('opens_per_active'))).body.version).toBe(2)
})

test('an alert speaks once a period, is acknowledged once, and all of it is audited', async () => {
  const alert = (kind: string, threshold?: number, orgId = 1) =>
    bank.call('POST', url('buyers', '/alerts'), {
      grain: 'day',
      orgId,
      kind,
      ...(threshold === undefined ? {} : { threshold }),
    })
  expect((await alert('above')).status).toBe(400)
  for (const [kind, threshold] of [
    ['above', 1],
    ['below', 1],
    ['change', 0.5],
    ['missing', undefined],
  ] as const)
    expect((await alert(kind, threshold)).status).toBe(201)
  await bank.metrics.alerts.check('2026-03-12')
  await bank.metrics.alerts.check('2026-03-12')
  const alarms = (await bank.call('GET', '/api/metric-alarms')).body.items as MetricAlarm[]
  expect(alarms.map(({ kind, value, previous, period }) => [kind, value, previous, period])).toEqual([
    ['change', 2, 0, '2026-03-11'],
    ['above', 2, 0, '2026-03-11'],
  ])
  await bank.metrics.alerts.check('2026-06-01')
  expect((await bank.call('GET', '/api/metric-alarms')).body.items[0]).toMatchObject({
    kind: 'missing',
    value: null,
  })
  const path = `/api/metric-alarms/${alarms[0]?.alarmId}/acknowledge`
  bank.as(branch)
  expect((await bank.call('GET', '/api/metric-alarms?state=all')).body.items).toEqual([])
  expect((await bank.call('POST', path, { note: 'x' })).status).toBe(404)
  bank.as(hq)
  expect((await bank.call('POST', path, { note: '已核对' })).status).toBe(204)
  expect((await bank.call('POST', path, { note: 'x' })).body.code).toBe('METRIC_ALARM_DONE')
  expect((await bank.call('GET', url('buyers'))).body.openAlarms).toBe(2)
  const audited = await bank.pg.query<{ action: string }>(
    sql`SELECT DISTINCT a.action FROM audit AS a WHERE a.object_id = 'buyers' ORDER BY a.action`,
  )
  expect(audited.map(({ action }) => action)).toEqual(['metric.alarm.acknowledge', 'metric.alert.create'])
})

test('the hourly run computes what is due, and one failing figure stops no other', async () => {
  // Four figures are enough to see it; forty take long on a busy machine.
  await bank.pg.execute(sql`
    UPDATE metric SET state = 'retired' WHERE key <> ALL(ARRAY['leads', 'app_active_customers', 'aum_average', 'buyers'])`)
  await bank.pg.execute(sql`
    UPDATE metric SET formula = '{"tag":{"key":"gone","of":"customers"}}' WHERE key = 'leads'`)
  const result = await bank.metrics.computeDue()
  expect(result.failed).toEqual(['leads'])
  expect((await bank.call('GET', url('leads'))).body.lastError).toMatch(/gone/)
  const week = (await bank.call('GET', url('app_active_customers', '/series?grain=week'))).body.points
  expect(week.at(-1)).toMatchObject({ period: '2026-03-09', value: 3, isFinal: false })
  const month = (await bank.call('GET', url('aum_average', '/series?grain=month'))).body.points
  // 2,500.10 on ten days, 103,107.60 on two of twelve.
  expect(month.at(-1).value).toBeCloseTo((2500.1 * 10 + 103_107.6 * 2) / 12, 6)
})
