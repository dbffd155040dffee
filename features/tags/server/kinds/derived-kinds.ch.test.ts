import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TagSource } from '#features/tags/common/tag-source.ts'
import { openTestKinds } from '#features/tags/server/kinds/kinds-testing.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Awaited<ReturnType<typeof openTestKinds>>
const everyone = [1, 2, 3, 4, 5, 6, 7, 8]
beforeAll(async () => {
  bank = await openTestKinds({ now: new Date('2026-03-10T17:30:00Z'), timeZone: 'Asia/Shanghai' })
  await bank.addCustomers(everyone)
  await bank.addTag('aum', 'number', [
    [1, '0'],
    [2, '999.99'],
    [3, '1000'],
    [4, '50000'],
    [5, '0.1'],
    [6, '-5'],
  ])
  await bank.addTag('vip', 'bool', [
    [1, 'true'],
    [2, 'false'],
    [3, 'true'],
  ])
  await bank.addTag('job', 'enum', [
    [1, 'teacher'],
    [2, 'it'],
    [4, 'teacher'],
  ])
})
afterAll(() => bank.close())

test('bands: a cut belongs to the band above it, to the last digit', async () => {
  const bands = { tag: 'aum', cuts: [0.1, 1000, 50000], labels: ['T0', 'T1', 'T2', 'T3'] }
  expect(await bank.values({ bands }, 'enum')).toEqual([
    ...[
      [1, 'T0'],
      [2, 'T1'],
      [3, 'T2'],
      [4, 'T3'],
      [5, 'T1'],
      [6, 'T0'],
    ],
  ])
  expect(await bank.values({ bands }, 'enum', { among: bank.ids([3, 7]) })).toEqual([[3, 'T2']])
})

test('cases: the first that holds, else else, else nothing', async () => {
  const isRich = { tag: 'aum', is: 'gte' as const, value: 1000 }
  const cases = [
    { value: 'rich', rule: isRich },
    { value: 'vip', rule: { tag: 'vip', is: 'eq' as const, value: true } },
  ]
  expect(await bank.values({ cases }, 'enum')).toEqual([
    [1, 'vip'],
    [3, 'rich'],
    [4, 'rich'],
  ])
  expect(await bank.values({ cases, else: 'mass' }, 'enum', { among: bank.ids([1, 2, 4]) })).toEqual([
    ...[
      [1, 'vip'],
      [2, 'mass'],
      [4, 'rich'],
    ],
  ])
})

test.each<[string, TagSource, string, string]>([
  [
    'bands of no tag',
    { bands: { tag: 'gone', cuts: [1], labels: ['a', 'b'] } },
    'TAG_SOURCE_TAG_UNKNOWN',
    'source.bands.tag',
  ],
  [
    'bands of words',
    { bands: { tag: 'job', cuts: [1], labels: ['a', 'b'] } },
    'TAG_SOURCE_TAG_TYPE',
    'source.bands.tag',
  ],
  ['no such list', { list: 'gone' }, 'TAG_SOURCE_LIST_UNKNOWN', 'source.list'],
  [
    'a case about no tag',
    { cases: [{ value: 'a', rule: { tag: 'gone', is: 'exists' } }] },
    'RULE_TAG_UNKNOWN',
    'source.cases.0.rule.tag',
  ],
  ['a column too few', { sql: 'SELECT customer_id FROM customer' }, 'TAG_SQL_FAILED', 'source.sql'],
  ['a broken SELECT', { sql: 'SELECT FROM WHERE' }, 'TAG_SQL_FAILED', 'source.sql'],
])('refuses %s', async (_name, source, code, path) => {
  const checked = kindOf(source).check?.(source, 'enum', bank.context())
  await expect(checked).rejects.toMatchObject({ code, errors: [{ path }] })
})

type State = 'new' | 'active' | 'lost' | 'value'
const states: readonly State[] = ['new', 'active', 'lost', 'value']
const transition = fc.record({
  from: fc.uniqueArray(fc.constantFrom(...states), { minLength: 1, maxLength: 3 }),
  to: fc.constantFrom(...states),
  holds: fc.subarray(everyone),
})

test('a life cycle makes one transition a run, the first that fits', { timeout: 60_000 }, async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(transition, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.constantFrom(...everyone), fc.constantFrom(...states, 'unknown')), {
        maxLength: 8,
      }),
      fc.boolean(),
      async (drawn, stateList, settle) => {
        run += 1
        const before = new Map<number, string>(stateList)
        const key = `cycle${run}`
        await bank.addTag(key, 'enum', [...before])
        const transitions = await Promise.all(
          drawn.map(async ({ from, to, holds }, index) => {
            const tag = `holds${run}x${index}`
            await bank.addTag(
              tag,
              'bool',
              holds.map((id) => [id, 'true'] as const),
            )
            return { from, to, when: { tag, is: 'exists' as const } }
          }),
        )
        const known = new Set<string>(['new', ...drawn.map(({ to }) => to)])
        const step = (id: number, state: string): string =>
          drawn.find((one) => (one.from as string[]).includes(state) && one.holds.includes(id))?.to ?? state
        const expected = everyone.map((id) => {
          const state = before.get(id)
          if (state !== undefined && known.has(state)) return [id, step(id, state)]
          let begun = 'new'
          if (settle) for (let round = 0; round < known.size; round += 1) begun = step(id, begun)
          return [id, begun]
        })
        const source = { lifecycle: { initial: 'new', transitions, settle } }
        expect(await bank.values(source, 'enum', { key })).toEqual(expected)
        expect(await bank.values(source, 'enum', { key, among: bank.ids([2, 5]) })).toEqual(
          expected.filter(([id]) => id === 2 || id === 5),
        )
      },
    ),
    { numRuns: 8 },
  )
})

test('a life cycle whose definition changed goes on from its history', async () => {
  const at = '2026-03-01 00:00:00.000'
  await bank.ch.insertRows('tag_change', [
    { tag: 'fresh', customer_id: 1, at, value: 'active', number: null, ver: 1 },
    { tag: 'fresh', customer_id: 2, at, value: 'active', number: null, ver: 1 },
    { tag: 'fresh', customer_id: 2, at: '2026-03-02 00:00:00.000', value: null, number: null, ver: 1 },
  ])
  const transitions = [{ from: ['new'], to: 'active', when: { any: [] } }]
  const found = await bank.values({ lifecycle: { initial: 'new', transitions } }, 'enum', { key: 'fresh' })
  expect(found.slice(0, 2)).toEqual([
    [1, 'active'],
    [2, 'new'],
  ])
})

test('sql: one value a customer of the bank', async () => {
  const text = `WITH old AS (SELECT customer_id, max(number) AS n FROM tag_value WHERE tag = 'aum' GROUP BY customer_id)
    SELECT customer_id, n AS value FROM old -- checked
    WHERE customer_id IN (SELECT customer_id FROM customer WHERE customer_no LIKE 'K%')
    UNION ALL SELECT toUInt32(77) AS customer_id, 1.5 AS value`
  await kindOf({ sql: text }).check?.({ sql: text }, 'number', bank.context())
  expect(await bank.values({ sql: text }, 'number')).toEqual([
    ...[
      [1, '0'],
      [2, '999.99'],
      [3, '1000'],
      [4, '50000'],
      [5, '0.1'],
      [6, '-5'],
    ],
  ])
  const twice = bank.values({ sql: 'SELECT customer_id, number(1) AS value FROM tag_value' }, 'number')
  await expect(twice).rejects.toMatchObject({ code: 'TAG_SQL_REFUSED' })
  const doubled = bank.values(
    { sql: 'SELECT customer_id, arrayJoin([1, 2]) AS value FROM customer' },
    'number',
  )
  await expect(doubled).rejects.toMatchObject({ code: 'TAG_SQL_NOT_ONE_ROW' })
})

test.each<[string]>([
  ["SELECT customer_id, value FROM remote('127.0.0.1', system.one)"],
  ["SELECT 1 AS customer_id, file('/etc/passwd') AS value"],
  ["SELECT 1 AS customer_id, line AS value FROM file('/etc/passwd', 'LineAsString')"],
  ["SELECT 1 AS customer_id, x AS value FROM url('http://127.0.0.1/', 'CSV', 'x String')"],
  ['SELECT 1 AS customer_id, name AS value FROM system.tables'],
  ['SELECT 1 AS customer_id, original AS value FROM event_reject'],
  ['SELECT 1 AS customer_id, msg AS value FROM event_anonymous'],
  ['SELECT 1 AS customer_id, 1 IN system.one AS value'],
  ['SELECT 1 AS customer_id, 1 IN event_anonymous AS value'],
  ["SELECT 1 AS customer_id, joinGet('x', 'y', 1) AS value"],
  ["SELECT 1 AS customer_id, dictGet('x', 'y', 1) AS value"],
  ['SELECT 1 AS customer_id, sleep(3) AS value'],
  ["SELECT 1 AS customer_id, getSetting('max_threads') AS value"],
  ['SELECT 1 AS customer_id, hostName() AS value'],
  ["SELECT 1 AS customer_id, hasColumnInTable('a', 'b', 'c') AS value"],
  ['SELECT number AS customer_id, 1 AS value FROM numbers(10)'],
  ["SELECT 1 AS customer_id, 1 AS value FROM (SELECT 1) AS a, merge('.*')"],
  ['WITH event_reject AS (SELECT 1 AS x) SELECT 1 AS customer_id, original AS value FROM event_reject'],
  ['SELECT 1 AS customer_id, (WITH event_anonymous AS (SELECT 1) SELECT 1) AS value FROM event_anonymous'],
  ["SELECT customer_id, COLUMNS('a') AS value FROM customer"],
  [
    "SELECT 1 AS customer_id, 1 AS value FROM customer AS c JOIN executable('x', 'TSV', 'y String') AS e ON 1",
  ],
  ['SELECT 1 AS customer_id, 1 AS value FROM default.customer'],
  ["SELECT 1 AS customer_id, catboostEvaluate('/x', 1) AS value"],
  ['(SELECT 1 AS customer_id, 1 AS value)'],
  ['DROP TABLE event'],
])('hostile: %s', async (text) => {
  const checked = kindOf({ sql: text }).check?.({ sql: text }, 'enum', bank.context())
  await expect(checked).rejects.toMatchObject({ code: expect.stringMatching(/^TAG_SQL_(REFUSED|FAILED)$/) })
  await expect(bank.values({ sql: text }, 'enum')).rejects.toMatchObject({ errorKind: 'invalid' })
})

test('lists: values beside customers, or who is on it', async () => {
  await bank.pg.execute(sql`
    INSERT INTO customer_list (key, name, version, owner_org_id, created_by, created_at, updated_at)
    VALUES ('gold', 'Gold', 2, 1, 'hq', now(), now())`)
  await bank.ch.insertRows('list_member', [
    { list: 'gold', version: 1, customer_id: 5, value: '9' },
    { list: 'gold', version: 2, customer_id: 1, value: '12.50' },
    { list: 'gold', version: 2, customer_id: 3, value: '' },
    { list: 'gold', version: 2, customer_id: 4, value: 'x' },
  ])
  expect(await bank.values({ list: 'gold' }, 'number')).toEqual([[1, '12.5']])
  expect(await bank.values({ list: 'gold' }, 'enum')).toEqual([
    [1, '12.50'],
    [4, 'x'],
  ])
  const on = await bank.values({ list: 'gold' }, 'bool')
  expect(on).toHaveLength(everyone.length)
  expect(on.filter(([, value]) => value === 'true').map(([id]) => id)).toEqual([1, 3, 4])
})

const addModel = (key: string, kind: string, definition: object) =>
  bank.pg.execute(sql`
    INSERT INTO model (key, version, name, kind, owner, purpose, definition, created_by, created_at, updated_at, state)
    VALUES (${key}, 1, 'm', ${kind}, 'o', 'p', ${JSON.stringify(definition)}::jsonb, 'hq', now(), now(), 'approved')`)

test('a model of weights scores everybody, missing values by their defaults', async () => {
  const terms = [
    { tag: 'aum', weight: 0.001, missing: 250 },
    { tag: 'vip', weight: -2.5 },
    { tag: 'job', weight: 0.3, equals: 'teacher', missing: 0.5 },
  ]
  await addModel('weights', 'linear', { intercept: 0.1, terms })
  await addModel('chance', 'logistic', { intercept: 0.1, terms })
  const aum: Record<number, number> = { 1: 0, 2: 999.99, 3: 1000, 4: 50000, 5: 0.1, 6: -5 }
  const job: Record<number, number> = { 1: 1, 2: 0, 4: 1 }
  const sum = (id: number) =>
    0.1 + (aum[id] ?? 250) * 0.001 + (id === 1 || id === 3 ? 1 : 0) * -2.5 + (job[id] ?? 0.5) * 0.3
  expect(await bank.values({ model: 'weights' }, 'number')).toEqual(
    everyone.map((id) => [id, String(sum(id))]),
  )
  const chances = await bank.values({ model: 'chance' }, 'number', { among: bank.ids([1, 8]) })
  expect(chances.map(([id]) => id)).toEqual([1, 8])
  for (const [id, chance] of chances) expect(Number(chance)).toBeCloseTo(1 / (1 + Math.exp(-sum(id))), 12)
})
