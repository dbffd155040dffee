import fc from 'fast-check'
import { addDays, startOfDate } from '#features/rules/common/bank-time.ts'
import { compareCustomerNo, rankOf } from '#features/rules/common/evaluate-leaf.ts'
import {
  type CustomerFacts,
  type EvaluateContext,
  type EventFact,
  evaluateRule,
  pastTagKey,
  topKey,
} from '#features/rules/common/evaluate-rule.ts'
import type { Rule, TopLeaf } from '#features/rules/common/rule.ts'
import { childrenOf } from '#features/rules/common/walk-rule.ts'
import {
  anyText,
  testDates,
  testEvents,
  testNow,
  testOrgs,
  testProps,
  testSegments,
  testTags,
  testZone,
} from '#features/rules/server/rules-testing.ts'
import type { OrgScope } from '#platform/common/access.ts'

export type TagChange = { tag: string; atMs: number; value: string | null }
/** A customer as the facts say, and as the refresh before the latest changes had its tags. */
export type TestCustomer = {
  id: number
  orgId: number
  rmStaffId: number
  facts: CustomerFacts
  /** Values of the refresh of those that changed since, by tag; null: it had none. */
  before: ReadonlyMap<string, string | null>
  changes: readonly TagChange[]
}

// Around the boundaries of the spans asked for, and far away.
const times = [
  ...['2026-03-09T15:59:59.999Z', '2026-03-09T16:00:00.000Z', '2026-03-10T15:59:59.999Z'],
  ...['2026-03-10T16:00:00.000Z', '2026-03-10T16:59:59.999Z', '2026-03-10T17:00:00.000Z'],
  ...['2026-03-10T17:29:00.000Z', '2026-03-10T17:30:00.000Z', '2026-03-10T17:30:00.001Z'],
  ...['2026-03-11T15:59:59.999Z', '2026-03-11T16:00:00.000Z', '2025-12-31T15:59:59.999Z'],
  ...['2026-03-07T16:00:00.000Z', '1970-01-01T00:00:00.000Z', '2026-03-10T17:30:00.000Z'],
].map(Date.parse)

const dictionary = <K extends string, V>(keys: readonly K[], values: fc.Arbitrary<V>, most = 5) =>
  fc
    .array(fc.tuple(fc.constantFrom(...keys), values), { maxLength: most })
    .map((entries) => new Map<string, V>(entries))

const places = dictionary(
  ['latitude', 'longitude', 'latitude', 'longitude', 'job'],
  fc.constantFrom('31.23', '121.47', '-0', '90', '179.99', '91', '-181', 'north', '0'),
  4,
)

const event: fc.Arbitrary<EventFact> = fc.record({
  name: fc.constantFrom(...testEvents, testEvents[0]!),
  msg: fc.uuid(),
  occurredAtMs: fc.constantFrom(...times),
  props: fc
    .tuple(dictionary(testProps, anyText), places, fc.option(fc.constantFrom('1', '2', 'x')))
    .map(
      ([props, place, order]) => new Map([...props, ...place, ...(order ? [['order', order] as const] : [])]),
    ),
})

const change: fc.Arbitrary<TagChange> = fc.record({
  tag: fc.constantFrom(...Object.keys(testTags)),
  atMs: fc.constantFrom(...times),
  value: fc.option(anyText, { freq: 3 }),
})

/** The values at the ends of the days asked for: the last change before each. */
function pastTags(changes: readonly TagChange[]): Map<string, string> {
  const past = new Map<string, string>()
  const ordered = [...changes].sort((one, other) => one.atMs - other.atMs)
  for (const date of testDates) {
    const end = startOfDate(addDays(date, 1), testZone)
    for (const { tag, atMs, value } of ordered) {
      if (atMs >= end) continue
      if (value === null) past.delete(pastTagKey(tag, date))
      else past.set(pastTagKey(tag, date), value)
    }
  }
  return past
}

const recentTags = Object.entries(testTags).flatMap(([key, { hasRecent }]) => (hasRecent ? [key] : []))

const customer = (id: number): fc.Arbitrary<TestCustomer> =>
  fc
    .record({
      orgId: fc.integer({ min: 1, max: 4 }),
      rmStaffId: fc.integer({ min: 0, max: 2 }),
      attributes: places,
      tags: dictionary(Object.keys(testTags), anyText),
      before: dictionary(recentTags, fc.option(anyText, { freq: 2 })),
      changes: fc.uniqueArray(change, { maxLength: 6, selector: ({ tag, atMs }) => `${tag} ${atMs}` }),
      isListed: fc.boolean(),
      events: fc.array(event, { maxLength: 9 }),
    })
    .map(({ orgId, rmStaffId, before, changes, isListed, ...rest }) => ({
      ...{ id, orgId, rmStaffId, before, changes },
      facts: {
        ...rest,
        ...{ customerNo: `C${id % 2 ? id : `客${id}`}`, orgId, pastTags: pastTags(changes) },
        lists: new Set(isListed ? ['gold'] : []),
      },
    }))

/** Ids lie in three chunks. */
const ids = Array.from({ length: 100 }, (_, index) => (index % 3) * 2 ** 20 * 2 + index + 1)

/** A random bank of a hundred customers. */
export const testBank: fc.Arbitrary<TestCustomer[]> = fc.tuple(...ids.map(customer))

export const isInScope = (scope: OrgScope, one: TestCustomer) =>
  scope.everyone || scope.orgIds.includes(one.orgId) || one.rmStaffId === scope.rmStaffId

/** All tops of a rule and of the segments it uses, those inside others first. */
function topsOf(rule: Rule): TopLeaf<Rule>[] {
  const inside = childrenOf(rule, '').flatMap((child) => topsOf(child.rule))
  if ('segment' in rule) return topsOf(testSegments.get(rule.segment)!)
  return 'top' in rule ? [...inside, rule] : inside
}

/** What a rule means in a scope of the bank; where its tops end is found by sorting everybody. */
export function meaningOf(rule: Rule, scope: OrgScope, bank: readonly TestCustomer[]): EvaluateContext {
  const context: EvaluateContext = {
    ...{ now: testNow, timeZone: testZone, segments: testSegments, orgs: testOrgs, tops: new Map() },
  }
  for (const leaf of topsOf(rule)) {
    const { tag, n, order, of } = leaf.top
    const ranked = bank
      .filter((one) => isInScope(scope, one) && (!of || evaluateRule(of, one.facts, context)))
      .flatMap(({ facts }) => {
        const number = rankOf(facts.tags.get(tag) ?? '')
        return number === undefined ? [] : [{ number, customerNo: facts.customerNo }]
      })
      .sort(
        (a, b) =>
          (order === 'asc' ? a.number - b.number : b.number - a.number) ||
          compareCustomerNo(a.customerNo, b.customerNo),
      )
    const limit = ranked[n - 1]
    if (limit) (context.tops as Map<string, typeof limit>).set(topKey(leaf), limit)
  }
  return context
}

/** Ids of the customers in scope for whom a rule holds, by the slow evaluator. */
export function slowMembers(rule: Rule, scope: OrgScope, bank: readonly TestCustomer[]): number[] {
  const context = meaningOf(rule, scope, bank)
  return bank
    .filter((one) => isInScope(scope, one) && evaluateRule(rule, one.facts, context))
    .map((one) => one.id)
    .sort((a, b) => a - b)
}
