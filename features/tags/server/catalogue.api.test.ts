import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestTags, scopeOfBranch } from '#features/tags/server/tags-testing.ts'
import { rolePermissions, scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let bank: Awaited<ReturnType<typeof openTestTags>>
beforeAll(async () => {
  bank = await openTestTags()
})
afterAll(() => bank.close())

const hq = testCaller({ username: 'hq', permissions: rolePermissions.hq_operator, scope: scopeOfEveryone })
const other = testCaller({
  username: 'other',
  permissions: rolePermissions.hq_operator,
  scope: scopeOfEveryone,
})
const both = testCaller({
  username: 'both',
  permissions: [...rolePermissions.hq_operator, 'approval.decide'],
  scope: scopeOfEveryone,
})
const checker = testCaller({
  username: 'checker',
  permissions: rolePermissions.approver,
  scope: scopeOfEveryone,
})

const as = async (who: typeof hq, ...call: Parameters<typeof bank.call>) => {
  bank.as(who)
  return bank.call(...call)
}
const tag = (key: string, more: object = {}) => ({
  key,
  name: { zh: `标签${key}`, en: key },
  type: 'number',
  source: { attribute: 'age' },
  ...more,
})
const definition = (key: string, more: object = {}) => {
  const { key: _, ...rest } = { ...tag(key), class: 'C1', description: '', refreshEveryMinutes: 60, ...more }
  return rest
}
const approvalOf = async (key: string) => {
  const { body } = await as(checker, 'GET', `/api/approvals?objectType=tag&objectKey=${key}`)
  return body.items[0]
}
async function decide(who: typeof hq, key: string, step: 'approve' | 'reject') {
  const { approvalId, contentHash } = await approvalOf(key)
  return as(who, 'POST', `/api/approvals/${approvalId}/${step}`, { contentHash, reason: '已经核对过' })
}
const stateOf = async (key: string) => (await as(hq, 'GET', `/api/tags/${key}`)).body.state

test('a C1 tag is published at once; a C2 tag waits for someone else and is no tag before', async () => {
  expect((await as(hq, 'POST', '/api/tags', tag('plain'))).body).toMatchObject({
    state: 'published',
    owner: 'hq',
  })
  const made = await as(both, 'POST', '/api/tags', tag('secret', { class: 'C2' }))
  expect(made).toMatchObject({ status: 201, body: { state: 'submitted', coverage: null } })
  await expect(bank.rules.count(scopeOfEveryone, { tag: 'secret', is: 'exists' })).rejects.toMatchObject({
    code: 'RULE_TAG_UNKNOWN',
  })
  expect((await as(hq, 'POST', '/api/tags/secret/refresh')).status).toBe(404)
  expect((await decide(both, 'secret', 'approve')).body.code).toBe('APPROVAL_OWN')
  expect((await decide(hq, 'secret', 'approve')).body.code).toBe('PERMISSION_MISSING')
  expect((await approvalOf('secret')).objectName).toBe('标签secret')
  expect((await decide(checker, 'secret', 'approve')).body.state).toBe('approved')
  expect(await stateOf('secret')).toBe('published')
  expect((await bank.rules.count(scopeOfEveryone, { tag: 'secret', is: 'exists' })).count).toBe(3)
})

test('a changed C2 tag keeps what is in force until the change is approved', async () => {
  const change = (source: object, who = hq) =>
    as(who, 'PUT', '/api/tags/secret', definition('secret', { class: 'C2', source }))
  expect((await change({ event: 'transfer', agg: 'count' })).body).toMatchObject({
    state: 'published',
    version: 1,
    source: { attribute: 'age' },
    proposal: { by: 'hq', definition: { source: { event: 'transfer' } } },
  })
  await change({ event: 'transfer', agg: 'distinct', prop: 'to' }, other)
  expect((await approvalOf('secret')).previousContent.definition.source).toEqual({ attribute: 'age' })
  expect((await decide(checker, 'secret', 'reject')).body.state).toBe('rejected')
  expect((await as(hq, 'GET', '/api/tags/secret')).body).toMatchObject({ proposal: null, version: 1 })
  await change({ event: 'transfer', agg: 'count' })
  await decide(checker, 'secret', 'approve')
  expect((await as(hq, 'GET', '/api/tags/secret')).body).toMatchObject({
    version: 2,
    source: { event: 'transfer' },
    proposal: null,
    coverage: null,
  })
  // Taking the class off needs the same second pair of eyes; a new name does not.
  const renamed = definition('secret', {
    class: 'C2',
    source: { event: 'transfer', agg: 'count' },
    name: { zh: '新', en: 'N' },
  })
  expect((await as(hq, 'PUT', '/api/tags/secret', renamed)).body).toMatchObject({
    version: 3,
    name: { zh: '新' },
  })
  expect((await as(hq, 'PUT', '/api/tags/secret', { ...renamed, class: 'C1' })).body).toMatchObject({
    class: 'C2',
    proposal: { definition: { class: 'C1' } },
  })
  expect((await as(hq, 'POST', '/api/tags/secret/withdraw')).body.proposal).toBeNull()
  expect((await approvalOf('secret')).state).toBe('withdrawn')
})

test('an approval is void once something behind it has changed', async () => {
  await as(hq, 'POST', '/api/tags', tag('base'))
  const source = { rule: { tag: 'base', is: 'gte', value: 30 } }
  await as(hq, 'POST', '/api/tags', tag('upon', { class: 'C2', type: 'bool', source }))
  await as(hq, 'PUT', '/api/tags/base', definition('base', { source: { attribute: 'vip' } }))
  expect((await decide(checker, 'upon', 'approve')).body.code).toBe('APPROVAL_STALE')
  expect(await stateOf('upon')).toBe('draft')
  expect((await as(hq, 'POST', '/api/tags/upon/submit')).body.state).toBe('submitted')
  expect((await decide(checker, 'upon', 'approve')).body.state).toBe('approved')
})

test('a draft waits for its maker, and everyone who wrote it is a maker', async () => {
  await as(both, 'POST', '/api/tags', tag('idea', { class: 'C2', draft: true }))
  await as(hq, 'PUT', '/api/tags/idea', definition('idea', { class: 'C2', description: '甲' }))
  expect((await as(other, 'POST', '/api/tags/idea/submit')).body.state).toBe('submitted')
  expect((await decide(both, 'idea', 'approve')).body.code).toBe('APPROVAL_OWN')
  expect((await as(hq, 'DELETE', '/api/tags/idea')).status).toBe(204)
  expect((await approvalOf('idea')).state).toBe('withdrawn')
})

test('two checkers at once: one decides, the other is told', async () => {
  await as(hq, 'POST', '/api/tags', tag('race', { class: 'C2' }))
  const { approvalId, contentHash } = await approvalOf('race')
  bank.as(checker)
  const decisions = await Promise.all(
    [1, 2].map(() => bank.call('POST', `/api/approvals/${approvalId}/approve`, { contentHash })),
  )
  expect(decisions.map((one) => one.status).sort()).toEqual([200, 409])
})

test('retirement names what breaks, refuses while something does, and says what to use instead', async () => {
  const rule = (key: string, of: string) =>
    tag(key, { type: 'bool', source: { rule: { tag: of, is: 'exists' } } })
  await as(hq, 'POST', '/api/tags', tag('root'))
  await as(hq, 'POST', '/api/tags', rule('leaf', 'root'))
  await as(hq, 'POST', '/api/tags', rule('far', 'leaf'))
  expect((await as(hq, 'GET', '/api/tags/root/impact')).body.items).toEqual([
    { type: 'tag', key: 'leaf', name: '标签leaf', through: null },
    { type: 'tag', key: 'far', name: '标签far', through: 'tag leaf' },
  ])
  const retire = (body: object) => as(hq, 'POST', '/api/tags/root/retire', body)
  expect((await retire({ reason: '口径已更换' })).body.code).toBe('TAG_IN_USE')
  expect((await retire({ reason: '短' })).status).toBe(400)
  expect((await retire({ reason: '口径已更换', replacement: 'nothing', despiteUses: true })).body.code).toBe(
    'TAG_UNPUBLISHED',
  )
  expect(
    (await retire({ reason: '口径已更换', replacement: 'plain', despiteUses: true })).body,
  ).toMatchObject({
    state: 'retired',
    retiredReason: '口径已更换',
    replacedBy: 'plain',
  })
  expect((await as(hq, 'GET', '/api/tags/root')).body.state).toBe('retired')
  expect((await as(hq, 'PUT', '/api/tags/root', definition('root'))).status).toBe(404)
  expect((await as(hq, 'GET', '/api/tags?state=retired')).body.items).toHaveLength(1)
})

test('lineage goes up to the fields of events and down to what uses the tag', async () => {
  const source = {
    event: 'transfer',
    where: [{ prop: 'to', is: 'eq', value: 'x' }],
    agg: 'sum',
    prop: 'amount',
  }
  await as(hq, 'POST', '/api/tags', tag('sum-x', { source }))
  await as(
    hq,
    'POST',
    '/api/tags',
    tag('rich-x', { type: 'bool', source: { rule: { tag: 'sum-x', is: 'gte', value: 1 } } }),
  )
  const { body } = await as(hq, 'GET', '/api/tags/sum-x/lineage')
  expect(body.nodes.map((one: { id: string; layer: number }) => `${one.layer} ${one.id}`).sort()).toEqual([
    '-1 property:transfer.amount',
    '-1 property:transfer.to',
    '-2 event:transfer',
    '0 tag:sum-x',
    '1 tag:rich-x',
  ])
  expect(body.edges).toContainEqual({ from: 'property:transfer.to', to: 'tag:sum-x' })
  expect(body.edges).toContainEqual({ from: 'tag:sum-x', to: 'tag:rich-x' })
})

test('folders: made, moved, ordered, never in a circle, removed only when empty', async () => {
  const post = (body: object) => as(hq, 'POST', '/api/tag-directories', body)
  const name = (zh: string) => ({ zh, en: zh })
  await post({ key: 'top', name: name('甲') })
  await post({ key: 'mid', name: name('乙'), parentKey: 'top' })
  expect((await post({ key: 'low', name: name('丙'), parentKey: 'mid' })).body.path).toEqual([
    'top',
    'mid',
    'low',
  ])
  await post({ key: 'mid2', name: name('丁'), parentKey: 'top', position: 0 })
  const put = (key: string, body: object) => as(hq, 'PUT', `/api/tag-directories/${key}`, body)
  expect((await put('top', { name: name('甲'), parentKey: 'low' })).body.code).toBe('TAG_DIRECTORY_CYCLE')
  const list = async () => (await as(hq, 'GET', '/api/tag-directories')).body.items
  expect(
    (await list())
      .filter((one: { parentKey: string }) => one.parentKey === 'top')
      .map((one: { key: string }) => one.key),
  ).toEqual(['mid2', 'mid'])
  await as(hq, 'PUT', '/api/tags/plain', definition('plain', { directory: ['top', 'mid', 'low'] }))
  expect(
    (await as(hq, 'GET', '/api/tags?directory=top')).body.items.map((one: { key: string }) => one.key),
  ).toEqual(['plain'])
  expect((await list()).find((one: { key: string }) => one.key === 'top').tags).toBe(1)
  await put('low', { name: name('丙丙'), parentKey: null })
  expect((await as(hq, 'GET', '/api/tags/plain')).body.directory).toEqual(['low'])
  expect((await as(hq, 'DELETE', '/api/tag-directories/low')).body.code).toBe('TAG_DIRECTORY_NOT_EMPTY')
  expect((await as(hq, 'DELETE', '/api/tag-directories/mid')).status).toBe(204)
  expect((await as(hq, 'PUT', '/api/tags/plain', definition('plain', { directory: ['gone'] }))).status).toBe(
    404,
  )
})

test('many at once: a preview changes nothing, what is used stays', async () => {
  const bulk = (body: object) => as(hq, 'POST', '/api/tag-catalogue/bulk', body)
  const move = { keys: ['plain', 'leaf', 'nothing'], action: { move: ['top'] } }
  const preview = await bulk({ ...move, preview: true })
  expect(preview.body.items.map((one: { outcome: string }) => one.outcome)).toEqual([
    'done',
    'unknown',
    'done',
  ])
  expect((await as(hq, 'GET', '/api/tags/plain')).body.directory).toEqual(['low'])
  expect((await bulk(move)).body.done).toBe(2)
  expect((await as(hq, 'GET', '/api/tags/plain')).body.directory).toEqual(['top'])
  const retired = await bulk({ keys: ['leaf', 'far'], action: { retire: { reason: '不再使用了' } } })
  expect(
    retired.body.items.map((one: { key: string; outcome: string }) => `${one.key} ${one.outcome}`),
  ).toEqual(['far done', 'leaf done'])
})

test.each([
  ['客户年龄', 'kehunianling'],
  ['客户年龄', 'khnl'],
  ['客户年龄', '年龄'],
  ['客户年龄', 'searched-AGE'],
  ['客户年龄', 'Years of'],
])('%s is found by %s', async (zh, q) => {
  await as(hq, 'POST', '/api/tags', tag('searched-age', { name: { zh, en: 'Years of life' } }))
  const { body } = await as(hq, 'GET', `/api/tags?q=${encodeURIComponent(q)}`)
  expect(body.items.map((one: { key: string }) => one.key)).toContain('searched-age')
})

test('filters by class, kind, state, owner and use; the table has them all', async () => {
  const keys = async (query: string) =>
    (await as(hq, 'GET', `/api/tags?limit=500&${query}`)).body.items.map((one: { key: string }) => one.key)
  expect(await keys('class=C2&owner=hq')).toEqual(expect.arrayContaining(['race', 'upon']))
  expect(await keys('kind=event')).toEqual(expect.arrayContaining(['secret', 'sum-x']))
  expect(await keys('used=true')).toContain('sum-x')
  expect(await keys('used=false')).not.toContain('sum-x')
  expect(await keys('mode=streaming')).toContain('sum-x')
  const { body } = await as(hq, 'GET', '/api/tag-catalogue/count?kind=event')
  expect(body.count).toBe((await keys('kind=event')).length)
  expect((await bank.tags.csv({ state: 'published' })).split('\r\n')[0]).toContain('key,name_zh')
})

test('a branch changes no tag of head office and a formula stays text in the table', async () => {
  const branch = testCaller({ username: 'b', permissions: ['tag.write', 'tag.read'], scope: scopeOfBranch })
  expect((await as(branch, 'PUT', '/api/tags/plain', definition('plain'))).body.code).toBe('TAG_NOT_OWN')
  await as(hq, 'POST', '/api/tags', tag('formula', { name: { zh: '=1+1', en: '@x' } }))
  expect(await bank.tags.csv({ state: 'published', q: 'formula' })).toContain("'=1+1,'@x")
})

test('one customer: since when, each value before, and who is alike, all in scope', async () => {
  for (const [key, attribute] of [
    ['of-job', 'job'],
    ['of-vip', 'vip'],
  ] as const) {
    await as(hq, 'POST', '/api/tags', tag(key, { type: 'enum', source: { attribute } }))
    await bank.tags.refresh(key)
    await bank.tags.refresh(key)
  }
  await bank.ch.insertRows('tag_change', [
    { tag: 'of-job', customer_id: 1, at: '2026-02-01 00:00:00.000', value: 'cook', number: null, ver: 1 },
    { tag: 'of-job', customer_id: 1, at: '2026-03-01 00:00:00.000', value: 'admin.', number: null, ver: 1 },
  ])
  const history = await as(hq, 'GET', '/api/customers/A1/tags/of-job/history')
  expect(history.body.items.map((one: { value: string }) => one.value)).toEqual(['admin.', 'cook'])
  const tags = await bank.tags.tagsOfCustomer(1, { includeC2: false })
  expect(tags.find((one) => one.key === 'of-job')).toMatchObject({
    value: 'admin.',
    since: '2026-03-01T00:00:00.000Z',
  })
  const alike = await as(hq, 'GET', '/api/customers/A1/similar')
  expect(alike.body.items[0]).toMatchObject({ customerNo: 'B1' })
  expect(alike.body.items[0].reasons).toContainEqual(
    expect.objectContaining({ key: 'of-job', theirs: 'admin.' }),
  )
  const branch = testCaller({ username: 'b', permissions: ['customer.read'], scope: scopeOfBranch })
  expect((await as(branch, 'GET', '/api/customers/A1/similar')).status).toBe(404)
  expect((await as(branch, 'GET', '/api/customers/B1/similar')).body.items).toEqual([])
  expect((await as(branch, 'GET', '/api/customers/B1/tags/secret/history')).body.code).toBe('TAG_NOT_FOUND')
  const tried = { type: 'number', source: { event: 'transfer', agg: 'count' }, customerNo: 'A1' }
  expect((await as(hq, 'POST', '/api/tag-catalogue/try', tried)).body.value).toBe('3')
})

test('two levels are two different people, neither of them the maker', async () => {
  const { approvals, pg } = bank
  approvals.define('thing', { nameOf: () => 'thing', onDecided: async () => ({ from: 'a', to: 'b' }) })
  await pg.transaction((tx) =>
    approvals.submit(tx, {
      ...{ objectType: 'thing', key: 't', hash: 'h', makers: ['other'], summary: '', maker: 'hq', levels: 2 },
      material: { body: {}, ownerOrgId: 1, references: [] },
    }),
  )
  const { body } = await as(checker, 'GET', '/api/approvals?objectType=thing')
  const { approvalId } = body.items[0]
  const approve = (who: typeof hq) =>
    as(who, 'POST', `/api/approvals/${approvalId}/approve`, { contentHash: 'h', reason: '' })
  expect((await approve(checker)).body).toMatchObject({ state: 'open', steps: [{ checker: 'checker' }] })
  expect((await approve(checker)).body.code).toBe('APPROVAL_SECOND')
  expect((await approve(both)).body).toMatchObject({ state: 'approved', checker: 'both' })
})

test('five thousand tags are searched and paged fast', async () => {
  await bank.pg.execute(sql`
    INSERT INTO tag (key, name, type, source, owner_org_id, created_by, search, created_at, updated_at)
    SELECT 'many-' || n, jsonb_build_object('zh', '批量' || n, 'en', 'Many ' || n), 'enum', '{"attribute":"job"}', 1, 'x',
      'many-' || n || E'\n批量' || n || E'\nmany ' || n || E'\npiliang' || n || E'\npl' || n, now(), now()
    FROM generate_series(1, 5000) AS n`)
  const times: number[] = []
  for (const q of [
    'q=piliang49',
    'q=pl1',
    'q=%E6%89%B9%E9%87%8F',
    'used=false',
    'limit=200',
    'class=C1&kind=attribute',
  ]) {
    const started = performance.now()
    expect((await as(hq, 'GET', `/api/tags?${q}`)).status).toBe(200)
    times.push(performance.now() - started)
  }
  expect(Math.max(...times)).toBeLessThan(2000)
  const { body } = await as(hq, 'GET', '/api/tags?q=pl4999')
  expect(body.items.map((one: { key: string }) => one.key)).toEqual(['many-4999'])
})
