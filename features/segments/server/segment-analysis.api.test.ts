import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cohensH } from '#features/segments/common/effect-size.ts'
import { branch, checker, hq, openTestSegments } from '#features/segments/server/segments-testing.ts'
import { sql } from '#platform/common/sql.ts'

let bank: Awaited<ReturnType<typeof openTestSegments>>
const jobs = ['clerk', 'farmer', 'teacher'] as const
type Person = { no: string; orgId: number; job: string; age: number; visits: number }
// Numbers that are neither even nor in step with each other.
const people: Person[] = Array.from({ length: 120 }, (_, index) => ({
  no: `N${String(index).padStart(3, '0')}`,
  orgId: index % 3 === 0 ? 2 : 1,
  job: jobs[(index * 7) % 3 === 1 ? (index * 5) % 3 : (index * 11) % 2] ?? 'clerk',
  age: 20 + ((index * 37) % 41),
  visits: (index * index) % 17,
}))

const tag = (key: string, type: string, cls = 'C1') => ({
  ...{ key, name: { zh: key, en: key }, type, class: cls, source: { attribute: key } },
})

beforeAll(async () => {
  bank = await openTestSegments()
  await bank.pg.transaction((tx) =>
    bank.customers.upsertCustomers(
      tx,
      people.map(({ no, orgId, job, age, visits }) => ({
        ...{ customerNo: no, orgId, identities: [] },
        attributes: { work: job, age: String(age), ...(visits === 0 ? {} : { visits: String(visits) }) },
      })),
    ),
  )
  await bank.customers.syncCustomers()
  for (const body of [tag('work', 'enum'), tag('age', 'number'), tag('visits', 'number', 'C2')]) {
    expect(await bank.call('POST', '/api/tags', body)).toMatchObject({ status: 201 })
  }
  bank.as(checker)
  const open = await bank.call('GET', '/api/approvals?objectType=tag&state=open')
  const [{ approvalId, contentHash }] = open.body.items
  const approved = { contentHash, reason: '' }
  expect((await bank.call('POST', `/api/approvals/${approvalId}/approve`, approved)).status).toBe(200)
  bank.as(hq)
  // Reading a tag that has no values yet computes it.
  const rule = { all: ['work', 'age', 'visits'].map((key) => ({ tag: key, is: 'exists' })) }
  expect((await bank.call('POST', '/api/segments/estimate', { rule })).status).toBe(200)
})
beforeEach(() => bank.as(hq))
afterAll(() => bank.close())

const older = { tag: 'age', is: 'gte', value: 40 }
const teachers = { tag: 'work', is: 'eq', value: 'teacher' }
const visitors = { tag: 'visits', is: 'gte', value: 4 }
const holds: ((person: Person) => boolean)[] = [
  ({ age }) => age >= 40,
  ({ job }) => job === 'teacher',
  ({ visits }) => visits >= 4,
]

test.each([
  ['head office', hq, people, 126],
  ['a branch', branch, people.filter(({ orgId }) => orgId === 2), 43],
] as const)('overlap of three sets, for %s', async (_name, who, known, base) => {
  bank.as(who)
  const answer = await bank.call('POST', '/api/segments/overlap', { rules: [older, teachers, visitors] })
  const size = (wanted: (flags: boolean[]) => boolean) =>
    known.filter((person) => wanted(holds.map((one) => one(person)))).length
  expect(answer.body.base).toBe(base)
  expect(answer.body.counts).toEqual([0, 1, 2].map((set) => size((flags) => flags[set] === true)))
  expect(answer.body.union).toBe(size((flags) => flags.includes(true)))
  for (const region of answer.body.regions as { in: number[]; count: number }[]) {
    expect(region.count).toBe(size((flags) => flags.every((flag, set) => flag === region.in.includes(set))))
  }
  expect(answer.body.regions).toHaveLength(7)
  for (const pair of answer.body.pairs as { one: number; other: number; both: number; jaccard: number }[]) {
    const both = size((flags) => flags[pair.one] === true && flags[pair.other] === true)
    const either = size((flags) => flags[pair.one] === true || flags[pair.other] === true)
    expect(pair).toMatchObject({ both, jaccard: both / either })
  }
})

test('eight sets have pairs, and one question is either about segments or about rules', async () => {
  const rules = Array.from({ length: 8 }, (_, index) => ({ tag: 'age', is: 'gte', value: 20 + index * 5 }))
  const answer = await bank.call('POST', '/api/segments/overlap', { rules })
  expect(answer.body).toMatchObject({ regions: null })
  expect(answer.body.pairs).toHaveLength(28)
  for (const wrong of [{ rules, segments: ['a', 'b'] }, {}, { rules: rules.slice(0, 1) }])
    expect((await bank.call('POST', '/api/segments/overlap', wrong)).status).toBe(400)
  expect((await bank.call('POST', '/api/segments/overlap', { segments: ['a', 'b'] })).body.code).toBe(
    'RULE_SEGMENT_UNKNOWN',
  )
})

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const squares = (values: readonly number[]) => {
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
}
const effectOf = (one: readonly number[], other: readonly number[]) =>
  (mean(one) - mean(other)) / Math.sqrt((squares(one) + squares(other)) / (one.length + other.length - 2))

const compare = (body: object) => bank.call('POST', '/api/segments/compare', body)
type Compared = { tag: string; effect: number; values: { value: string; counts: number[] }[] }
const found = (body: { tags: Compared[] }, key: string) => body.tags.find((one) => one.tag === key)

function checkComparison(body: { tags: Compared[] }, known: readonly Person[]): void {
  const [one, other] = [known.filter(({ age }) => age >= 40), known.filter(({ age }) => age < 40)]
  const visited = (list: readonly Person[]) =>
    list.filter(({ visits }) => visits > 0).map(({ visits }) => visits)
  expect(found(body, 'age')?.effect).toBeCloseTo(
    effectOf(
      one.map(({ age }) => age),
      other.map(({ age }) => age),
    ),
    9,
  )
  expect(found(body, 'visits')).toMatchObject({ base: [visited(one).length, visited(other).length] })
  expect(found(body, 'visits')?.effect).toBeCloseTo(effectOf(visited(one), visited(other)), 9)
  const share = (list: readonly Person[], job: string) =>
    list.filter((person) => person.job === job).length / list.length
  for (const { value, counts } of found(body, 'work')?.values ?? []) {
    expect(counts).toEqual([one, other].map((list) => list.filter(({ job }) => job === value).length))
  }
  const largest = Math.max(...jobs.map((job) => Math.abs(cohensH(share(one, job), share(other, job)))))
  expect(Math.abs(found(body, 'work')?.effect ?? 0)).toBeCloseTo(largest, 9)
}

test.each([
  ['bitmaps', true],
  ['rows', false],
])('comparison equals the formulas on the data, read from %s', async (_name, hasBitmaps) => {
  await bank.pg.execute(sql`UPDATE tag SET has_bitmaps = ${hasBitmaps} WHERE type = 'number'`)
  for (const [who, known] of [
    [hq, people],
    [branch, people.filter(({ orgId }) => orgId === 2)],
  ] as const) {
    bank.as(who)
    const { status, body } = await compare({
      one: { rule: older },
      other: { rule: { tag: 'age', is: 'lt', value: 40 } },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ hidden: 0, compared: 3 })
    checkComparison(body, known)
    const effects = (body.tags as Compared[]).map(({ effect }) => Math.abs(effect))
    expect(effects).toEqual([...effects].sort((a, b) => b - a))
  }
})

test.each([
  ['bitmaps', true],
  ['rows', false],
])('what changed since the refresh counts instead, over %s', async (_name, hasBitmaps) => {
  await bank.pg.execute(
    sql`UPDATE tag SET has_bitmaps = ${hasBitmaps}, has_recent = true WHERE key IN ('visits', 'work')`,
  )
  const changed = people.slice(0, 30).map((person, index) => ({
    ...person,
    visits: index % 4 === 0 ? 0 : index,
    job: index % 3 === 0 ? 'pilot' : person.job,
  }))
  const ids = await bank.customers.resolveCustomerNos(
    changed.map(({ no }) => no),
    { createProvisional: false },
  )
  const refreshes = await bank.pg.query<{ key: string; refresh_id: number }>(
    sql`SELECT t.key, t.refresh_id FROM tag AS t`,
  )
  const rows = changed.flatMap((person) =>
    refreshes
      .filter(({ key }) => key !== 'age')
      .map(({ key, refresh_id }) => {
        const value = key === 'work' ? person.job : person.visits === 0 ? null : String(person.visits)
        const number = key === 'visits' && value !== null ? Number(value) : null
        return {
          tag: key,
          refresh_id,
          customer_id: ids.get(person.no),
          value,
          number,
          at: '2026-03-10 10:00:00.000',
          ver: 1,
        }
      }),
  )
  await bank.ch.insertRows('tag_recent', rows)
  const now = [...changed, ...people.slice(30)]
  const { body } = await compare({
    one: { rule: older },
    other: { rule: { tag: 'age', is: 'lt', value: 40 } },
  })
  if (hasBitmaps) checkComparison(body, now)
  else expect(found(body, 'work')).toMatchObject({ isCoverageOnly: true })
  await bank.pg.execute(sql`UPDATE tag SET has_bitmaps = true, has_recent = false`)
})

test('everyone and everyone else; C2 only for those who see the balances of these customers', async () => {
  const whole = await compare({ one: { rule: older } })
  expect(whole.body.sizes).toEqual([people.filter(({ age }) => age >= 40).length, 126])
  const others = await compare({ one: { rule: older }, other: 'others' })
  expect(others.body.sizes[0] + others.body.sizes[1]).toBe(126)
  bank.as(checker)
  const hidden = await compare({ one: { rule: older }, limit: 1 })
  expect(hidden.body).toMatchObject({ hidden: 1, compared: 2 })
  expect(hidden.body.tags).toHaveLength(1)
})

test('why: values of class C2 and sums only for those who see balances', async () => {
  const rule = {
    all: [
      { tag: 'visits', is: 'gte', value: 1 },
      { tag: 'work', is: 'exists' },
      { top: { tag: 'visits', n: 50 } },
      { did: 'transfer', sum: { prop: 'amount', is: 'gte', value: 0 } },
    ],
  }
  await bank.call('POST', '/api/segments', { key: 'private', name: '私密', rule })
  const factsOf = async () => {
    const { body } = await bank.call('GET', '/api/segments/private/why/N001')
    return body.explanation.children.map((one: { facts?: object }) => one.facts)
  }
  const clear = await factsOf()
  expect(clear[0]).toMatchObject({ value: '1' })
  expect(clear[3]).toMatchObject({ count: 0, sum: '0' })
  bank.as(checker)
  expect(await factsOf()).toEqual([{}, clear[1], {}, { count: 0 }])
})

test('much to read is a job, with the rights of whoever asked', async () => {
  await bank.pg.execute(sql`UPDATE tag SET coverage = 100000000, has_bitmaps = false WHERE key = 'age'`)
  bank.as(branch)
  const { status, body } = await compare({ one: { rule: older } })
  expect(status).toBe(202)
  await bank.jobs.runJob(body.jobId)
  expect(await bank.jobs.get(body.jobId)).toMatchObject({ state: 'done', result: { base: 43 } })
})
