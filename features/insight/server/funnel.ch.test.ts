import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lengthMs } from '#features/insight/common/frame.ts'
import { FunnelQuery, isStrict, resolutionOf } from '#features/insight/common/funnel.ts'
import { funnel } from '#features/insight/server/analyses/funnel.ts'
import {
  anyBank,
  isInScope,
  openTestInsight,
  scopes,
  type TestBank,
  type TestEvent,
  writeBank,
} from '#features/insight/server/insight-testing.ts'

let insight: Awaited<ReturnType<typeof openTestInsight>>
beforeAll(async () => {
  insight = await openTestInsight()
})
afterAll(() => insight.close())

const period = { from: '2026-03-03', to: '2026-03-10' }
const [fromMs, toMs] = [Date.parse('2026-03-03T00:00:00+08:00'), Date.parse('2026-03-10T00:00:00+08:00')]

const isOf = (one: TestEvent, filter: { event: string; where?: unknown[] | undefined }) =>
  one.name === filter.event && (!filter.where?.length || one.props.page === 'home')

/** Tries every chain of moments; gives for each step its first completion: [when, the latest start that leads there]. */
function slowly(events: readonly TestEvent[], query: FunnelQuery): [at: number, start: number][] {
  const strict = isStrict(query)
  const best: [number, number][] = []
  const times = query.steps.map((step) => [
    ...new Set(events.filter((one) => isOf(one, step)).map((one) => one.ms)),
  ])
  const isBarred = (gap: number, after: number, until: number) =>
    query.exclude.some(
      (one) =>
        (one.after === undefined || one.after === gap) &&
        events.some((event) => isOf(event, one) && event.ms > after && event.ms <= until),
    )
  const walk = (chain: number[]) => {
    const nth = chain.length
    const [start = 0, last = 0] = [chain[0], chain.at(-1)]
    if (nth > 0) {
      const found = best[nth - 1]
      if (!found || last < found[0] || (last === found[0] && start > found[1])) best[nth - 1] = [last, start]
    }
    for (const ms of times[nth] ?? []) {
      if (nth === 0) {
        if (ms >= fromMs && ms < toMs) walk([ms])
      } else if (
        (strict ? ms > last : ms >= last) &&
        ms - start <= lengthMs(query.window) &&
        !isBarred(nth, last, ms)
      )
        walk([...chain, ms])
    }
  }
  walk([])
  return best
}

const filter = fc.constantFrom(
  { event: 'open' },
  { event: 'view' },
  { event: 'view', where: [{ prop: 'page', is: 'eq' as const, value: 'home' }] },
  { event: 'buy' },
)
const anyQuery = fc
  .record({
    steps: fc.array(filter, { minLength: 2, maxLength: 4 }),
    window: fc.constantFrom({ minutes: 30 }, { hours: 1 }, { days: 1 }, { days: 30 }),
    exclude: fc.array(
      fc.record(
        { event: fc.constantFrom('leave', 'view'), after: fc.constantFrom(1, 2, 3) },
        { requiredKeys: ['event'] },
      ),
      { maxLength: 2 },
    ),
    strict: fc.constantFrom(undefined, true, false),
  })
  .map(({ exclude, strict, ...rest }) => {
    const isRepeated = new Set(rest.steps.map((step) => step.event)).size < rest.steps.length
    return FunnelQuery.parse({
      ...{ ...rest, period },
      exclude: exclude.filter(({ after }) => after === undefined || after < rest.steps.length),
      ...(strict === undefined || isRepeated ? {} : { strict }),
    })
  })

function slowFunnel(bank: TestBank, query: FunnelQuery, holds: (customerId: number) => boolean) {
  const reached = new Map<number, [number, number][]>()
  for (const customerId of bank.orgOf.keys()) {
    if (!holds(customerId)) continue
    const steps = slowly(
      bank.events.filter((one) => one.customerId === customerId),
      query,
    )
    if (steps.length > 0) reached.set(customerId, steps)
  }
  return reached
}

test('steps, times and customers are those of the slow search through all chains', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyBank,
      fc.array(anyQuery, { minLength: 3, maxLength: 3 }),
      fc.constantFrom(...scopes),
      async (bank, queries, scope) => {
        await writeBank(insight.ch, bank)
        for (const query of queries) {
          const answer = await funnel.run(insight.contextOf(scope), query)
          const slow = slowFunnel(bank, query, (customerId) => isInScope(bank, scope, customerId))
          const sizes = query.steps.map(
            (_, nth) => [...slow.values()].filter((steps) => steps.length > nth).length,
          )
          expect(
            answer.steps.map((step) => step.customers),
            JSON.stringify(query),
          ).toEqual(sizes)
          const resolution = resolutionOf(lengthMs(query.window))
          const took = [...slow.values()].flatMap((steps) => {
            const last = steps[query.steps.length - 1]
            return last ? [Math.floor((last[0] - last[1]) / resolution) * resolution] : []
          })
          took.sort((one, other) => one - other)
          const { count, min, max, median } = answer.timeToConvert
          expect({ count, min, max, median }).toEqual({
            ...{ count: took.length, min: took[0] ?? null, max: took.at(-1) ?? null },
            median: took[Math.ceil(took.length / 2) - 1] ?? null,
          })
          const ids = (keep: (steps: [number, number][]) => boolean) =>
            [...slow]
              .filter(([, steps]) => keep(steps))
              .map(([id]) => id)
              .sort((one, other) => one - other)
          expect(await insight.idsOf('funnel', query, { step: 2 }, scope)).toEqual(
            ids((steps) => steps.length >= 2),
          )
          expect(await insight.idsOf('funnel', query, { step: 1, dropped: true }, scope)).toEqual(
            ids((steps) => steps.length === 1),
          )
        }
      },
    ),
    { numRuns: 5, endOnFailure: true },
  )
})

test('groups add up to all, and each one lists its customers', async () => {
  const [bank] = fc.sample(anyBank, 1) as [TestBank]
  await writeBank(insight.ch, bank)
  const steps = [{ event: 'open' }, { event: 'view' }]
  for (const by of [{ prop: 'page' }, { org: 'branch' }]) {
    const asked = { period, steps, by, top: 2 }
    const answer = await funnel.run(insight.contextOf(), FunnelQuery.parse(asked))
    const all = answer.steps.map((_, nth) =>
      answer.groups.reduce(
        (sum, group) => sum + (group.customers[nth] ?? 0),
        answer.others?.customers[nth] ?? 0,
      ),
    )
    expect(all).toEqual(answer.steps.map((step) => step.customers))
    for (const group of answer.groups)
      expect(await insight.idsOf('funnel', asked, { step: 1, item: group.item })).toHaveLength(
        group.customers[0]!,
      )
    const not = answer.groups.map((group) => group.item)
    if (answer.others)
      expect(await insight.idsOf('funnel', asked, { step: 1, item: '+', not })).toHaveLength(
        answer.others.customers[0]!,
      )
  }
})

test('bins of the time to convert hold whom they count', async () => {
  const [bank] = fc.sample(anyBank, 1) as [TestBank]
  await writeBank(insight.ch, bank)
  const asked = { period, steps: [{ event: 'open' }, { event: 'view' }], window: { days: 30 } }
  const { timeToConvert } = await funnel.run(insight.contextOf(), FunnelQuery.parse(asked))
  for (const { from, to, count } of timeToConvert.bins)
    expect(await insight.idsOf('funnel', asked, { step: 2, took: { fromMs: from, toMs: to } })).toHaveLength(
      count,
    )
})
