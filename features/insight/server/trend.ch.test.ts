import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOfBucket } from '#features/insight/common/buckets.ts'
import { type TrendAnswer, TrendQuery } from '#features/insight/common/trend.ts'
import { trend } from '#features/insight/server/analyses/trend.ts'
import {
  anyBank,
  isInScope,
  openTestInsight,
  scopes,
  type TestBank,
  testZone,
  writeBank,
} from '#features/insight/server/insight-testing.ts'
import type { OrgScope } from '#platform/common/access.ts'

let insight: Awaited<ReturnType<typeof openTestInsight>>
beforeAll(async () => {
  insight = await openTestInsight()
})
afterAll(() => insight.close())

const period = { from: '2026-03-02', to: '2026-03-12T06:00' }
const [fromMs, toMs] = [Date.parse('2026-03-02T00:00:00+08:00'), Date.parse('2026-03-12T06:00:00+08:00')]
const units = new Map([
  [2, 'vA'],
  [3, 'vB'],
  [4, 'vA'],
])

/** The obvious count: one message after the other. */
function slowly(bank: TestBank, scope: OrgScope, query: TrendQuery, bucket?: string, item?: string) {
  const found = bank.events.filter((one) => {
    if (one.name !== 'view' || one.ms < fromMs || one.ms >= toMs) return false
    if (!isInScope(bank, scope, one.customerId)) return false
    if (query.event.where && one.props.page !== 'home') return false
    if (bucket && startOfBucket(one.ms, query.size, testZone) !== Date.parse(bucket)) return false
    if (item === undefined) return true
    const own =
      query.by && 'prop' in query.by
        ? one.props.page === undefined
          ? '-'
          : `v${one.props.page}`
        : units.get(bank.orgOf.get(one.customerId) ?? 0)
    return own === item
  })
  const amounts = found.flatMap(({ props }) =>
    props.amount && props.amount !== 'none' ? [Number(props.amount)] : [],
  )
  return {
    messages: found.length,
    ids: [...new Set(found.map((one) => one.customerId))].sort((one, other) => one - other),
    sum: amounts.reduce((sum, amount) => sum + Math.round(amount * 1000), 0) / 1000,
  }
}

const check = (figures: TrendAnswer['total'] | undefined, slow: ReturnType<typeof slowly>, what: string) =>
  expect(
    { messages: figures?.messages, customers: figures?.customers, sum: Number(figures?.sum) },
    what,
  ).toEqual({ messages: slow.messages, customers: slow.ids.length, sum: slow.sum })

const anyQuery = fc.record(
  {
    period: fc.constant(period),
    event: fc.constantFrom(
      { event: 'view' },
      { event: 'view', where: [{ prop: 'page', is: 'eq' as const, value: 'home' }] },
    ),
    size: fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'month' as const),
    prop: fc.constant('amount'),
    by: fc.constantFrom({ prop: 'page' }, { org: 'branch' as const }),
  },
  { requiredKeys: ['period', 'event', 'size', 'prop'] },
)

test('every number is what the slow count says, and its customers are those', async () => {
  await fc.assert(
    fc.asyncProperty(anyBank, anyQuery, fc.constantFrom(...scopes), async (bank, asked, scope) => {
      await writeBank(insight.ch, bank)
      const query = TrendQuery.parse(asked)
      const answer = await trend.run(insight.contextOf(scope), query)
      check(answer.total, slowly(bank, scope, query), 'total')
      for (const [nth, { from }] of answer.buckets.entries())
        check(answer.all[nth], slowly(bank, scope, query, from), from)
      for (const group of answer.groups) {
        const slow = slowly(bank, scope, query, undefined, group.item)
        check(group.total, slow, group.item)
        expect(await insight.idsOf('trend', asked, { item: group.item }, scope)).toEqual(slow.ids)
      }
      const bucket = answer.buckets.at(-1)?.from ?? ''
      expect(await insight.idsOf('trend', asked, { bucket }, scope)).toEqual(
        slowly(bank, scope, query, bucket).ids,
      )
    }),
    { numRuns: 6 },
  )
})

test('what is not shown is told as one', async () => {
  const [bank] = fc.sample(anyBank, 1) as [TestBank]
  await writeBank(insight.ch, bank)
  const asked = { period, event: { event: 'view' }, by: { prop: 'page' }, top: 1 }
  const answer = await trend.run(insight.contextOf(), TrendQuery.parse(asked))
  const total = answer.groups[0]!.total.messages + (answer.others?.total.messages ?? 0)
  expect(total).toBe(answer.total.messages)
  const not = answer.groups.map((group) => group.item)
  expect((await insight.idsOf('trend', asked, { item: '+', not })).length).toBe(
    answer.others?.total.customers ?? 0,
  )
})

test('the period before is as long, and its numbers are its own', async () => {
  const [bank] = fc.sample(anyBank, 1) as [TestBank]
  await writeBank(insight.ch, bank)
  const of = async (from: string, to: string) =>
    trend.run(insight.contextOf(), TrendQuery.parse({ period: { from, to }, event: { event: 'view' } }))
  const [later, earlier] = [await of('2026-03-06', '2026-03-11'), await of('2026-03-01', '2026-03-06')]
  expect(later.before?.total).toEqual(earlier.total)
  expect(later.before?.all).toEqual(earlier.all)
})
