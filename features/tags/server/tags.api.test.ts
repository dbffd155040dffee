import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TagSource } from '#features/tags/common/tag.ts'
import { openTestTags, scopeOfBranch } from '#features/tags/server/tags-testing.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let bank: Awaited<ReturnType<typeof openTestTags>>
beforeAll(async () => {
  bank = await openTestTags()
})
afterAll(() => bank.close())

const tag = (key: string, type: string, source: TagSource | object, more: object = {}) => ({
  key,
  name: { zh: `标签${key}`, en: key },
  type,
  source,
  ...more,
})

/** Defines a tag, runs its refresh as the API offers it, and gives the values by customer id. */
async function valuesOf(key: string, type: string, source: object) {
  expect(await bank.call('POST', '/api/tags', tag(key, type, source))).toMatchObject({ status: 201 })
  const accepted = await bank.call('POST', `/api/tags/${key}/refresh`)
  expect(accepted.status).toBe(202)
  await bank.jobs.runJob(accepted.body.jobId)
  const job = await bank.call('GET', `/api/jobs/${accepted.body.jobId}`)
  expect(job.body).toMatchObject({ state: 'done', progress: 1 })
  const values: Record<number, string> = {}
  for (const id of [1, 2, 3, 4]) {
    const found = await bank.tags.tagsOfCustomer(id, { includeC2: true })
    const value = found.find((one) => one.key === key)?.value
    if (value !== undefined) values[id] = value
  }
  return { values, unreadable: job.body.result.unreadable }
}

test.each<[string, string, object, Record<number, string>, number]>([
  ['age', 'number', { attribute: 'age' }, { 1: '34', 3: '100', 4: '34.5' }, 1],
  ['vip', 'bool', { attribute: 'vip' }, { 1: 'true', 3: 'false' }, 1],
  ['job', 'enum', { attribute: 'job' }, { 1: 'admin.', 2: "it's", 3: 'admin.' }, 0],
  // 2021 had no 29 February, and 17:00 UTC is the next day in Shanghai.
  ['opened', 'date', { attribute: 'opened' }, { 1: '2020-02-29', 3: '2020-02-29' }, 1],
  ['n', 'number', { event: 'transfer', agg: 'count' }, { 1: '3', 3: '1' }, 0],
  ['n-today', 'number', { event: 'transfer', agg: 'count', within: { days: 1 } }, { 3: '1' }, 0],
  ['total', 'number', { event: 'transfer', agg: 'sum', prop: 'amount' }, { 1: '0.3', 3: '1000000' }, 0],
  ['mean', 'number', { event: 'transfer', agg: 'avg', prop: 'amount' }, { 1: '0.15', 3: '1000000' }, 0],
  ['least', 'number', { event: 'transfer', agg: 'min', prop: 'amount' }, { 1: '0.1', 3: '1000000' }, 0],
  ['most', 'number', { event: 'transfer', agg: 'max', prop: 'amount' }, { 1: '0.2', 3: '1000000' }, 0],
  ['kinds', 'number', { event: 'transfer', agg: 'distinct', prop: 'to' }, { 1: '2', 3: '1' }, 0],
  ['first-to', 'enum', { event: 'transfer', agg: 'first', prop: 'to' }, { 1: 'x', 3: 'z' }, 0],
  [
    'last-to',
    'enum',
    { event: 'transfer', agg: 'last', prop: 'to', where: [{ prop: 'to', is: 'ne', value: 'y' }] },
    { 1: 'x', 3: 'z' },
    0,
  ],
  ['first-amount', 'number', { event: 'transfer', agg: 'first', prop: 'amount' }, { 3: '1000000' }, 1],
  ['first-day', 'date', { event: 'transfer', agg: 'first' }, { 1: '2026-01-11', 3: '2026-03-11' }, 0],
  [
    'rich',
    'bool',
    { rule: { tag: 'total', is: 'gte', value: 1000 } },
    { 1: 'false', 2: 'false', 3: 'true', 4: 'false' },
    0,
  ],
])('%s: %s of %j', async (key, type, source, values, unreadable) => {
  expect(await valuesOf(key, type, source)).toEqual({ values, unreadable })
})

const count = async (rule: Parameters<typeof bank.rules.count>[1], scope = scopeOfEveryone) =>
  (await bank.rules.count(scope, rule)).count

test('rules read what was computed, missing values hold nothing', async () => {
  expect(await count({ tag: 'age', is: 'between', value: [34, 34.5] })).toBe(2)
  expect(await count({ tag: 'age', is: 'ne', value: 34 })).toBe(2)
  expect(await count({ not: { tag: 'age', is: 'eq', value: 34 } })).toBe(3)
  expect(await count({ tag: 'opened', is: 'lt', value: '2020-03-01' })).toBe(2)
  expect(await count({ tag: 'rich', is: 'eq', value: false })).toBe(3)
  expect(await count({ tag: 'rich', is: 'eq', value: false }, scopeOfBranch)).toBe(1)
})

test('a tag used before its first refresh is computed, not taken for empty', async () => {
  await bank
    .call('POST', '/api/tags', tag('fresh', 'bool', { rule: { tag: 'fresh-age', is: 'exists' } }))
    .then((answer) => {
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'RULE_TAG_UNKNOWN', errors: [{ path: 'source.rule.tag' }] },
      })
    })
  await bank.call('POST', '/api/tags', tag('fresh-age', 'number', { attribute: 'age' }))
  await bank.call('POST', '/api/tags', tag('fresh', 'bool', { rule: { tag: 'fresh-age', is: 'exists' } }))
  expect(await count({ tag: 'fresh', is: 'eq', value: true })).toBe(3)
})

test('the distribution is over the customers in scope', async () => {
  const ages = await bank.call('GET', '/api/tags/age/distribution')
  expect(ages.body).toMatchObject({
    coverage: 3,
    base: 4,
    values: [
      { value: '34', count: 1 },
      { value: '34.5', count: 1 },
      { value: '100', count: 1 },
    ],
  })
  bank.as(testCaller({ scope: scopeOfBranch }))
  const jobs = await bank.call('GET', '/api/tags/job/distribution')
  bank.as(testCaller())
  expect(jobs.body).toMatchObject({ coverage: 1, base: 2, values: [{ value: 'admin.', count: 1 }] })
})

test('many different numbers and dates come in buckets', async () => {
  await bank.ch.command(sql`
    INSERT INTO customer (customer_id, customer_no, org_id, attributes, ver)
    SELECT 100 + n.number, concat('N', toString(n.number)), 9, map('size', toString(n.number), 'born', toString(toDate('2000-01-01') + n.number)), 1
    FROM numbers(1200) AS n`)
  await bank.call('POST', '/api/tags', tag('size', 'number', { attribute: 'size' }))
  await bank.call('POST', '/api/tags', tag('born', 'date', { attribute: 'born' }))
  const sizes = await bank.call('GET', '/api/tags/size/distribution')
  expect(sizes.body.coverage).toBe(1200)
  expect(sizes.body.values[0]).toEqual({ from: '0', to: '100', count: 100 })
  expect(sizes.body.values.at(-1)).toEqual({ from: '1100', to: '1200', count: 100 })
  const born = await bank.call('GET', '/api/tags/born/distribution')
  expect(born.body.values[0]).toEqual({ from: '2000-01-01', to: '2000-04-01', count: 91 })
  expect(born.body.values.reduce((sum: number, one: { count: number }) => sum + one.count, 0)).toBe(1200)
  expect(await count({ tag: 'size', is: 'lt', value: 100.5 })).toBe(101)
  await bank.ch.command(sql`ALTER TABLE customer DELETE WHERE org_id = 9`, {
    settings: { mutations_sync: 1 },
  })
})

test('a failed refresh is visible and keeps the values before it', async () => {
  await bank.ch.command(sql`RENAME TABLE tag_bitmap TO tag_bitmap_away`)
  const { body } = await bank.call('POST', '/api/tags/vip/refresh')
  await bank.jobs.runJob(body.jobId)
  await bank.ch.command(sql`RENAME TABLE tag_bitmap_away TO tag_bitmap`)
  expect((await bank.call('GET', `/api/jobs/${body.jobId}`)).body).toMatchObject({
    state: 'failed',
    error: { code: 'CLICKHOUSE_FAILED' },
  })
  const shown = await bank.call('GET', '/api/tags/vip')
  expect(shown.body).toMatchObject({
    coverage: 2,
    unreadable: 1,
    lastError: expect.stringContaining('CLICKHOUSE_FAILED'),
  })
  expect(await count({ tag: 'vip', is: 'eq', value: true })).toBe(1)
})

test('a tag cannot be computed from itself, over however many tags', async () => {
  await bank.call('POST', '/api/tags', tag('loop-a', 'bool', { rule: { tag: 'vip', is: 'exists' } }))
  await bank.call(
    'POST',
    '/api/tags',
    tag('loop-b', 'bool', { rule: { not: { tag: 'loop-a', is: 'eq', value: true } } }),
  )
  const { key: _, ...definition } = {
    ...tag('loop-a', 'bool', { rule: { tag: 'loop-b', is: 'exists' } }),
    class: 'C1',
    description: '',
    refreshEveryMinutes: null,
  }
  expect(await bank.call('PUT', '/api/tags/loop-a', definition)).toMatchObject({
    status: 400,
    body: { code: 'TAG_CYCLE' },
  })
  expect(await bank.call('DELETE', '/api/tags/loop-a')).toMatchObject({
    status: 409,
    body: { code: 'TAG_IN_USE' },
  })
  expect((await bank.call('GET', '/api/tags/loop-a/uses')).body.items).toEqual([
    { type: 'tag', key: 'loop-b', name: '标签loop-b' },
  ])
})

test('versions, deletion and the key anew', async () => {
  const definition = {
    name: { zh: '甲', en: 'A' },
    type: 'number',
    source: { attribute: 'age' },
    class: 'C1',
    description: '',
    refreshEveryMinutes: 60,
  }
  await bank.call('POST', '/api/tags', { key: 'again', ...definition })
  expect(await bank.call('POST', '/api/tags', { key: 'again', ...definition })).toMatchObject({
    status: 409,
    body: { code: 'TAG_KEY_TAKEN' },
  })
  await bank.tags.refresh('again')
  const renamed = await bank.call('PUT', '/api/tags/again', { ...definition, description: '乙' })
  expect(renamed.body).toMatchObject({ version: 2, coverage: 3 })
  const other = await bank.call('PUT', '/api/tags/again', { ...definition, type: 'enum' })
  expect(other.body).toMatchObject({ version: 3, coverage: null, refreshedAt: null })
  expect(
    (await bank.call('GET', '/api/tags/again/versions')).body.items.map(
      (one: { version: number }) => one.version,
    ),
  ).toEqual([3, 2, 1])
  expect(await bank.call('DELETE', '/api/tags/again')).toEqual({ status: 204, body: null })
  expect(await bank.call('GET', '/api/tags/again')).toMatchObject({
    status: 404,
    body: { code: 'TAG_NOT_FOUND' },
  })
  expect(await bank.call('POST', '/api/tags', { key: 'again', ...definition })).toMatchObject({
    status: 201,
    body: { version: 4 },
  })
  const audited = await bank.pg.query<{ action: string }>(
    sql`SELECT a.action FROM audit AS a WHERE a.object_id = 'again' ORDER BY a.seq`,
  )
  expect(audited.map((row) => row.action)).toEqual([
    'tag.create',
    'tag.change',
    'tag.change',
    'tag.delete',
    'tag.create',
  ])
})

test.each<[object, string]>([
  [tag('Bad Key', 'enum', { attribute: 'x' }), 'key'],
  [tag('bad', 'enum', { event: 'x', agg: 'sum' }), 'source.prop'],
  [tag('bad', 'enum', { rule: { all: [] } }), 'type'],
  [tag('bad', 'bool', { rule: { all: [{ tag: 'x', is: '??' }] } }), 'source.rule.all.0.is'],
  [tag('bad', 'enum', { attribute: 'nul\0' }), 'source.attribute'],
])('%j is refused, naming %s', async (body, path) => {
  const answer = await bank.call('POST', '/api/tags', body)
  expect(answer).toMatchObject({
    status: 400,
    body: { code: 'INPUT_INVALID', errors: expect.arrayContaining([expect.objectContaining({ path })]) },
  })
})

test('what is due is refreshed, one bad tag stops no other, and old values go', async () => {
  await bank.pg.execute(sql`UPDATE tag SET last_attempt_at = now(), refresh_every_minutes = NULL`)
  await bank.pg.execute(sql`
    UPDATE tag SET last_attempt_at = NULL, full_at = NULL, refresh_every_minutes = 60
    WHERE key IN ('n', 'total', 'rich', 'fresh')`)
  await bank.pg.execute(
    sql`UPDATE tag SET source = '{"rule":{"tag":"gone","is":"exists"}}' WHERE key = 'fresh'`,
  )
  const before = await bank.pg.first<{ id: number }>(
    sql`SELECT t.refresh_id AS id FROM tag AS t WHERE t.key = 'n'`,
  )
  expect(await bank.tags.refreshDue()).toEqual({ refreshed: 3, failed: ['fresh'] })
  expect(await bank.tags.refreshDue()).toEqual({ refreshed: 0, failed: [] })
  const after = await bank.pg.first<{ id: number }>(
    sql`SELECT t.refresh_id AS id FROM tag AS t WHERE t.key = 'n'`,
  )
  expect(after?.id).toBeGreaterThan(before?.id ?? 0)
  expect((await bank.call('GET', '/api/tags/fresh')).body.lastError).toContain('RULE_TAG_UNKNOWN')
  bank.setNow('2026-03-10T18:30:00Z')
  await bank.tags.clean()
  const left = await bank.ch.query<{ id: string }>(
    sql`SELECT DISTINCT v.refresh_id AS id FROM tag_value AS v WHERE v.tag = 'n'`,
  )
  expect(left.map((row) => Number(row.id))).toEqual([after?.id])
  expect(await count({ tag: 'n', is: 'gte', value: 1 })).toBe(2)
})

test('lists page by key and find by name', async () => {
  const first = await bank.call('GET', '/api/tags?limit=2')
  expect(first.body.items).toHaveLength(2)
  const second = await bank.call('GET', `/api/tags?limit=2&cursor=${first.body.nextCursor}`)
  expect(second.body.items[0].key > first.body.items[1].key).toBe(true)
  expect((await bank.call('GET', `/api/tags?q=${encodeURIComponent('标签vip')}`)).body.items).toHaveLength(1)
  expect((await bank.call('GET', '/api/tags?q=%25')).body.items).toHaveLength(0)
})
