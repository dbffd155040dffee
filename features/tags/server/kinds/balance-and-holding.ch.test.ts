import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, dateIn } from '#features/rules/common/bank-time.ts'
import { decimalText } from '#features/rules/common/canonical.ts'
import { openTestKinds } from '#features/tags/server/kinds/kinds-testing.ts'

let bank: Awaited<ReturnType<typeof openTestKinds>>
const now = new Date('2026-03-10T17:30:00Z')
beforeAll(async () => {
  bank = await openTestKinds({ now, timeZone: 'Asia/Shanghai' })
})
afterAll(() => bank.close())

type Row = { customer: number; class: string; day: number; cents: number; currency: string }
const row = fc.record({
  customer: fc.integer({ min: 1, max: 6 }),
  class: fc.constantFrom('demand', 'fund'),
  // Days up to two after today; small numbers of days make restated days likely.
  day: fc.integer({ min: -20, max: 2 }),
  cents: fc.integer({ min: -500, max: 100_000 }),
  currency: fc.constantFrom('CNY', 'CNY', 'USD'),
})

/** The balance of one class at the end of a day: that of the last record until then, a restated one in the place of the first. */
function centsAt(rows: readonly Row[], classOf: string, today: string, date: string): number | undefined {
  let [found, foundDay]: [number | undefined, string] = [undefined, '']
  for (const one of rows) {
    const own = addDays(today, one.day)
    if (one.class === classOf && own <= date && own >= foundDay) [found, foundDay] = [one.cents, own]
  }
  return found
}

function slowBalance(
  all: readonly Row[],
  customer: number,
  of: string,
  stat: string,
  days: number,
  today: string,
): string | undefined {
  const rows = all.filter((one) => one.customer === customer && one.currency === 'CNY')
  const classes = of === 'aum' ? ['demand', 'fund'] : [of]
  const at = (date: string) => classes.reduce((sum, one) => sum + (centsAt(rows, one, today, date) ?? 0), 0)
  if (!classes.some((one) => centsAt(rows, one, today, today) !== undefined)) return undefined
  const span = (length: number) => Array.from({ length }, (_, index) => at(addDays(today, -index)))
  const money = (cents: number) => decimalText(BigInt(cents), 2)
  const mean = (length: number) =>
    String(span(length).reduce((sum, cents) => sum + cents, 0) / (100 * length) || 0)
  const [last, before] = [at(today), at(addDays(today, -days))]
  const stats: Record<string, () => string | undefined> = {
    last: () => money(last),
    average: () => mean(days),
    monthAverage: () => mean(Number(today.slice(8))),
    min: () => money(Math.min(...span(days))),
    max: () => money(Math.max(...span(days))),
    change: () => money(last - before),
    changeRate: () => (before === 0 ? undefined : String((last - before) / Math.abs(before) || 0)),
  }
  return stats[stat]?.()
}

const stats = ['last', 'average', 'monthAverage', 'min', 'max', 'change', 'changeRate'] as const

test('balances by day, as the slow version goes through them', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 40 }),
      fc.constantFrom('Asia/Shanghai', 'UTC', 'America/New_York'),
      fc.integer({ min: 1, max: 15 }),
      fc.constantFrom('aum', 'demand', 'fund'),
      async (rows, timeZone, days, of) => {
        bank.setTime({ now, timeZone })
        const today = dateIn(now.getTime(), timeZone)
        await bank.ch.command({ kind: 'sql', text: ['TRUNCATE TABLE balance'], values: [] })
        if (rows.length > 0) {
          await bank.ch.insertRows(
            'balance',
            rows.map((one, index) => ({
              customer_id: one.customer,
              class: one.class,
              business_date: addDays(today, one.day),
              currency: one.currency,
              amount: (one.cents / 100).toFixed(2),
              received_at: '2026-03-10 00:00:00.000',
              ver: index,
            })),
          )
        }
        for (const stat of stats) {
          const needsDays = stat !== 'last' && stat !== 'monthAverage'
          const found = await bank.values({ balance: of, stat, ...(needsDays ? { days } : {}) }, 'number')
          const expected = [1, 2, 3, 4, 5, 6].flatMap((customer) => {
            const value = slowBalance(rows, customer, of, stat, days, today)
            return value === undefined ? [] : [[customer, value]]
          })
          expect(found, stat).toEqual(expected)
        }
      },
    ),
    { numRuns: 8 },
  )
})

const holdings = [
  [1, 'A', 'W01', 'wealth', '100.10', '2026-01-01', null, { matures_on: '2026-03-11' }],
  [1, 'B', 'W02', 'wealth', '0.20', null, '2026-03-11', { matures_on: '2026-03-12' }],
  [1, 'C', 'D01', 'time_deposit', '5', '2026-03-12', null, { matures_on: '2026-03-20' }],
  [2, 'D', 'W01', 'wealth', null, null, '2026-03-12', { matures_on: '2026-03-31' }],
  [2, 'E', 'D01', 'time_deposit', '7', null, null, { matures_on: '2026-02-30' }],
  [2, 'F', 'D02', 'time_deposit', '8.5', null, null, { matures_on: '2026-03-10' }],
  [3, 'G', 'D02', 'time_deposit', '9', null, '2026-01-01', {}],
] as const

test('holdings open today, and those that mature ahead', async () => {
  bank.setTime({ now, timeZone: 'Asia/Shanghai' })
  await bank.addCustomers([1, 2, 3, 4])
  await bank.ch.insertRows(
    'holding',
    holdings.map(
      ([customer_id, holding_no, product_code, family, amount, opened_on, closed_on, attributes]) => ({
        ...{ customer_id, holding_no, product_code, family, amount, opened_on, closed_on, attributes },
        ...{ currency: holding_no === 'F' ? 'USD' : 'CNY', ver: 1, is_deleted: 0 },
      }),
    ),
  )
  const of = (
    stat: 'count' | 'amount' | 'has' | 'maturing' | 'nextMaturity',
    holding: object,
    days?: number,
  ) =>
    bank.values(
      { holding, stat, ...(days === undefined ? {} : { days }) },
      stat === 'has' ? 'bool' : stat === 'nextMaturity' ? 'date' : 'number',
    )
  // Today is 11 March in Shanghai: B closed today, C opens tomorrow.
  expect(await of('count', {})).toEqual([
    [1, '1'],
    [2, '3'],
  ])
  expect(await of('count', { family: 'time_deposit', product: 'D02' })).toEqual([[2, '1']])
  expect(await of('amount', {})).toEqual([
    [1, '100.1'],
    [2, '7'],
  ])
  expect(await of('has', { family: 'wealth' })).toEqual([
    [1, 'true'],
    [2, 'true'],
    [3, 'false'],
    [4, 'false'],
  ])
  expect(await of('maturing', {}, 20)).toEqual([
    [1, '1'],
    [2, '1'],
  ])
  expect(await of('maturing', {}, 19)).toEqual([[1, '1']])
  expect(await of('nextMaturity', {})).toEqual([
    [1, '2026-03-11'],
    [2, '2026-03-31'],
  ])
  expect(await bank.values({ holding: {}, stat: 'has' }, 'bool', { among: bank.ids([2, 4]) })).toEqual([
    [2, 'true'],
    [4, 'false'],
  ])
})
