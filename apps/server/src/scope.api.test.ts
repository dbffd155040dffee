import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApp, type TestApp } from './test-app.ts'

/**
 * Two branches with customers of their own and everything that can be known of them. Each reader goes through every route
 * that answers a GET and through every count, and must find none of the other's.
 */
let bank: TestApp
type Call = Awaited<ReturnType<TestApp['as']>>
const own = ['ONE-1', 'ONE-2', 'ONE-3']
const others = ['TWO-1', 'TWO-2', 'TWO-3', 'TWO-4', 'TWO-5']

async function seedCustomers(): Promise<void> {
  const { pg, customers, org } = bank.app.parts
  const orgIds = new Map(
    (await org.tree.list({ everyone: true, orgIds: [], rmStaffId: null })).map((unit) => [
      unit.code,
      unit.orgId,
    ]),
  )
  const rm1 = await org.staff.findByUsername('rm1')
  const rm2 = await org.staff.findByUsername('rm2')
  const row = (customerNo: string, code: string, rmStaffId: number | undefined) => ({
    customerNo,
    orgId: orgIds.get(code),
    rmStaffId,
    attributes: { city: code },
    identities: [
      { kind: 'name', value: `张${customerNo}` },
      {
        kind: 'phone',
        value: `1380000${customerNo === 'ONE-1' ? '0001' : `1${customerNo.slice(-1)}${customerNo.length}0`}`,
      },
    ],
  })
  const ids = await pg.transaction(async (tx) => {
    const made = await customers.upsertCustomers(tx, [
      ...own.map((no) => row(no, 'O1', no === 'ONE-3' ? undefined : rm1?.staffId)),
      ...others.map((no) => row(no, 'O2', rm2?.staffId)),
    ])
    await customers.setConsents(
      tx,
      made.map((customerId) => ({
        customerId,
        purpose: 'marketing',
        isGranted: true,
        version: '1',
        channel: 'app',
        at: bank.clock.now(),
      })),
    )
    return made
  })
  await customers.syncCustomers()
  const day = '2026-10-01'
  await customers.addBalances(
    ids.map((customerId) => ({
      customerId,
      class: 'demand',
      businessDate: day,
      currency: 'CNY',
      amount: '1000.10',
    })),
  )
  await bank.send(
    [...own, ...others].map((userId, nth) => ({
      type: 'track',
      event: 'app_opened',
      userId,
      messageId: `m${nth}`,
      timestamp: '2026-11-02T01:00:00Z',
      properties: { page: userId },
    })),
  )
}

async function ok(call: Call, method: string, url: string, payload?: object) {
  const answer = await call(method, url, payload)
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`)
  return answer
}

/** A running campaign of head office over everybody, with tasks, so that every table has rows of both branches. */
async function seedCampaign(): Promise<void> {
  const hq = await bank.as('hq')
  const checker = await bank.as('checker')
  await ok(hq, 'POST', '/api/tags', {
    key: 'city',
    name: { zh: '城市', en: 'City' },
    type: 'enum',
    source: { attribute: 'city' },
  })
  await bank.runJob(await ok(hq, 'POST', '/api/tags/city/refresh'))
  await ok(hq, 'POST', '/api/segments', { key: 'openers', name: 'openers', rule: { did: 'app_opened' } })
  await ok(hq, 'POST', '/api/campaigns', {
    key: 'all',
    name: '全行活动',
    objective: { event: 'product_purchased' },
    audience: { segment: 'openers' },
    offer: { title: '标题', body: '正文', link: '/h5/products/W01' },
    rungs: [{ kind: 'place' }, { kind: 'task', after: { minutes: 0 }, title: '跟进' }],
    holdoutPercent: 0,
    from: '2026-11-02T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
  })
  await ok(hq, 'POST', '/api/campaigns/all/submit', {})
  const open = (await ok(checker, 'GET', '/api/approvals?state=open')).body.items as {
    approvalId: number
    contentHash: string
  }[]
  await ok(checker, 'POST', `/api/approvals/${open[0]?.approvalId}/approve`, {
    contentHash: open[0]?.contentHash,
    reason: '',
  })
  await bank.runJob(await ok(hq, 'POST', '/api/campaigns/all/start'))
  await bank.runJob(await ok(hq, 'POST', '/api/campaigns/all/advance'))
  bank.clock.shift(60_000)
  await bank.send(
    [...own, ...others].map((userId, nth) => ({
      type: 'track',
      event: 'slot_clicked',
      userId,
      messageId: `click${nth}`,
      timestamp: bank.clock.now().toISOString(),
      properties: { campaign: 'all', slot: 'home_top' },
    })),
  )
  bank.clock.shift(60_000)
  await bank.runJob(await ok(hq, 'POST', '/api/campaigns/all/advance'))
}

beforeAll(async () => {
  bank = await openTestApp()
  await seedCustomers()
  await seedCampaign()
})
afterAll(() => bank.close())

const readers: [username: string, sees: string[]][] = [
  ['branch1', own],
  ['rm1', ['ONE-1', 'ONE-2']],
]

/** Every address that a GET route can be asked at, with keys and numbers that exist, of both branches. */
function addresses(): string[] {
  const keys = ['city', 'openers', 'all']
  const routes = bank.app.http.accessOfRoutes.filter(
    ({ method, url }) => method === 'GET' && url.startsWith('/api/'),
  )
  return routes.flatMap(({ url }) => {
    if (!url.includes(':'))
      return [
        `${url}?limit=500`,
        url,
        ...(url === '/api/customers'
          ? ['?q=TWO', '?q=TWO-1', '?state=active', '?orgId=5'].map((q) => url + q)
          : []),
      ]
    return keys.flatMap((key) =>
      [...own, ...others].map((no) =>
        url
          .replace(':customerNo', no)
          .replace(':key', key)
          .replace(':name', 'app_opened')
          .replace(':taskId', no.slice(-1))
          .replace(':approvalId', '1')
          .replace(':jobId', '1'),
      ),
    )
  })
}

test.each(readers)('%s finds nothing of the other branch at any address', async (username) => {
  const call = await bank.as(username)
  for (const url of new Set(addresses())) {
    const answer = await call('GET', url)
    const asked = others.find((no) => url.split('?')[0]?.includes(no))
    if (asked) expect([403, 404], `${url}: ${answer.text}`).toContain(answer.status)
    // The address asked for may come back in an error's words; nothing else may name the other branch's customers.
    const said = asked
      ? answer.text.replaceAll(url.split('?')[0] ?? '', '').replaceAll(asked, '')
      : answer.text
    expect(said, url).not.toMatch(/TWO-\d/)
  }
})

test.each(readers)('%s counts only %j', async (username, sees) => {
  const call = await bank.as(username)
  const count = sees.length
  const get = async (url: string) => (await ok(call, 'GET', url)).body
  expect((await get('/api/customers/count')).count).toBe(count)
  expect((await get('/api/customers?limit=500')).items).toHaveLength(count)
  expect((await get('/api/customers/count?q=TWO')).count).toBe(0)
  for (const rule of [
    { did: 'app_opened' },
    { not: { did: 'nothing' } },
    { tag: 'city', is: 'exists' },
    { all: [] },
    { segment: 'openers' },
  ]) {
    const estimate = (await ok(call, 'POST', '/api/segments/estimate', { rule })).body
    expect(estimate, JSON.stringify(rule)).toMatchObject({ count, base: count, exact: true })
  }
  expect(
    (await ok(call, 'POST', '/api/segments/estimate', { rule: { tag: 'city', is: 'eq', value: 'O2' } })).body
      .count,
  ).toBe(0)
  const distribution = await get('/api/tags/city/distribution')
  expect(distribution).toMatchObject({ coverage: count, base: count, values: [{ value: 'O1', count }] })
  expect((await get('/api/segments/openers/members?limit=500')).items).toHaveLength(count)
  expect((await get('/api/segments/openers')).memberCount).toBeNull()
  expect((await get('/api/home')).customers).toBe(count)
})

test('reports, funnels and tasks of a head-office campaign are cut to the branch', async () => {
  const call = await bank.as('branch1')
  const hq = await bank.as('hq')
  const funnel = (await ok(call, 'GET', '/api/campaigns/all/funnel')).body
  expect(funnel).toMatchObject({ eligible: own.length, clicked: own.length, tasks: own.length })
  expect((await ok(hq, 'GET', '/api/campaigns/all/funnel')).body).toMatchObject({
    eligible: own.length + others.length,
  })
  const report = (await ok(call, 'GET', '/api/campaigns/all/report')).body as {
    arms: { customers: number }[]
    byOrg: { customers: number }[]
  }
  expect(report.arms.reduce((sum, arm) => sum + arm.customers, 0)).toBe(own.length)
  expect(report.byOrg.reduce((sum, row) => sum + row.customers, 0)).toBe(own.length)
  const tasks = (await ok(call, 'GET', '/api/tasks?limit=500')).body.items as { customerNo: string }[]
  expect(tasks.map((task) => task.customerNo).sort()).toEqual(own)
  const rm = await bank.as('rm1')
  const mine = (await ok(rm, 'GET', '/api/tasks?limit=500')).body.items as { customerNo: string }[]
  expect(mine.map((task) => task.customerNo).filter((no) => no.startsWith('TWO'))).toEqual([])
})
