import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CustomerUniverse, readCustomerUniverse } from '#features/customers/server/index.ts'
import { evaluateRule, explainRule } from '#features/rules/common/evaluate-rule.ts'
import { Rule } from '#features/rules/common/rule.ts'
import {
  compileCount,
  compileMemberBitmaps,
  compileMemberIds,
  compileMembers,
} from '#features/rules/server/compile-rule.ts'
import { resolveTops } from '#features/rules/server/resolve-tops.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { buildForest } from '#features/rules/server/rule-tree.ts'
import {
  isInScope,
  slowMembers,
  type TestCustomer,
  testBank,
} from '#features/rules/server/rules-bank-testing.ts'
import {
  anyRule,
  anyWithin,
  testLists,
  testNow,
  testOrgs,
  testSegments,
  testTags,
  testZone,
} from '#features/rules/server/rules-testing.ts'
import { writeTestBank } from '#features/rules/server/write-bank-testing.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'

let ch: ClickHouse
let drop: () => Promise<void>
let bank: TestCustomer[]
let universe: CustomerUniverse
const bankSeed = Math.floor(Math.random() * 2 ** 31)

beforeAll(async () => {
  const opened = await openTestClickHouse()
  ch = opened.ch
  drop = opened.drop
  bank = fc.sample(testBank, { numRuns: 1, seed: bankSeed })[0] ?? []
  await writeTestBank(ch, bank)
  universe = await readCustomerUniverse(ch)
  expect(universe).toMatchObject({ hasTouched: true, hasUnbased: true })
})
afterAll(() => drop())

const contextOf = (scope: OrgScope): RuleContext => ({
  chunkBits: 20,
  now: testNow,
  timeZone: testZone,
  scope,
  tags: new Map(Object.entries(testTags)),
  segments: testSegments,
  lists: testLists,
  orgs: testOrgs,
  tops: new Map(),
  universe,
})

const expected = (rule: Rule, scope: OrgScope): number[] => slowMembers(rule, scope, bank)

/** The context with the ends of all tops found by the engine. */
async function resolved(rules: readonly Rule[], scope: OrgScope): Promise<RuleContext> {
  const context = contextOf(scope)
  return { ...context, tops: await resolveTops(ch, buildForest(rules, testSegments).leaves, context) }
}

async function compiled(rule: Rule, scope: OrgScope) {
  const context = await resolved([rule], scope)
  const [counted, members] = await Promise.all([
    ch.first<{ count: string; base: string }>(compileCount(rule, context)),
    ch.query<{ customer_id: number }>(compileMembers(rule, context, { after: 0, limit: 1000 })),
  ])
  return {
    count: Number(counted?.count),
    base: Number(counted?.base),
    members: members.map((row) => row.customer_id),
  }
}

const anyScope: fc.Arbitrary<OrgScope> = fc.oneof(
  fc.constant(scopeOfEveryone),
  fc.record({
    everyone: fc.constant(false),
    orgIds: fc.subarray([1, 2, 3, 4]),
    rmStaffId: fc.option(fc.constantFrom(1, 2)),
  }),
)

test('every rule counts and lists whom the slow evaluator says', async () => {
  await fc.assert(
    fc.asyncProperty(anyRule, anyScope, async (rule, scope) => {
      expect(Rule.safeParse(rule).error).toBeUndefined()
      const members = expected(rule, scope)
      const base = bank.filter((one) => isInScope(scope, one)).length
      expect(await compiled(rule, scope), `bank seed ${bankSeed}`).toEqual({
        count: members.length,
        base,
        members,
      })
    }),
    { numRuns: 25 },
  )
})

test('every window begins and ends where the slow evaluator says', async () => {
  for (const within of fc.sample(anyWithin, 12)) {
    const rule: Rule = { did: 'transfer', within }
    const members = expected(rule, scopeOfEveryone)
    expect({ within, ...(await compiled(rule, scopeOfEveryone)) }).toMatchObject({
      within,
      count: members.length,
      members,
    })
  }
})

test('what was deleted never happened', async () => {
  const nobody = { count: 0, base: bank.length, members: [] }
  expect(await compiled({ did: 'undone' }, scopeOfEveryone)).toEqual(nobody)
  expect(await compiled({ did: 'undone', within: { days: 30 } }, scopeOfEveryone)).toEqual(nobody)
  expect(await compiled({ not: { did: 'undone', count: { is: 'eq', value: 0 } } }, scopeOfEveryone)).toEqual(
    nobody,
  )
})

test('pages go through all chunks without a gap', async () => {
  const rule: Rule = { all: [] }
  const pages: number[] = []
  for (let after = 0; ; after = pages.at(-1) ?? 0) {
    const page = await ch.query<{ customer_id: number }>(
      compileMembers(rule, contextOf(scopeOfEveryone), { after, limit: 7 }),
    )
    if (page.length === 0) break
    pages.push(...page.map((row) => row.customer_id))
  }
  expect(pages).toEqual(expected(rule, scopeOfEveryone))
})

test('ids and bitmaps hold the same members', async () => {
  const rule: Rule = { not: { tag: 'vip', is: 'exists' } }
  const ids = await ch.query<{ customer_id: number }>(compileMemberIds(rule, contextOf(scopeOfEveryone)))
  expect(ids.map((row) => row.customer_id).sort((a, b) => a - b)).toEqual(expected(rule, scopeOfEveryone))
  await ch.command(sql`
    INSERT INTO segment_member (segment, refresh_id, chunk, members)
    SELECT 's', 1, m.chunk, m.members FROM (${compileMemberBitmaps(rule, contextOf(scopeOfEveryone))}) AS m`)
  const stored = await ch.first<{ count: string }>(sql`
    SELECT groupBitmapMerge(s.members) AS count FROM segment_member AS s WHERE s.segment = 's'`)
  expect(Number(stored?.count)).toBe(ids.length)
})

test('only rows tell of customers where there are no bitmaps', async () => {
  const context = { ...contextOf({ everyone: false, orgIds: [1, 2], rmStaffId: 2 }), universe: undefined }
  const rows = await ch.first<{ base: string }>(compileCount({ all: [] }, context))
  expect(Number(rows?.base)).toBe(bank.filter((one) => isInScope(context.scope, one)).length)
})

test('a chain of thirty segments that each use the one before twice is one query of thirty steps', async () => {
  const segments = new Map<string, Rule>([['s0', { did: 'transfer' }]])
  for (let at = 1; at <= 30; at += 1) {
    const [tag, before] = [{ tag: 'vip', is: 'eq', value: at } as const, { segment: `s${at - 1}` }]
    segments.set(`s${at}`, { any: [before, { all: [{ not: before }, tag] }] })
  }
  const context = { ...contextOf(scopeOfEveryone), segments }
  const rule: Rule = { segment: 's30' }
  const counted = await ch.first<{ count: string }>(compileCount(rule, context))
  const holds = bank.filter(({ facts }) => evaluateRule(rule, facts, context))
  expect(Number(counted?.count)).toBe(holds.length)
  const explained = JSON.stringify(explainRule(rule, bank[0]!.facts, context))
  expect(explained.length).toBeLessThan(100_000)
})

test('input stays a value', async () => {
  const nasty = `'; DROP TABLE event; -- \\ {p0:String} "x" 张\n`
  const rule: Rule = {
    any: [
      {
        did: nasty,
        where: [{ prop: nasty, is: 'in', value: [nasty] }],
        sum: { prop: nasty, is: 'gt', value: 0 },
      },
      { did: 'transfer', where: [{ prop: nasty, is: 'eq', value: nasty }] },
    ],
  }
  expect(await compiled(rule, scopeOfEveryone)).toEqual({ count: 0, base: bank.length, members: [] })
})
