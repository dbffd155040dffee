import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InsightContext } from '#features/insight/server/index.ts'
import { balanceRow, eventRow, openMetricBank } from '#features/metrics/server/metrics-testing.ts'
import { readAmount } from '#features/rules/common/canonical.ts'
import {
  AttributionQuery,
  creditModels,
  IncrementQuery,
  LtvQuery,
  MigrationQuery,
  RfmQuery,
} from '#features/value/common/value.ts'
import { attribution } from '#features/value/server/attribution.ts'
import { increment, migration } from '#features/value/server/aum-moves.ts'
import { ltv } from '#features/value/server/ltv.ts'
import { rfm } from '#features/value/server/rfm.ts'
import {
  dayOf,
  type Happened,
  type Stood,
  slowAttribution,
  slowAum,
  slowFlow,
  slowGroups,
  slowLtv,
} from '#features/value/server/value-testing.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'

const now = new Date('2026-03-11T17:30:00Z')
const branchScope: OrgScope = { everyone: false, orgIds: [2, 3], rmStaffId: null }
const inBranch = [3, 4, 5, 6, 7]
let bank: Awaited<ReturnType<typeof openMetricBank>>
let context: InsightContext

beforeAll(async () => {
  bank = await openMetricBank(now)
  const { pg, ch, rules, timeZone } = bank
  context = { scope: scopeOfEveryone, now, timeZone, pg, ch, rules, mayReadBalances: true, options: {} }
})
afterAll(() => bank.drop())

const minute = 60_000
const amounts = ['10', '0.1', '-3.5', 'n/a', '1e3', '', '123456.789012345']
const happened = fc.array(
  fc.record({
    name: fc.constantFrom('touch', 'touch', 'buy'),
    customerId: fc.integer({ min: 1, max: 8 }),
    // Close together, so that ties and window edges are met; some a month or more ago.
    at: fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((n) => now.getTime() - n * 10 * minute),
      fc.integer({ min: 0, max: 90 }).map((n) => now.getTime() - n * 86_400_000),
    ),
    props: fc.oneof(
      fc.constantFrom<Record<string, string>>(
        {},
        { channel: '' },
        { channel: 'app' },
        { channel: 'sms', amount: '5' },
      ),
      fc.constantFrom(...amounts).map((amount) => ({ amount, channel: 'app' })),
    ),
  }),
  { maxLength: 60 },
)
const stood = fc.array(
  fc.record({
    customerId: fc.integer({ min: 1, max: 8 }),
    klass: fc.constantFrom('demand', 'fund'),
    date: fc.constantFrom(
      '2025-12-31',
      '2026-01-15',
      '2026-01-16',
      '2026-02-01',
      '2026-02-14',
      '2026-03-01',
      '2026-03-11',
      '2026-03-12',
    ),
    amount: fc.constantFrom('0', '0', '999.99', '1000', '30000', '50000.00', '1500000', '250000.01', '-10'),
  }),
  { maxLength: 40 },
)

async function write(events: readonly Omit<Happened, 'nth'>[], balances: readonly Stood[]) {
  await bank.ch.command(sql`TRUNCATE TABLE event`)
  await bank.ch.command(sql`TRUNCATE TABLE balance`)
  const named = events.map((event, nth) => ({ ...event, nth }))
  const rows = named.map(({ name, customerId, nth, at, props }) =>
    eventRow(name, customerId, nth, new Date(at).toISOString(), props),
  )
  if (rows.length > 0) await bank.ch.insertRows('event', [...rows, ...rows])
  // One row a customer, class and day: the last one written counts.
  const kept = [
    ...new Map(balances.map((row) => [`${row.customerId} ${row.klass} ${row.date}`, row])).values(),
  ]
  const stored = kept.map((row) => balanceRow(row.customerId, row.klass, row.date, row.amount))
  if (stored.length > 0) await bank.ch.insertRows('balance', stored)
  return { events: named, balances: kept }
}

const idsOf = async (rows: Sql): Promise<number[]> =>
  (
    await bank.ch.query<{ id: number }>(
      sql`SELECT DISTINCT c.customer_id AS id FROM (${rows}) AS c ORDER BY id`,
    )
  ).map(({ id }) => id)

test('attribution: every model shares as the words say, and all credit is exactly what there was', async () => {
  const settings = fc.record({
    amount: fc.boolean(),
    once: fc.boolean(),
    minutes: fc.constantFrom(10, 30, 60),
    scope: fc.constantFrom(scopeOfEveryone, branchScope),
  })
  await fc.assert(
    fc.asyncProperty(happened, settings, async (made, { amount, once, minutes, scope }) => {
      const { events } = await write(made, [])
      const query = AttributionQuery.parse({
        period: { hours: 1.5 },
        touches: [{ event: 'touch' }],
        by: 'channel',
        conversion: { event: 'buy' },
        ...(amount ? { amount: 'amount' } : {}),
        once,
        window: { minutes },
        halfLife: { minutes: 20 },
      })
      const mine = events.filter(({ customerId }) => scope.everyone || inBranch.includes(customerId))
      const answer = await attribution.run({ ...context, scope }, query)
      for (const model of creditModels) {
        const exact = answer.items.reduce(
          (sum, { credit }) => sum + readAmount(credit[model]),
          readAmount(answer.unattributed),
        )
        expect(exact, model).toBe(readAmount(answer.total))
        const slow = slowAttribution(mine, {
          from: now.getTime() - 90 * minute,
          to: now.getTime() + 1,
          windowMs: minutes * minute,
          halfLifeMs: 20 * minute,
          amount,
          once,
          model,
        })
        expect(Number(answer.total)).toBeCloseTo(slow.total, 5)
        expect(Number(answer.unattributed)).toBeCloseTo(slow.credit.get('!') ?? 0, 5)
        for (const { item, credit } of answer.items)
          expect(Number(credit[model]), `${model} ${item}`).toBeCloseTo(slow.credit.get(item) ?? 0, 5)
        expect(new Set(answer.items.map(({ item }) => item))).toEqual(
          new Set([...slow.credit.keys()].filter((item) => item !== '!')),
        )
      }
    }),
    { numRuns: 5 },
  )
})

test('attribution: behind a number stand its customers, and counted together they are as many', async () => {
  const at = (minutes: number) => now.getTime() - minutes * minute
  await write(
    [
      { name: 'touch', customerId: 1, at: at(30), props: { channel: 'app' } },
      { name: 'touch', customerId: 1, at: at(20), props: { channel: 'sms' } },
      { name: 'buy', customerId: 1, at: at(10), props: {} },
      { name: 'touch', customerId: 6, at: at(20), props: { channel: 'app' } },
      { name: 'buy', customerId: 6, at: at(10), props: {} },
      { name: 'buy', customerId: 8, at: at(10), props: {} },
    ],
    [],
  )
  const query = AttributionQuery.parse({
    touches: [{ event: 'touch' }],
    by: 'channel',
    conversion: { event: 'buy' },
  })
  const behind = async (item: string, model: 'first' | 'last' | 'linear', scope = scopeOfEveryone) =>
    idsOf(await attribution.customers({ ...context, scope }, query, { item, model }))
  expect(await behind('vapp', 'linear')).toEqual([1, 6])
  expect(await behind('vapp', 'last')).toEqual([6])
  expect(await behind('vsms', 'first')).toEqual([])
  expect(await behind('!', 'linear')).toEqual([8])
  expect(await behind('vapp', 'linear', branchScope)).toEqual([6])
})

test('lifetime value: cohorts and cumulative worth as told slowly, of events and of assets', async () => {
  await fc.assert(
    fc.asyncProperty(happened, stood, fc.constantFrom(undefined, 1.25), async (made, had, ratePercent) => {
      const { events, balances } = await write(made, had)
      const query = LtvQuery.parse({
        period: { days: 85 },
        start: { event: 'touch' },
        worth: ratePercent ? { ratePercent } : { event: { event: 'buy' }, amount: 'amount' },
        ages: 5,
      })
      const answer = await ltv.run(context, query)
      const slow = slowLtv(events, balances, {
        from: Date.parse(`${dayOf(now.getTime() - 84 * 86_400_000)}T00:00:00+08:00`),
        to: now.getTime() + 1,
        now: now.getTime(),
        ...(ratePercent ? { ratePercent } : {}),
        ages: 5,
      })
      expect(answer.cohorts.map(({ cohort }) => cohort)).toEqual([...slow.keys()].sort())
      for (const cohort of answer.cohorts) {
        const expected = slow.get(cohort.cohort)
        expect(cohort.customers).toBe(expected?.customers)
        expect(cohort.ages).toHaveLength(
          3 +
            Number(`2026-03-01` < cohort.cohort) -
            [`2025-12-01`, `2026-01-01`, `2026-02-01`, `2026-03-01`].indexOf(cohort.cohort) +
            1,
        )
        for (const { age, total, perCustomer } of cohort.ages) {
          expect(Number(total), `${cohort.cohort} ${age}`).toBeCloseTo(expected?.worth[age] ?? 0, 4)
          expect(perCustomer).toBeCloseTo((expected?.worth[age] ?? 0) / cohort.customers, 4)
        }
        expect(await idsOf(await ltv.customers(context, query, { cohort: cohort.cohort }))).toHaveLength(
          cohort.customers,
        )
      }
    }),
    { numRuns: 4 },
  )
})

test('RFM: groups never part equals, the grid adds up, and each cell leads to its customers', async () => {
  await fc.assert(
    fc.asyncProperty(happened, stood, async (made, had) => {
      const { events, balances } = await write(made, had)
      const query = RfmQuery.parse({ event: { event: 'buy' }, amount: 'amount', period: { days: 60 } })
      const answer = await rfm.run(context, query)
      const from = Date.parse(`${dayOf(now.getTime() - 59 * 86_400_000)}T00:00:00+08:00`)
      const buys = events.filter(({ name, at }) => name === 'buy' && at >= from)
      const ids = [...new Set(buys.map(({ customerId }) => customerId))]
      const of = (id: number) => buys.filter(({ customerId }) => customerId === id)
      const recency = slowGroups(ids.map((id) => Date.parse(dayOf(Math.max(...of(id).map(({ at }) => at))))))
      const frequency = slowGroups(ids.map((id) => of(id).length))
      const sums = ids.map((id) =>
        of(id).reduce((sum, { props }) => sum + readAmount(props.amount ?? ''), 0n),
      )
      const monetary = slowGroups(sums.map(Number))
      expect(answer.customers).toBe(ids.length)
      for (const cell of answer.cells) {
        const inside = ids.filter((_, i) => recency[i] === cell.recency && frequency[i] === cell.frequency)
        expect(cell.customers).toBe(inside.length)
        expect(readAmount(cell.amount)).toBe(
          inside.reduce((sum, id) => sum + (sums[ids.indexOf(id)] ?? 0n), 0n),
        )
        expect(cell.monetary).toEqual(
          [1, 2, 3, 4, 5].map((group) => inside.filter((id) => monetary[ids.indexOf(id)] === group).length),
        )
        const aum = inside.reduce((sum, id) => sum + slowAum(balances, id, dayOf(now.getTime())), 0n)
        expect(readAmount(cell.aum ?? '') / 10_000_000n).toBe(aum)
        const { recency: r, frequency: f } = cell
        expect(await idsOf(await rfm.customers(context, query, { recency: r, frequency: f }))).toEqual(
          inside.sort((a, b) => a - b),
        )
      }
    }),
    { numRuns: 4 },
  )
  const blind = await rfm.run(
    { ...context, mayReadBalances: false },
    RfmQuery.parse({ event: { event: 'buy' }, amount: 'amount' }),
  )
  expect(blind.cells.every(({ aum }) => aum === null)).toBe(true)
})

test('tiers at two dates: everyone in exactly one flow, sums as told slowly; the increment by opening tier is the same', async () => {
  await fc.assert(
    fc.asyncProperty(stood, fc.constantFrom(scopeOfEveryone, branchScope), async (had, scope) => {
      const { balances } = await write([], had)
      const [from, to] = ['2026-01-31', '2026-03-11']
      const query = MigrationQuery.parse({ from, to })
      const answer = await migration.run({ ...context, scope }, query)
      const people = [1, 2, 3, 4, 5, 6, 7, 8].filter((id) => scope.everyone || inBranch.includes(id))
      const flows = new Map<string, number[]>()
      for (const id of people) {
        const flow = slowFlow(balances, id, from, to)
        if (flow) flows.set(flow, [...(flows.get(flow) ?? []), id])
      }
      expect(new Map(answer.flows.map((flow) => [`${flow.from} ${flow.to}`, flow.customers]))).toEqual(
        new Map([...flows].map(([flow, ids]) => [flow, ids.length])),
      )
      expect(answer.flows.reduce((sum, { customers }) => sum + customers, answer.withoutBalance)).toBe(
        answer.base,
      )
      expect(answer.base).toBe(people.length)
      for (const flow of answer.flows) {
        const ids = flows.get(`${flow.from} ${flow.to}`) ?? []
        const sum = (day: string) => ids.reduce((total, id) => total + slowAum(balances, id, day), 0n)
        expect(
          [readAmount(flow.opening), readAmount(flow.closing)].map((nano) => nano / 10_000_000n),
        ).toEqual([sum(from), sum(to)])
        expect(
          await idsOf(
            await migration.customers({ ...context, scope }, query, { from: flow.from, to: flow.to }),
          ),
        ).toEqual(ids)
      }
      const grown = await increment.run({ ...context, scope }, IncrementQuery.parse({ from, to }))
      const whole = people.reduce(
        (sum, id) => sum + slowAum(balances, id, to) - slowAum(balances, id, from),
        0n,
      )
      expect(readAmount(grown.increment) / 10_000_000n).toBe(whole)
      expect(grown.tiers.reduce((sum, tier) => sum + readAmount(tier.increment), 0n)).toBe(
        readAmount(grown.increment),
      )
      const tail = people.filter((id) => /^T[01] /.test(slowFlow(balances, id, from, to) ?? ''))
      const ofTail = tail.reduce(
        (sum, id) => sum + slowAum(balances, id, to) - slowAum(balances, id, from),
        0n,
      )
      expect(readAmount(grown.longTail) / 10_000_000n).toBe(ofTail)
      expect(grown.longTailShare).toBe(whole > 0n ? Number(ofTail) / Number(whole) : null)
    }),
    { numRuns: 5 },
  )
})

test('balances are for those who may see them', async () => {
  const blind = { ...context, mayReadBalances: false }
  const dates = { from: '2026-01-31', to: '2026-03-11' }
  const refused = { code: 'VALUE_AMOUNTS' }
  await expect(migration.run(blind, MigrationQuery.parse(dates))).rejects.toMatchObject(refused)
  await expect(increment.customers(blind, IncrementQuery.parse(dates), { tier: 'T1' })).rejects.toMatchObject(
    refused,
  )
  await expect(
    ltv.run(blind, LtvQuery.parse({ start: { event: 'touch' }, worth: { ratePercent: 1 } })),
  ).rejects.toMatchObject(refused)
  expect(MigrationQuery.safeParse({ from: '2026-03-11', to: '2026-03-11' }).success).toBe(false)
})
