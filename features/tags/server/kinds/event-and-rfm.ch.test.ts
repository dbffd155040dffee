import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dateIn, spanOf } from '#features/rules/common/bank-time.ts'
import { readAmount } from '#features/rules/common/canonical.ts'
import { openTestKinds } from '#features/tags/server/kinds/kinds-testing.ts'
import { sql } from '#platform/common/sql.ts'

type Happened = { customer: number; atMs: number; value: string | undefined; copies: number }

let bank: Awaited<ReturnType<typeof openTestKinds>>
beforeAll(async () => {
  bank = await openTestKinds({ now: new Date('2026-03-10T17:30:00Z'), timeZone: 'Asia/Shanghai' })
})
afterAll(() => bank.close())

const zones = ['Asia/Shanghai', 'UTC', 'America/New_York', 'Pacific/Apia']
const base = Date.UTC(2026, 2, 1)
const happened = fc.record({
  customer: fc.integer({ min: 1, max: 8 }),
  // Whole half days make ties and window edges likely.
  atMs: fc.integer({ min: 0, max: 40 }).map((half) => base + half * 43_200_000),
  value: fc.constantFrom('1', '10', '2.5', '-3', 'x', '', undefined),
  copies: fc.integer({ min: 1, max: 2 }),
})

async function store(name: string, events: readonly Happened[]): Promise<void> {
  const rows = events.flatMap(({ customer, atMs, value, copies }, index) =>
    Array.from({ length: copies }, (_, copy) => ({
      name,
      customer_id: customer,
      msg: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      occurred_at: new Date(atMs).toISOString().replace('T', ' ').replace('Z', ''),
      received_at: '2026-03-11 00:00:00.000',
      visitor: 0,
      source: 'test',
      props: value === undefined ? {} : { amount: value },
      ver: 10 - copy,
      is_deleted: 0,
    })),
  )
  if (rows.length > 0) await bank.ch.insertRows('event', rows)
}

const byCustomer = (events: readonly Happened[]): Map<number, Happened[]> => {
  const groups = new Map<number, Happened[]>()
  for (const one of events) groups.set(one.customer, [...(groups.get(one.customer) ?? []), one])
  return new Map([...groups].sort(([a], [b]) => a - b))
}

function longestStreak(days: readonly string[]): number {
  const numbers = [...new Set(days)].map((day) => Date.parse(day) / 86_400_000)
  const has = new Set(numbers)
  return Math.max(
    ...numbers.map((day) => {
      let length = 1
      while (has.has(day + length)) length += 1
      return length
    }),
  )
}

function ranked(values: readonly string[], rank: number): string | undefined {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return sorted[rank - 1]?.[0]
}

let run = 0
test('days, streak and top as the slow version counts them', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happened, { maxLength: 60 }),
      fc.constantFrom(...zones),
      fc.constantFrom(undefined, { days: 5 }, { days: 12 }, { hours: 36 }),
      fc.integer({ min: 1, max: 3 }),
      async (events, timeZone, within, rank) => {
        run += 1
        const name = `e${run}`
        const now = new Date(base + 15 * 86_400_000)
        bank.setTime({ now, timeZone })
        await store(name, events)
        const span = spanOf(within, now, timeZone)
        const inside = byCustomer(events.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs))
        const source = { event: name, ...(within ? { within } : {}) }
        const days = [...inside].map(
          ([id, own]) => [id, own.map(({ atMs }) => dateIn(atMs, timeZone))] as const,
        )
        expect(await bank.values({ ...source, agg: 'days' }, 'number')).toEqual(
          days.map(([id, own]) => [id, String(new Set(own).size)]),
        )
        expect(await bank.values({ ...source, agg: 'streak' }, 'number')).toEqual(
          days.map(([id, own]) => [id, String(longestStreak(own))]),
        )
        expect(await bank.values({ ...source, agg: 'top', prop: 'amount', rank }, 'enum')).toEqual(
          [...inside].flatMap(([id, own]) => {
            const value = ranked(
              own.flatMap((one) => (one.value === undefined ? [] : [one.value])),
              rank,
            )
            return value === undefined ? [] : [[id, value]]
          }),
        )
        const some = bank.ids([2, 3, 99])
        expect(await bank.values({ ...source, agg: 'days' }, 'number', { among: some })).toEqual(
          days.filter(([id]) => id === 2 || id === 3).map(([id, own]) => [id, String(new Set(own).size)]),
        )
      },
    ),
    { numRuns: 10 },
  )
})

function groupsOf(values: ReadonlyMap<number, bigint>, groups: number): Map<number, number> {
  const all = [...values.values()]
  return new Map(
    [...values].map(([id, value]) => {
      const lower = all.filter((other) => other < value).length
      return [id, 1 + Math.floor((groups * lower) / all.length)]
    }),
  )
}

test('rfm groups by rank, equals together', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happened, { minLength: 1, maxLength: 50 }),
      fc.constantFrom(...zones),
      fc.integer({ min: 2, max: 9 }),
      async (events, timeZone, groups) => {
        run += 1
        const name = `r${run}`
        bank.setTime({ now: new Date(base + 25 * 86_400_000), timeZone })
        await store(name, events)
        const own = byCustomer(events)
        const measure = (of: (events: readonly Happened[]) => bigint) =>
          groupsOf(new Map([...own].map(([id, some]) => [id, of(some)])), groups)
        const recency = measure((some) =>
          BigInt(Math.max(...some.map(({ atMs }) => Date.parse(dateIn(atMs, timeZone)) / 86_400_000))),
        )
        const frequency = measure((some) => BigInt(some.length))
        const monetary = measure((some) => some.reduce((sum, { value }) => sum + readAmount(value ?? ''), 0n))
        const rfm = { event: name, prop: 'amount', groups }
        const expected = (of: ReadonlyMap<number, number>) =>
          [...own.keys()].map((id) => [id, String(of.get(id))])
        expect(await bank.values({ rfm: { ...rfm, part: 'monetary' } }, 'number')).toEqual(expected(monetary))
        expect(await bank.values({ rfm: { ...rfm, part: 'recency' } }, 'number')).toEqual(expected(recency))
        expect(await bank.values({ rfm: { ...rfm, part: 'cell' } }, 'enum')).toEqual(
          [...own.keys()].map((id) => [id, `${recency.get(id)}${frequency.get(id)}${monetary.get(id)}`]),
        )
      },
    ),
    { numRuns: 8 },
  )
})

test('rfm of some keeps the groups of all', async () => {
  const events = [1, 2, 3, 4, 5].flatMap((customer) =>
    Array.from({ length: customer }, (_, index) => ({
      customer,
      atMs: base + index * 60_000,
      value: '1',
      copies: 1,
    })),
  )
  await store('few', events)
  const rfm = { event: 'few', part: 'frequency' as const }
  expect(await bank.values({ rfm }, 'number')).toEqual([1, 2, 3, 4, 5].map((id) => [id, String(id)]))
  expect(await bank.values({ rfm }, 'number', { among: sql`SELECT toUInt32(4) AS customer_id` })).toEqual([
    [4, '4'],
  ])
})
