import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Permission } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { createTestHttp, testCaller } from '#platform/server/http-testing.ts'
import {
  branch1,
  branch2,
  openTestCustomers,
  outletOfBranch1,
  rm1,
  rm2,
  scopeOfBranch1,
  scopeOfRm2,
} from './customers-testing.ts'
import { registerCustomerRoutes } from './index.ts'

const server = createTestHttp()
let t: Awaited<ReturnType<typeof openTestCustomers>>

const allPermissions: Permission[] = ['customer.read', 'customer.unmask', 'balance.read', 'event.read']
const hq = testCaller()
const branch = testCaller({ username: 'branch', scope: scopeOfBranch1, permissions: allPermissions })
const rm = testCaller({ username: 'rm', scope: scopeOfRm2, permissions: allPermissions })

beforeAll(async () => {
  t = await openTestCustomers()
  registerCustomerRoutes(server.http, {
    customers: t.customers,
    tagsOfCustomer: async (customerId, { includeC2 }) => [
      {
        key: includeC2 ? 'all' : 'c1-only',
        name: { zh: '标签', en: 'Tag' },
        type: 'number',
        value: String(customerId),
        unit: '',
        class: 'C1',
        directory: [],
        isLifecycle: false,
        since: null,
        refreshedAt: '2026-03-02T00:00:00Z',
      },
    ],
  })
  const ids = await t.upsert([
    {
      customerNo: 'C-001',
      orgId: branch1,
      rmStaffId: rm1,
      attributes: { job: 'admin' },
      identities: [
        { kind: 'name', value: '张三' },
        { kind: 'phone', value: '13812341234' },
        { kind: 'national_id', value: '11010519491231002X' },
      ],
    },
    { customerNo: 'C-002', orgId: outletOfBranch1, identities: [{ kind: 'name', value: '李四' }] },
    {
      customerNo: 'C-003',
      orgId: branch2,
      rmStaffId: rm2,
      state: 'frozen',
      identities: [{ kind: 'name', value: '张三' }],
    },
    { customerNo: 'C-0031', orgId: branch2, identities: [{ kind: 'phone', value: '+86 138 1234 1234' }] },
    { customerNo: "O'Neil_%", orgId: branch1 },
  ])
  await t.customers.syncCustomers()
  for (const [index, customerId] of ids.entries()) {
    await t.insertEvent(customerId, 'logged_in', '2026-03-01 00:00:00.000', index)
  }
  await t.customers.addBalances(
    ids.slice(0, 3).map((customerId, index) => ({
      customerId,
      class: 'deposit',
      businessDate: '2026-03-01',
      currency: 'CNY',
      amount: `${index}00000.10`,
    })),
  )
  await t.customers.addHoldings([
    {
      customerId: ids[0] ?? 0,
      holdingNo: 'D1',
      productCode: 'DEP',
      family: 'deposit',
      currency: 'CNY',
      amount: '1.10',
    },
  ])
  await t.pg.transaction(async (tx) => {
    const [one = 0, two = 0, three = 0] = ids
    await t.customers.addLinks(tx, [
      { customerId: one, linkedCustomerId: two, relation: 'disponent', reference: 'A1' },
      { customerId: one, linkedCustomerId: three, relation: 'disponent', reference: 'A2' },
      { customerId: one, linkedCustomerId: two, relation: 'disponent', reference: 'A1' },
    ])
    const consent = { customerId: one, purpose: 'marketing', version: '1', channel: 'app' }
    await t.customers.setConsents(tx, [
      { ...consent, isGranted: false, at: new Date('2026-02-02T00:00:00Z') },
      { ...consent, isGranted: true, at: new Date('2026-02-01T00:00:00Z') },
    ])
    await t.customers.setConsents(tx, [{ ...consent, isGranted: true, at: new Date('2026-01-01T00:00:00Z') }])
    await t.customers.setDoNotContact(tx, [
      { customerId: one, reason: 'complaint', at: new Date('2026-02-01T00:00:00Z') },
      { customerId: two, reason: 'complaint', at: new Date('2026-02-01T00:00:00Z') },
      { customerId: two, reason: null, at: new Date('2026-02-02T00:00:00Z') },
    ])
  })
})
afterAll(async () => {
  await server.app.close()
  await t?.close()
})

async function get(caller: ReturnType<typeof testCaller>, url: string) {
  server.as(caller)
  const answer = await server.app.inject({ url })
  return { status: answer.statusCode, body: answer.json() }
}

async function numbers(caller: ReturnType<typeof testCaller>, query: string): Promise<string[]> {
  const { status, body } = await get(caller, `/api/customers?${query}`)
  expect({ status, body }).toMatchObject({ status: 200 })
  const counted = await get(caller, `/api/customers/count?${query.replace(/&?(limit|cursor)=[^&]*/g, '')}`)
  const listed = body.items.map((item: { customerNo: string }) => item.customerNo)
  if (!query.includes('limit')) expect(counted.body).toEqual({ count: listed.length })
  return listed
}

describe('search', () => {
  test.each([
    ['', ['C-001', 'C-002', 'C-003', 'C-0031', "O'Neil_%"]],
    ['q=C-003', ['C-003', 'C-0031']],
    ['q=c-003', []],
    ['q=O', ["O'Neil_%"]],
    ["q=O'Neil_%25", ["O'Neil_%"]],
    ['q=_-001', []],
    ['q=%25', []],
    ['q=张三', ['C-001', 'C-003']],
    ['q=张', []],
    ['q=13812341234', ['C-001', 'C-0031']],
    ['q=%2B86-138-1234-1234', ['C-001', 'C-0031']],
    ['q=11010519491231002x', ['C-001']],
    ['q=张三&state=frozen', ['C-003']],
    [`orgId=${branch1}`, ['C-001', 'C-002', "O'Neil_%"]],
    [`orgId=${outletOfBranch1}`, ['C-002']],
    ['orgId=999', []],
    [`q=${encodeURIComponent("' OR 1=1 --")}`, []],
  ])('%s finds %j', async (query, expected) => {
    expect(await numbers(hq, query)).toEqual(expected)
  })

  test('pages hold every customer once', async () => {
    const seen: string[] = []
    let query = 'limit=2'
    for (;;) {
      const { body } = await get(hq, `/api/customers?${query}`)
      seen.push(...body.items.map((item: { customerNo: string }) => item.customerNo))
      if (!body.nextCursor) break
      query = `limit=2&cursor=${body.nextCursor}`
    }
    expect(seen).toEqual(['C-001', 'C-002', 'C-003', 'C-0031', "O'Neil_%"])
  })

  test.each([
    'q=a%00b',
    'orgId=99999999999',
    'orgId=x',
    'state=gone',
    'limit=0',
    'cursor=abc',
    `cursor=${Buffer.from('["x"]').toString('base64url')}`,
    `cursor=${Buffer.from('[1e300]').toString('base64url')}`,
  ])('%s is refused', async (query) => {
    expect(await get(hq, `/api/customers?${query}`)).toMatchObject({ status: 400 })
  })
})

describe('scope', () => {
  test('a branch and a relationship manager list, search and count their own', async () => {
    expect(await numbers(branch, '')).toEqual(['C-001', 'C-002', "O'Neil_%"])
    expect(await numbers(branch, 'q=张三')).toEqual(['C-001'])
    expect(await numbers(branch, 'q=13812341234')).toEqual(['C-001'])
    expect(await numbers(branch, 'q=C-003')).toEqual([])
    expect(await numbers(branch, `orgId=${branch2}`)).toEqual([])
    expect(await numbers(rm, '')).toEqual(['C-003'])
    expect(await numbers(rm, 'q=C-')).toEqual(['C-003'])
  })

  test.each(['', '/holdings', '/balances', '/timeline', '/tags'])(
    'C-003%s answers a branch as if there were no such customer',
    async (page) => {
      const hidden = await get(branch, `/api/customers/C-003${page}`)
      expect(hidden).toMatchObject({ status: 404, body: { code: 'CUSTOMER_NOT_FOUND' } })
      expect(await get(branch, `/api/customers/C-999${page}`)).toEqual(hidden)
      expect(await get(hq, `/api/customers/a%00b${page}`)).toEqual(hidden)
      expect((await get(rm, `/api/customers/C-003${page}`)).status).toBe(200)
      expect((await get(rm, `/api/customers/C-001${page}`)).status).toBe(404)
    },
  )

  test('names of other features are cut to the scope too', async () => {
    const ids = [
      ...(await t.customers.resolveCustomerNos(['C-001', 'C-003'], { createProvisional: false })).values(),
    ]
    expect([...(await t.customers.names(scopeOfBranch1, ids)).values()]).toEqual([
      { customerNo: 'C-001', name: '张**', orgName: '一分行', rmName: '李经理' },
    ])
  })
})

test('the page of a customer is masked and leaves out linked persons of another branch', async () => {
  const { body } = await get(branch, '/api/customers/C-001')
  expect(body).toEqual({
    customerNo: 'C-001',
    name: '张**',
    state: 'active',
    isProvisional: false,
    orgId: branch1,
    orgName: '一分行',
    rmName: '李经理',
    aum: '0.10',
    tier: 'T0',
    identities: [
      { kind: 'name', masked: '张**' },
      { kind: 'national_id', masked: '****002X' },
      { kind: 'phone', masked: '138****1234' },
    ],
    attributes: { job: 'admin' },
    createdAt: '2026-03-02T04:00:00.000Z',
    owners: [{ orgName: '一分行', rmName: '李经理', validFrom: '2026-03-02', validTo: null }],
    links: [{ customerNo: 'C-002', relation: 'disponent', reference: 'A1' }],
    consents: [{ purpose: 'marketing', isGranted: false, version: '1', at: '2026-02-02T00:00:00.000Z' }],
    isDoNotContact: true,
  })
  expect((await get(hq, '/api/customers/C-001')).body.links).toHaveLength(2)
  expect((await get(hq, '/api/customers/C-002')).body.isDoNotContact).toBe(false)
})

test('AUM shows only to whom may see it, and tags of class C2 likewise', async () => {
  const amounts = async (caller: ReturnType<typeof testCaller>) =>
    (await get(caller, '/api/customers')).body.items.map(
      (item: { aum: string | null; tier: string | null }) => [item.aum, item.tier],
    )
  expect((await amounts(hq)).slice(1, 4)).toEqual([
    ['100000.10', 'T2'],
    ['200000.10', 'T3'],
    ['0.00', 'T0'],
  ])
  const blind = testCaller({ permissions: ['customer.read'] })
  expect(new Set((await amounts(blind)).flat())).toEqual(new Set([null]))
  expect((await get(blind, '/api/customers/C-001/tags')).body.items[0].key).toBe('c1-only')
  expect((await get(hq, '/api/customers/C-001/tags')).body.items[0].key).toBe('all')
  for (const page of ['holdings', 'balances', 'timeline']) {
    expect((await get(blind, `/api/customers/C-001/${page}`)).status).toBe(403)
  }
  const half = {
    ...hq,
    scopeOf: (permission: Permission) =>
      permission === 'balance.read' ? scopeOfBranch1 : hq.scopeOf(permission),
  }
  expect((await amounts(half)).map(([aum]: [string | null]) => aum !== null)).toEqual([
    true,
    true,
    false,
    false,
    true,
  ])
  expect((await get(half, '/api/customers/C-003/tags')).body.items[0].key).toBe('c1-only')
})

test('holdings, balances and the timeline have their shapes', async () => {
  expect((await get(hq, '/api/customers/C-001/holdings')).body.items).toMatchObject([
    { holdingNo: 'D1', amount: '1.10' },
  ])
  expect((await get(hq, '/api/customers/C-003/balances')).body.total).toEqual([
    { date: '2026-03-01', amount: '200000.10' },
  ])
  expect((await get(hq, '/api/customers/C-001/timeline')).body).toEqual({
    items: [
      {
        at: '2026-03-01T00:00:00.000Z',
        name: 'logged_in',
        source: 'test',
        messageId: expect.any(String),
        properties: { n: '0' },
      },
    ],
    nextCursor: null,
  })
  const broken = Buffer.from(JSON.stringify(["2026-01-01'", 'x', 'y'])).toString('base64url')
  expect((await get(hq, `/api/customers/C-001/timeline?cursor=${broken}`)).status).toBe(400)
  expect((await get(hq, '/api/customers/C-001/balances?from=0000-01-01&to=9999-12-31')).status).toBe(200)
})

describe('unmask', () => {
  async function unmask(caller: ReturnType<typeof testCaller>, customerNo: string, payload: object) {
    server.as(caller)
    const answer = await server.app.inject({
      method: 'POST',
      url: `/api/customers/${customerNo}/unmask`,
      payload,
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const reason = 'call back 13812341234 as asked'

  test('shows the clear value and leaves the reason in the audit, never the value', async () => {
    expect(await unmask(branch, 'C-001', { kind: 'phone', reason })).toEqual({
      status: 200,
      body: { kind: 'phone', values: ['13812341234'] },
    })
    const [entry, ...more] = (await t.audit.list({ limit: 10, action: 'customer.unmask' })).items
    expect(more).toEqual([])
    expect(entry).toMatchObject({
      actor: 'branch',
      objectType: 'customer',
      objectId: 'C-001',
      after: { kind: 'phone', values: 1 },
      reason: 'call back 138****1234 as asked',
    })
    expect(JSON.stringify(entry)).not.toContain('13812341234')
  })

  test('is refused without the permission, a reason, or the scope, and then leaves no trace', async () => {
    const before = await t.pg.first(sql`SELECT count(*) AS count FROM audit AS a`)
    const blind = testCaller({ permissions: ['customer.read'] })
    expect((await unmask(blind, 'C-001', { kind: 'phone', reason })).status).toBe(403)
    expect((await unmask(hq, 'C-001', { kind: 'phone' })).status).toBe(400)
    expect((await unmask(hq, 'C-001', { kind: 'phone', reason: '       ' })).status).toBe(400)
    expect((await unmask(hq, 'C-001', { kind: 'a\u0000', reason })).status).toBe(400)
    expect(await unmask(rm, 'C-001', { kind: 'phone', reason })).toMatchObject({
      status: 404,
      body: { code: 'CUSTOMER_NOT_FOUND' },
    })
    expect(await t.pg.first(sql`SELECT count(*) AS count FROM audit AS a`)).toEqual(before)
  })
})

test('no clear identifier lies in the databases', async () => {
  const [dump] = await t.pg.query<{ text: string }>(sql`
    SELECT (SELECT string_agg(c::text, '') FROM customer AS c) || (SELECT string_agg(x::text, '') FROM customer_identity AS x)
      || (SELECT string_agg(a::text, '') FROM audit AS a) AS text`)
  const copies = JSON.stringify(await t.copies())
  for (const clear of ['13812341234', '张三', '11010519491231002X']) {
    expect(dump?.text).not.toContain(clear)
    expect(copies).not.toContain(clear)
  }
})
