import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Rule } from '#features/rules/common/rule.ts'
import { branch, hq, openTestSegments } from '#features/segments/server/segments-testing.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Awaited<ReturnType<typeof openTestSegments>>
beforeAll(async () => {
  bank = await openTestSegments()
})
beforeEach(() => bank.as(hq))
afterAll(() => bank.close())

const active: Rule = { did: 'transfer', count: { is: 'gte', value: 2 } }
const segment = (key: string, rule: unknown) => ({ key, name: `客群 ${key}`, rule })
const estimate = (rule: unknown) => bank.call('POST', '/api/segments/estimate', { rule })
const nested = (depth: number): unknown => (depth <= 1 ? active : { not: nested(depth - 1) })

test.each<[string, Rule, number, number]>([
  ['messages count once', active, 2, 1],
  ['never having done it is zero times', { did: 'transfer', count: { is: 'lt', value: 2 } }, 4, 2],
  ['and a sum of zero', { did: 'transfer', sum: { prop: 'amount', is: 'eq', value: 0 } }, 3, 2],
  ['an empty all is everybody', { all: [] }, 6, 3],
  ['an empty any is nobody', { any: [] }, 0, 0],
  ['not is the complement', { not: active }, 4, 2],
])('estimate: %s', async (_name, rule, all, inBranch) => {
  expect(await estimate(rule)).toEqual({
    status: 200,
    body: { count: all, base: 6, exact: true, asOf: '2026-03-10T17:30:00.000Z' },
  })
  bank.as(branch)
  expect((await estimate(rule)).body).toMatchObject({ count: inBranch, base: 3 })
})

test.each<[unknown, string, string]>([
  [{ all: [active, { any: [{ tag: 'none', is: 'exists' }] }] }, 'RULE_TAG_UNKNOWN', 'rule.all.1.any.0.tag'],
  [{ not: { segment: 'none' } }, 'RULE_SEGMENT_UNKNOWN', 'rule.not.segment'],
  [{ all: [{ did: 'x', count: { is: 'gte', value: '3' } }] }, 'INPUT_INVALID', 'rule.all.0.count.value'],
  [{ any: Array.from({ length: 201 }, () => active) }, 'RULE_TOO_LARGE', 'rule.any.200'],
  [nested(21), 'RULE_TOO_LARGE', `rule${'.not'.repeat(20)}`],
])('a rule that cannot be answered names its field', async (rule, code, path) => {
  expect(await estimate(rule)).toMatchObject({ status: 400, body: { code, errors: [{ path }] } })
})

test('two hundred leaves in twenty levels are answered', async () => {
  const leaves = Array.from({ length: 200 }, (_, index) => ({
    did: 'transfer',
    count: { is: 'gte', value: index + 1 },
  }))
  expect((await estimate({ any: leaves })).body).toMatchObject({ count: 3 })
  expect((await estimate(nested(20))).body).toMatchObject({ count: 4 })
})

test('members are masked, in scope, and page', async () => {
  expect(await bank.call('POST', '/api/segments', segment('movers', { did: 'transfer' }))).toMatchObject({
    status: 201,
    // Whoever says nothing of it is kept up to date as events come.
    body: { refreshMode: 'streaming', refreshEveryMinutes: 1440 },
  })
  const first = await bank.call('GET', '/api/segments/movers/members?limit=2')
  expect(first.body.items).toEqual([
    { customerNo: 'C1', name: '张**', orgName: '总行', rmName: null },
    { customerNo: 'C2', name: '张**', orgName: '总行', rmName: null },
  ])
  const second = await bank.call(
    'GET',
    `/api/segments/movers/members?limit=2&cursor=${first.body.nextCursor}`,
  )
  expect(second.body).toMatchObject({ items: [{ customerNo: 'C4' }], nextCursor: null })
  bank.as(branch)
  expect((await bank.call('GET', '/api/segments/movers/members')).body.items).toMatchObject([
    { customerNo: 'C4' },
  ])
})

test('why: the leaves with their facts, for customers in scope only', async () => {
  await bank.call('POST', '/api/tags', {
    key: 'job',
    name: { zh: '职业', en: 'Job' },
    type: 'enum',
    source: { attribute: 'job' },
  })
  await bank.call(
    'POST',
    '/api/segments',
    segment('asked', { all: [{ segment: 'movers' }, { tag: 'job', is: 'eq', value: 'clerk' }] }),
  )
  const why = await bank.call('GET', '/api/segments/asked/why/C2')
  expect(why.body).toMatchObject({
    customerNo: 'C2',
    holds: false,
    isConsistent: true,
    explanation: {
      children: [
        { path: 'rule.all.0', holds: true, children: [{ holds: true, facts: { count: 1 } }] },
        { path: 'rule.all.1', holds: false, facts: { value: 'teacher' } },
      ],
    },
  })
  bank.as(branch)
  expect((await bank.call('GET', '/api/segments/asked/why/C4')).status).toBe(200)
  expect((await bank.call('GET', '/api/segments/asked/why/C2')).status).toBe(404)
})

test('a refresh stores the members; the count of the bank is for those who see the bank', async () => {
  const { body } = await bank.call('POST', '/api/segments/movers/refresh')
  await bank.jobs.runJob(body.jobId)
  expect((await bank.call('GET', '/api/segments/movers')).body).toMatchObject({
    memberCount: 3,
    lastError: null,
  })
  const stored = await bank.ch.first<{ members: string }>(sql`
    SELECT groupBitmapMerge(s.members) AS members FROM segment_member AS s WHERE s.segment = 'movers'`)
  expect(Number(stored?.members)).toBe(3)
  bank.as(branch)
  expect((await bank.call('GET', '/api/segments/movers')).body).toMatchObject({ memberCount: null })
})

test('a segment cannot contain itself', async () => {
  const change = (key: string, rule: unknown) =>
    bank.call('PUT', `/api/segments/${key}`, { name: key, description: '', rule })
  expect(
    await bank.call('POST', '/api/segments', segment('self', { not: { segment: 'self' } })),
  ).toMatchObject({ status: 400, body: { code: 'RULE_CYCLE', errors: [{ path: 'rule.not.segment' }] } })
  expect(await change('movers', { any: [{ segment: 'asked' }] })).toMatchObject({
    status: 400,
    body: { code: 'RULE_CYCLE' },
  })
})

test('changes are versions, by those whose customers they are', async () => {
  bank.as(branch)
  const rule = { name: '新名', description: '', rule: active }
  expect(await bank.call('PUT', '/api/segments/movers', rule)).toMatchObject({
    status: 403,
    body: { code: 'SEGMENT_NOT_YOURS' },
  })
  expect(await bank.call('DELETE', '/api/segments/movers')).toMatchObject({ status: 403 })
  await bank.call('POST', '/api/segments', segment('ours', active))
  expect(await bank.call('POST', '/api/segments', segment('ours', active))).toMatchObject({
    status: 409,
    body: { code: 'SEGMENT_KEY_TAKEN' },
  })
  expect(
    (await bank.call('PUT', '/api/segments/ours', { ...rule, rule: { not: active } })).body,
  ).toMatchObject({ version: 2, name: '新名' })
  expect(
    (await bank.call('GET', '/api/segments/ours/versions')).body.items.map(
      (one: { version: number }) => one.version,
    ),
  ).toEqual([2, 1])
  expect((await bank.call('DELETE', '/api/segments/ours')).status).toBe(204)
  const audited = await bank.pg.query<{ action: string; actor: string }>(sql`
    SELECT a.action, a.actor FROM audit AS a WHERE a.object_id = 'ours' ORDER BY a.seq`)
  expect(audited).toEqual(
    ['segment.create', 'segment.change', 'segment.delete'].map((action) => ({ action, actor: 'branch' })),
  )
})

test('what is used stays', async () => {
  bank.segments.addUses(async (kind, key) =>
    kind === 'segment' && key === 'asked' ? [{ type: 'campaign', key: 'c', name: '活动' }] : [],
  )
  expect((await bank.call('GET', '/api/segments/movers/uses')).body.items).toEqual([
    { type: 'segment', key: 'asked', name: '客群 asked' },
  ])
  expect(await bank.call('DELETE', '/api/segments/movers')).toMatchObject({
    status: 409,
    body: { code: 'SEGMENT_IN_USE' },
  })
  expect(await bank.call('DELETE', '/api/segments/asked')).toMatchObject({ status: 409 })
  expect((await bank.call('GET', '/api/tags/job/uses')).body.items).toEqual([
    { type: 'segment', key: 'asked', name: '客群 asked' },
  ])
  expect(await bank.call('DELETE', '/api/tags/job')).toMatchObject({
    status: 409,
    body: { code: 'TAG_IN_USE' },
  })
})

test('nesting beyond any stack is a clear answer', async () => {
  const body = `{"rule":${'{"not":'.repeat(60_000)}{"all":[]}${'}'.repeat(60_000)}}`
  expect(await bank.call('POST', '/api/segments/estimate', JSON.parse('{"rule":{"not":{}}}'))).toMatchObject({
    status: 400,
  })
  expect((await bank.raw('/api/segments/estimate', body)).statusCode).toBe(400)
})

test('lists find by pinyin and its initials', async () => {
  for (const q of ['kequn', 'kqm', 'KQ movers']) {
    const { body } = await bank.call('GET', `/api/segments?q=${encodeURIComponent(q)}`)
    expect(body.items.map(({ key }: { key: string }) => key)).toContain('movers')
  }
})

test('lists find by name', async () => {
  expect(
    (await bank.call('GET', `/api/segments?q=${encodeURIComponent('客群 mov')}`)).body.items,
  ).toHaveLength(1)
})
