import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp
type Call = Awaited<ReturnType<TestApp['as']>>
let hq: Call
let branch: Call

/** Ten customers of two branches; all opened, six viewed, three of those bought; I10 of nobody's branch. */
beforeAll(async () => {
  bank = await openTestApp()
  const { pg, customers, org } = bank.app.parts
  const units = await org.tree.list({ everyone: true, orgIds: [], rmStaffId: null })
  const orgIdOf = new Map(units.map((unit) => [unit.code, unit.orgId]))
  await pg.transaction((tx) =>
    customers.upsertCustomers(
      tx,
      Array.from({ length: 10 }, (_, nth) => ({
        customerNo: `I${nth + 1}`,
        orgId: orgIdOf.get(nth < 4 ? 'O1' : 'O2'),
        attributes: {},
        identities: [{ kind: 'name', value: '张三丰' }],
      })),
    ),
  )
  await customers.syncCustomers()
  const did = (event: string, nth: number, minute: number) => ({
    ...{ type: 'track', event, userId: `I${nth}`, messageId: `${event}${nth}` },
    timestamp: new Date(Date.UTC(2026, 10, 1, 2, minute)).toISOString(),
    properties: { amount: nth },
  })
  const people = Array.from({ length: 10 }, (_, nth) => nth + 1)
  const batch = [
    ...people.map((nth) => did('opened', nth, 0)),
    ...people.filter((nth) => nth % 2 === 0 || nth === 1).map((nth) => did('viewed', nth, 5)),
    ...[1, 2, 6].map((nth) => did('bought', nth, 9)),
  ]
  await bank.send([...batch, ...batch])
  hq = await bank.as('hq')
  branch = await bank.as('branch1')
})
afterAll(() => bank.close())

const query = {
  period: { from: '2026-11-01', to: '2026-11-02' },
  steps: [{ event: 'opened' }, { event: 'viewed' }, { event: 'bought' }],
}

test('a funnel says its base, and counts in the scope of who asks', async () => {
  const { status, body } = await hq('POST', '/api/insight/funnel', query)
  expect(status).toBe(200)
  expect(body).toMatchObject({ exact: true, base: 10, timeToConvert: { count: 3, median: 540_000 } })
  const counts = (answer: Record<string, unknown>) =>
    (answer.steps as { customers: number }[]).map((step) => step.customers)
  expect(counts(body)).toEqual([10, 6, 3])
  const own = (await branch('POST', '/api/insight/funnel', query)).body
  expect(own.base).toBe(4)
  expect(counts(own)).toEqual([4, 3, 2])
})

test('the customers of a number are masked, in scope, and page by page', async () => {
  const cell = { step: 2 }
  const first = (await hq('POST', '/api/insight/funnel/customers', { query, cell, limit: 4 })).body
  expect(first.count).toBe(6)
  const items = first.items as { customerNo: string; name: string }[]
  expect(items).toHaveLength(4)
  expect(items[0]?.name).toBe('张**')
  const cursor = first.nextCursor
  const rest = (await hq('POST', '/api/insight/funnel/customers', { query, cell, limit: 4, cursor })).body
  expect(rest).toMatchObject({ count: 6, nextCursor: null })
  const nos = [...items, ...(rest.items as typeof items)].map((one) => one.customerNo)
  expect(nos.sort()).toEqual(['I1', 'I10', 'I2', 'I4', 'I6', 'I8'])
  const own = (await branch('POST', '/api/insight/funnel/customers', { query, cell })).body
  expect((own.items as typeof items).map((one) => one.customerNo).sort()).toEqual(['I1', 'I2', 'I4'])
})

test('a number becomes a segment of the same customers: live where a rule says the same, else a list', async () => {
  const keep = async (key: string, cell: object, as: string) => {
    const { status, body, text } = await hq('POST', '/api/insight/funnel/segment', {
      query,
      cell,
      key,
      name: key,
      as,
    })
    expect(status, text).toBe(201)
    const { count } = (await hq('POST', '/api/segments/estimate', { rule: { segment: key } })).body
    expect(count).toBe(body.count)
    return body
  }
  expect(await keep('reached', { step: 2 }, 'best')).toEqual({ kind: 'rule', key: 'reached', count: 6 })
  expect(await keep('stopped', { step: 1, dropped: true }, 'best')).toMatchObject({ kind: 'rule', count: 4 })
  expect(await keep('frozen', { step: 3 }, 'list')).toMatchObject({ kind: 'list', count: 3 })
  // The list that was kept for a segment which cannot be made is taken back.
  const taken = { query, cell: { step: 3 }, key: 'reached', name: 'reached', as: 'list' }
  expect((await hq('POST', '/api/insight/funnel/segment', taken)).body.code).toBe('SEGMENT_KEY_TAKEN')
  expect((await hq('GET', '/api/lists/reached')).status).toBe(404)
  const nobody = { query, cell: { step: 3, item: 'vnone' }, key: 'empty', name: 'empty' }
  expect((await hq('POST', '/api/insight/funnel/segment', nobody)).body.code).toBe('INSIGHT_NOBODY')
})

test('hostile questions are refused with the field, or answered with nothing', async () => {
  const bad = await hq('POST', '/api/insight/funnel', { ...query, steps: [{ event: 'opened' }] })
  expect(bad).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID' } })
  const nasty = `x' OR 1=1 -- {p0:String}`
  const answer = await hq('POST', '/api/insight/trend', {
    ...{ period: query.period, event: { event: nasty }, by: { prop: nasty }, prop: nasty },
  })
  expect(answer).toMatchObject({ status: 200, body: { total: { messages: 0 } } })
  const long = { event: { event: 'opened' }, size: 'hour', period: { days: 3000 } }
  expect((await hq('POST', '/api/insight/trend', long)).body.code).toBe('INSIGHT_TOO_MANY_BUCKETS')
  const open = { event: { event: 'opened' }, period: { to: '2026-11-02' } }
  expect((await hq('POST', '/api/insight/trend', open)).body.code).toBe('INSIGHT_PERIOD_OPEN')
  expect((await hq('POST', '/api/insight/nothing', {})).status).toBe(404)
})

const board = {
  ...{ key: 'morning', name: '晨会', sharing: 'roles', roles: ['branch_operator'] },
  cards: [{ id: 'a', title: '漏斗', kind: 'funnel', query, x: 0, y: 0, w: 6, h: 4 }],
}

test('dashboards are seen by whom they are shared with, and changed by their maker', async () => {
  expect((await hq('POST', '/api/insight/dashboards', board)).status).toBe(201)
  expect((await hq('POST', '/api/insight/dashboards', board)).body.code).toBe('DASHBOARD_KEY_TAKEN')
  const url = '/api/insight/dashboards/morning'
  const seen = (await branch('GET', url)).body
  expect(seen).toMatchObject({ isMine: false, version: 1, cards: board.cards })
  const rm = await bank.as('rm1')
  expect((await rm('GET', url)).body.code).toBe('DASHBOARD_NOT_FOUND')
  const { key: _, ...body } = board
  const change = { ...body, name: '早会', version: 1 }
  expect((await branch('PUT', url, change)).body.code).toBe('DASHBOARD_NOT_YOURS')
  expect((await hq('PUT', url, change)).body).toMatchObject({ version: 2, name: '早会' })
  expect((await hq('PUT', url, change)).body.code).toBe('DASHBOARD_CHANGED')
  expect((await hq('GET', `${url}/versions`)).body.items).toHaveLength(2)
  const copy = await branch('POST', `${url}/copy`, { key: 'my-morning', name: '我的' })
  expect(copy).toMatchObject({ status: 201, body: { isMine: true, sharing: 'private' } })
  expect((await hq('GET', '/api/insight/dashboards/my-morning')).status).toBe(404)
  expect((await branch('DELETE', url)).body.code).toBe('DASHBOARD_NOT_YOURS')
  expect((await hq('DELETE', url)).status).toBe(204)
  expect((await branch('GET', url)).status).toBe(404)
  const broken = { ...board, cards: [{ ...board.cards[0], query: { steps: [] } }] }
  const refused = (await hq('POST', '/api/insight/dashboards', broken)).body
  expect(refused).toMatchObject({ code: 'DASHBOARD_CARD_INVALID', errors: [{ path: 'cards.0.query.steps' }] })
})

test('what a branch made is not seen above it', async () => {
  const everyone = { ...board, key: 'of-branch', sharing: 'everyone', roles: [] }
  expect((await branch('POST', '/api/insight/dashboards', everyone)).status).toBe(201)
  expect((await (await bank.as('rm1'))('GET', '/api/insight/dashboards/of-branch')).status).toBe(200)
  expect((await (await bank.as('branch2'))('GET', '/api/insight/dashboards/of-branch')).status).toBe(404)
})
