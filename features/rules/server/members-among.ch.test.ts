import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Rule } from '#features/rules/common/rule.ts'
import { compileBranches } from '#features/rules/server/compile-rule.ts'
import { membersAmong } from '#features/rules/server/members-among.ts'
import { resolveTops } from '#features/rules/server/resolve-tops.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { buildForest } from '#features/rules/server/rule-tree.ts'
import { slowMembers, type TestCustomer, testBank } from '#features/rules/server/rules-bank-testing.ts'
import {
  anyRule,
  testLists,
  testNow,
  testOrgs,
  testSegments,
  testTags,
  testZone,
} from '#features/rules/server/rules-testing.ts'
import { writeTestBank } from '#features/rules/server/write-bank-testing.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'

let ch: ClickHouse
let drop: () => Promise<void>
let bank: TestCustomer[]
const seed = Math.floor(Math.random() * 2 ** 31)

const context: RuleContext = {
  ...{ chunkBits: 20, now: testNow, timeZone: testZone, scope: scopeOfEveryone, tops: new Map() },
  ...{ tags: new Map(Object.entries(testTags)), segments: testSegments, lists: testLists, orgs: testOrgs },
}

beforeAll(async () => {
  const opened = await openTestClickHouse()
  ch = opened.ch
  drop = opened.drop
  bank = fc.sample(testBank, { numRuns: 1, seed })[0] ?? []
  await writeTestBank(ch, bank)
})
afterAll(() => drop())

const rulesASlice = 50

test('ten thousand pairs of rule and customer: many rules at once hold for whom the slow evaluator says', async () => {
  let pairs = 0
  for (let slice = 0; pairs < 10_000; slice += 1) {
    const rules = fc.sample(anyRule, { numRuns: rulesASlice, seed: seed + slice })
    const forest = buildForest(rules, testSegments)
    const tops = await resolveTops(ch, forest.leaves, context)
    // A stranger's id is asked as well, and some customers are not.
    const asked = [...bank.slice(slice % 3).map((one) => one.id), 2 ** 20 + 77, 5_000_000]
    // Now and then so little may be brought into memory that halving and the engine's own answer are seen, too.
    const few = { ofOne: 1, ofQuery: slice % 16 === 0 ? 12 : 100 }
    const options = slice % 8 === 0 ? { limits: few } : {}
    const found = await membersAmong(ch, forest, { ...context, tops }, asked, options)
    for (const [index, rule] of rules.entries()) {
      const slow = slowMembers(rule, scopeOfEveryone, bank).filter((id) => asked.includes(id))
      expect({ seed, slice, rule, members: found[index] }).toEqual({ seed, slice, rule, members: slow })
      pairs += asked.length
    }
  }
})

test('every part of a rule counts whom it holds for', async () => {
  for (const rule of fc.sample(anyRule, { numRuns: 15, seed })) {
    const written: Rule = { any: [rule, { not: rule }, { all: [rule, { segment: 'third' }] }] }
    const tops = await resolveTops(ch, buildForest([written], testSegments).leaves, context)
    const { paths, counts } = compileBranches(written, { ...context, tops })
    const row = await ch.first<{ counts: string[] }>(counts)
    const count = (path: string) => Number(row?.counts[paths.indexOf(path)])
    const slow = (part: Rule) => slowMembers(part, scopeOfEveryone, bank).length
    expect({ rule, root: count('rule'), not: count('rule.any.1') }).toEqual({
      ...{ rule, root: bank.length },
      not: slow({ not: rule }),
    })
    expect({ rule, part: count('rule.any.0') }).toEqual({ rule, part: slow(rule) })
    expect(count('rule.any.2.all.1')).toBe(slow({ segment: 'third' }))
    expect(count('rule.any.2')).toBe(slow({ all: [rule, { segment: 'third' }] }))
  }
})
