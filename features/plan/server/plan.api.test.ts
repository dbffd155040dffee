import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestPlan, scopeOfBranch } from '#features/plan/server/plan-testing.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let bank: Awaited<ReturnType<typeof openTestPlan>>
beforeAll(async () => {
  bank = await openTestPlan()
  await bank.addSource('app')
})
afterAll(() => bank.close())

const definition = (more: object = {}) => ({
  name: { zh: '转账成功', en: 'Money sent' },
  owner: 'hq',
  properties: [{ name: 'amount', type: 'number', required: true }],
  ...more,
})
const pathOf = (key: string) => `/api/plan/events/${encodeURIComponent(key)}`
const create = (key: string, more: object = {}) =>
  bank.call('POST', '/api/plan/events', { key, ...definition(more) })
async function published(key: string, more: object = {}) {
  expect(await create(key, more)).toMatchObject({
    status: 201,
    body: { state: 'draft', version: 0, revision: 1 },
  })
  const answer = await bank.call('POST', `${pathOf(key)}/publish`, { revision: 1 })
  expect(answer).toMatchObject({ status: 200, body: { state: 'active', version: 1, hasChanges: false } })
  return answer.body
}
const codes = (event: string, props: [string, string][] = []) =>
  bank.plan
    .current()
    .check('app', event, props)
    .map((finding) => finding.code)

test('from draft to retired: each state means what it says for what comes', async () => {
  await create('life')
  expect(codes('life')).toEqual(['PLAN_EVENT_UNKNOWN'])
  const made = await bank.call('POST', `${pathOf('life')}/publish`, { revision: 1, reason: '上线' })
  expect([codes('life'), codes('life', [['amount', '1']])]).toEqual([['PLAN_PROPERTY_MISSING'], []])
  let { revision } = made.body

  const changed = await bank.call('PUT', pathOf('life'), { revision, ...definition({ properties: [] }) })
  expect(changed.body).toMatchObject({ version: 1, hasChanges: true })
  // What is being worked on is not what is checked.
  expect(codes('life')).toEqual(['PLAN_PROPERTY_MISSING'])
  revision = changed.body.revision
  const second = await bank.call('POST', `${pathOf('life')}/publish`, { revision })
  expect(second.body).toMatchObject({ version: 2, state: 'active' })
  expect(codes('life')).toEqual([])
  revision = second.body.revision
  for (const [move, state, expected] of [
    ['deprecate', 'deprecated', []],
    ['retire', 'retired', ['PLAN_EVENT_RETIRED']],
    ['restore', 'active', []],
  ] as const) {
    const answer = await bank.call('POST', `${pathOf('life')}/${move}`, { revision, reason: 'x' })
    expect(answer).toMatchObject({ status: 200, body: { state, version: 2 } })
    expect(codes('life')).toEqual(expected)
    revision = answer.body.revision
  }
  const wrong = await bank.call('POST', `${pathOf('life')}/retire`, { revision })
  expect(wrong).toMatchObject({ status: 409, body: { code: 'PLAN_STATE' } })

  const { items } = (await bank.call('GET', `${pathOf('life')}/versions`)).body
  expect(items).toMatchObject([
    { version: 2, differences: [{ path: 'properties.amount', kind: 'removed' }] },
    { version: 1, reason: '上线', publishedBy: 'hq' },
  ])
  const entries = (await bank.audit.list({ limit: 50, objectId: 'life' })).items
  expect(entries.map((entry) => entry.action).reverse()).toEqual(
    ['create', 'publish', 'change', 'publish', 'deprecate', 'retire', 'restore'].map((one) => `plan.${one}`),
  )
  expect(entries[0]).toMatchObject({ before: { state: 'retired' }, after: { state: 'active' }, reason: 'x' })
})

test('two people at once: the second is told, nothing is lost', async () => {
  const { revision } = await published('shared')
  const both = await Promise.all(
    ['first', 'second'].map((description) =>
      bank.call('PUT', pathOf('shared'), { revision, ...definition({ description }) }),
    ),
  )
  expect(both.map((one) => one.status).sort()).toEqual([200, 409])
  expect(both.find((one) => one.status === 409)?.body.code).toBe('PLAN_CHANGED')
  const publishes = await Promise.all(
    [1, 2].map(() => bank.call('POST', `${pathOf('shared')}/publish`, { revision: revision + 1 })),
  )
  expect(publishes.map((one) => one.status).sort()).toEqual([200, 409])
  expect((await bank.call('GET', `${pathOf('shared')}/versions`)).body.items).toHaveLength(2)
  const again = await create('shared')
  expect(again).toMatchObject({ status: 409, body: { code: 'PLAN_EVENT_TAKEN' } })
})

test('a draft goes back to what is published, or away', async () => {
  const { revision } = await published('undo')
  const changed = await bank.call('PUT', pathOf('undo'), { revision, ...definition({ description: 'no' }) })
  const undo = (at: number) => bank.call('POST', `${pathOf('undo')}/discard`, { revision: at })
  expect((await undo(changed.body.revision)).status).toBe(204)
  expect((await bank.call('GET', pathOf('undo'))).body).toMatchObject({ hasChanges: false, version: 1 })
  expect((await undo(changed.body.revision + 1)).body.code).toBe('PLAN_NOTHING_TO_PUBLISH')
  await create('never')
  expect((await bank.call('POST', `${pathOf('never')}/discard`, { revision: 1 })).status).toBe(204)
  expect((await bank.call('GET', pathOf('never'))).body.code).toBe('PLAN_EVENT_NOT_FOUND')
})

test.each<[string, object, string]>([
  [
    'a name twice',
    {
      properties: [
        { name: 'a', type: 'string' },
        { name: 'a', type: 'number' },
      ],
    },
    'properties.1.name',
  ],
  [
    'inside of a text',
    {
      properties: [
        { name: 'a', type: 'string' },
        { name: 'a.b', type: 'number' },
      ],
    },
    'properties.1.name',
  ],
  ['an enum of nothing', { properties: [{ name: 'a', type: 'enum' }] }, 'properties.0.values'],
  [
    'a slow pattern',
    { properties: [{ name: 'a', type: 'string', pattern: '(a+)+' }] },
    'properties.0.pattern',
  ],
  ['an unknown class', { properties: [{ name: 'a', type: 'string', class: 'C3' }] }, 'properties.0.class'],
  ['control characters', { properties: [{ name: 'a\n', type: 'string' }] }, 'properties.0.name'],
  ['a broken text', { description: '\ud800' }, 'description'],
  ['a field of its own', { nonsense: 1 }, ''],
  ['nobody', { owner: 'ghost' }, 'owner'],
])('%s is refused', async (_name, more, path) => {
  const answer = await create('refused', more)
  expect(answer.status).toBe(400)
  expect(answer.body.errors[0].path).toBe(path)
})

test.each(['..', '.', ' x', 'a\0b', 'x'.repeat(201), '中'.repeat(60), ''])(
  'the key %j is refused',
  async (key) => expect((await create(key)).status).toBe(400),
)
test.each(['a/b', '开户成功', `x' OR 1=1 --`, '%', 'a?b#c', '__proto__', 'constructor'])(
  'the key %j is a name like any other',
  async (key) => {
    await published(key)
    expect((await bank.call('GET', pathOf(key))).body.key).toBe(key)
    expect(codes(key, [['amount', '1']])).toEqual([])
  },
)
test('keys that poison prototypes end the request, not the program', async () => {
  const body = `{"key":"p","name":{"zh":"a","en":"b"},"owner":"hq","__proto__":{"isAdmin":true}}`
  expect((await bank.call('POST', '/api/plan/events', body)).status).toBe(400)
})

test('is found by Chinese, pinyin and initials; wildcards are text', async () => {
  await create('found', { name: { zh: '重庆银行还款', en: 'Repayment' } })
  for (const q of ['银行还', 'chongqing', 'yinhang', 'cqyhhk', 'repay', 'FOUND']) {
    const { items } = (await bank.call('GET', `/api/plan/events?q=${encodeURIComponent(q)}`)).body
    expect([q, items.map((one: { key: string }) => one.key)]).toEqual([q, ['found']])
  }
  const { items } = (await bank.call('GET', '/api/plan/events?q=%25')).body
  expect(items.map((one: { key: string }) => one.key)).toEqual(['%'])
  const first = (await bank.call('GET', '/api/plan/events?limit=2&state=active')).body
  const next = (await bank.call('GET', `/api/plan/events?limit=2&state=active&cursor=${first.nextCursor}`))
    .body
  expect(new Set([...first.items, ...next.items].map((one) => one.key)).size).toBe(4)
})

test('modes by source, for sources that exist', async () => {
  expect(bank.plan.current().modeOf('app')).toBe('observe')
  const put = (source: string, mode: string) => bank.call('PUT', `/api/plan/modes/${source}`, { mode })
  expect((await put('app', 'enforce')).body).toMatchObject({
    source: 'app',
    mode: 'enforce',
    changedBy: 'hq',
  })
  expect(bank.plan.current().modeOf('app')).toBe('enforce')
  expect((await put('nowhere', 'warn')).body.code).toBe('PLAN_SOURCE_NOT_FOUND')
  expect((await put('app', 'destroy')).status).toBe(400)
  expect((await bank.call('GET', '/api/plan/modes')).body.items).toMatchObject([
    { source: 'app', mode: 'enforce' },
  ])
  await put('app', 'observe')
})

test('who may not, may not', async () => {
  bank.as(testCaller({ permissions: ['plan.read'] }))
  expect((await create('mine')).status).toBe(403)
  expect((await bank.call('PUT', '/api/plan/modes/app', { mode: 'enforce' })).status).toBe(403)
  expect((await bank.call('POST', '/api/plan/import', {})).status).toBe(403)
  // Counts of what customers did ask for more than reading the plan.
  expect((await bank.call('GET', '/api/plan/coverage')).status).toBe(403)
  expect((await bank.call('GET', '/operator/plan/types')).status).toBe(401)
  bank.as(undefined)
  expect((await bank.call('GET', '/api/plan/events')).status).toBe(401)
  bank.as(testCaller())
})

const event = (name: string, customerId: number, nth: number, props: Record<string, string> = {}) => ({
  ...{ name, customer_id: customerId, visitor: 0, source: 'app', props, ver: 1, is_deleted: 0 },
  msg: `00000000-0000-4000-8000-${String(customerId * 1000 + nth).padStart(12, '0')}`,
  occurred_at: '2026-03-10 17:00:00.000',
  received_at: '2026-03-10 17:00:00.000',
})

test('the plan against what came, in scope, each message once', async () => {
  await published('bought', { places: [{ space: 'main', page: 'product' }, { space: 'elder' }] })
  await bank.ch.insertRows('customer', [
    {
      customer_id: 1,
      customer_no: 'A',
      org_id: 1,
      rm_staff_id: 0,
      state: 'active',
      is_provisional: 0,
      attributes: {},
      ver: 1,
    },
    {
      customer_id: 2,
      customer_no: 'B',
      org_id: 2,
      rm_staff_id: 0,
      state: 'active',
      is_provisional: 0,
      attributes: {},
      ver: 1,
    },
  ])
  const rows = [
    event('bought', 1, 1, { space: 'main', page: 'product', amount: '1' }),
    event('bought', 2, 2, { space: 'main', page: 'other', extra: 'x' }),
    event('undeclared', 1, 3),
  ]
  await bank.ch.insertRows('event', rows)
  await bank.ch.insertRows('event', rows)
  const { customer_id: _, ...visitor } = event('bought', 1, 1, { space: 'main', page: 'product' })
  await bank.ch.insertRows('event_anonymous', [{ ...visitor, visitor: 7 }])

  const all = (await bank.call('GET', '/api/plan/coverage')).body
  expect(all.undeclared).toMatchObject([{ event: 'undeclared', state: 'unknown', count: 1 }])
  expect(all.unseen.map((one: { event: string }) => one.event)).not.toContain('bought')
  expect(all.unseen.map((one: { event: string }) => one.event)).toContain('shared')
  expect(all.places).toMatchObject([
    { event: 'bought', space: 'main', page: 'product', count: 1 },
    { event: 'bought', space: 'elder', page: null, count: 0 },
  ])
  expect((await bank.call('GET', '/api/plan/activity')).body.items).toMatchObject([
    { event: 'bought', today: 2, last7Days: 2 },
    { event: 'undeclared', today: 1 },
  ])
  expect((await bank.call('GET', `${pathOf('bought')}/properties`)).body).toEqual({
    messages: 2,
    items: [
      { name: 'page', count: 2, isDeclared: false },
      { name: 'space', count: 2, isDeclared: false },
      { name: 'amount', count: 1, isDeclared: true },
      { name: 'extra', count: 1, isDeclared: false },
    ],
  })

  bank.as(testCaller({ scope: scopeOfBranch }))
  const branch = (await bank.call('GET', '/api/plan/coverage')).body
  expect(branch.undeclared).toEqual([])
  expect(branch.places[0].count).toBe(0)
  expect((await bank.call('GET', '/api/plan/activity')).body.items).toMatchObject([
    { event: 'bought', today: 1 },
  ])
  bank.as(testCaller())
})

test('exports and takes back the same; a dry run changes nothing; a file is taken whole or not at all', async () => {
  const file = (await bank.call('GET', '/api/plan/export')).body
  const dry = await bank.call('POST', '/api/plan/import', { plan: file, dryRun: true, publish: true })
  expect(dry.body).toMatchObject({ isDryRun: true, created: 0, changed: 0, unchanged: file.events.length })

  const plan = {
    ...file,
    events: [
      ...file.events
        .filter((one: { key: string }) => one.key === 'shared')
        .map((one: object) => ({ ...one, description: 'neu' })),
      { key: 'imported', state: 'active', ...definition() },
      { key: 'sketch', ...definition() },
    ],
  }
  const look = await bank.call('POST', '/api/plan/import', { plan, dryRun: true, publish: true })
  expect(look.body).toMatchObject({ created: 2, changed: 1, unchanged: 0 })
  expect((await bank.call('GET', pathOf('imported'))).status).toBe(404)
  const done = await bank.call('POST', '/api/plan/import', { plan, publish: true })
  expect(done.body.items).toEqual(look.body.items)
  expect(codes('imported', [['amount', '1']])).toEqual([])
  expect(codes('sketch')).toEqual(['PLAN_EVENT_UNKNOWN'])
  expect((await bank.call('GET', pathOf('shared'))).body).toMatchObject({
    version: 3,
    published: { description: 'neu' },
  })
  const again = await bank.call('POST', '/api/plan/import', { plan, publish: true })
  expect(again.body).toMatchObject({ created: 0, changed: 0, unchanged: 3 })

  const broken = {
    ...plan,
    events: [
      { key: 'half', ...definition() },
      { key: 'other', ...definition({ owner: 'ghost' }) },
    ],
  }
  const refused = await bank.call('POST', '/api/plan/import', { plan: broken })
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'PLAN_OWNER_UNKNOWN', errors: [{ path: 'plan.events.1.owner' }] },
  })
  expect((await bank.call('GET', pathOf('half'))).status).toBe(404)
  const twice = { ...plan, events: [plan.events[1], plan.events[1]] }
  expect((await bank.call('POST', '/api/plan/import', { plan: twice })).status).toBe(400)
})

test('a table for people, in which nothing is a formula', async () => {
  await create('formula', { description: '=HYPERLINK("x")', properties: [{ name: '@x', type: 'string' }] })
  const answer = await bank.call('GET', '/api/plan/export.csv')
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
  expect(answer.body.startsWith('\ufeffevent,name_zh')).toBe(true)
  expect(answer.body).toContain(`"'=HYPERLINK(""x"")",'@x,string,false`)
})

test('types of what is published', async () => {
  const { body } = await bank.call('GET', '/api/plan/types')
  expect(body).toContain('readonly bought: BoughtEvent')
  expect(body).not.toContain('formula')
})

test('another process sees a change soon, and goes on with what it knows when the database is away', async () => {
  const other = bank.openOther()
  expect(() => other.current()).toThrow(expect.objectContaining({ code: 'PLAN_UNAVAILABLE' }))
  await other.reload()
  await published('news')
  const isKnown = () => other.current().check('app', 'news', [['amount', '1']]).length === 0
  expect(isKnown()).toBe(false)
  bank.pass(6000)
  await expect.poll(isKnown).toBe(true)
  expect((await bank.plan.snapshot()).revision).toBe(other.current().revision)
})

test('findings are counted by day, from several processes, and bounded', async () => {
  const other = bank.openOther()
  await other.reload()
  for (const process of [bank.plan, other]) {
    const gate = process.gate()
    for (let nth = 0; nth < 10; nth += 1) gate.check('app', 'bought', [])
    gate.check('app', 'bought', [['amount', '1']])
  }
  await Promise.all([bank.plan.flushFindings(), other.flushFindings()])
  const list = async (more = '') =>
    (await bank.call('GET', `/api/plan/findings?source=app${more}`)).body.items
  expect(await list('&event=bought')).toMatchObject([
    { day: '2026-03-11', code: 'PLAN_PROPERTY_MISSING', path: 'properties.amount', count: 20 },
  ])
  // Names nobody planned come from outside: neither memory nor table grows with them.
  const gate = bank.plan.gate()
  for (let nth = 0; nth < 5000; nth += 1) gate.check('app', `junk-${nth}`, [])
  await bank.plan.flushFindings()
  const rows = await bank.pg.first<{ rows: number; total: number }>(sql`
    SELECT count(*) AS rows, sum(f.count)::bigint AS total FROM plan_finding_count AS f WHERE f.code = 'PLAN_EVENT_UNKNOWN'`)
  expect(rows?.total).toBe(5000)
  expect(rows?.rows).toBeLessThanOrEqual(1001)
})
