import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { amountText } from '#features/customers/common/amount.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { createVersions } from './customer-facts.ts'
import { openTestCustomers } from './customers-testing.ts'
import { aumByCustomer } from './index.ts'

let t: Awaited<ReturnType<typeof openTestCustomers>>
beforeAll(async () => {
  t = await openTestCustomers()
})
afterAll(() => t?.close())

const customer = async (customerNo: string) => (await t.upsert([{ customerNo }]))[0] ?? 0
const balance = (
  customerId: number,
  cls: string,
  businessDate: string,
  amount: string,
  currency = 'CNY',
) => ({
  customerId,
  class: cls,
  businessDate,
  currency,
  amount,
})

test('AUM is the sum of the latest balance of each class; a restated day replaces, other currencies stay out', async () => {
  const id = await customer('A-1')
  await t.customers.addBalances([
    balance(id, 'deposit', '2026-01-01', '100.10'),
    balance(id, 'deposit', '2026-02-01', '200.20'),
    balance(id, 'fund', '2025-06-01', '0.01'),
    balance(id, 'fund', '2026-03-03', '5000'),
    balance(id, 'deposit', '2026-02-15', '7', 'USD'),
  ])
  await t.customers.addBalances([
    balance(id, 'deposit', '2026-01-01', '1'),
    balance(id, 'deposit', '2026-01-01', '150.15'),
  ])
  expect(await t.customers.aum([id, 999])).toEqual(new Map([[id, '200.21']]))
  expect(await t.customers.aum([id], '2026-01-31')).toEqual(new Map([[id, '150.16']]))
  expect(await t.customers.aum([id], '2025-12-31')).toEqual(new Map([[id, '0.01']]))
  expect(await t.customers.aum([id], '2026-03-03')).toEqual(new Map([[id, '5200.20']]))
  const only = sql`b.customer_id = ${typed('UInt32', id)}`
  expect(await t.ch.query(aumByCustomer('2026-03-03', only, 'USD'))).toEqual([
    { customer_id: id, aum: '7.00' },
  ])
})

test('the series carries each class on, and what was before the first day', async () => {
  const id = await customer('S-1')
  await t.customers.addBalances([
    balance(id, 'fund', '1969-12-31', '-0.50'),
    balance(id, 'deposit', '2026-01-01', '1.25'),
    balance(id, 'fund', '2026-01-01', '2'),
    balance(id, 'deposit', '2026-01-03', '0'),
  ])
  const point = (date: string, amount: string) => ({ date, amount })
  expect(await t.customers.balances(scopeOfEveryone, 'S-1', {})).toEqual({
    currency: 'CNY',
    total: [point('1969-12-31', '-0.50'), point('2026-01-01', '3.25'), point('2026-01-03', '2.00')],
    byClass: [
      { class: 'fund', points: [point('1969-12-31', '-0.50'), point('2026-01-01', '2.00')] },
      { class: 'deposit', points: [point('2026-01-01', '1.25'), point('2026-01-03', '0.00')] },
    ],
  })
  expect(
    (await t.customers.balances(scopeOfEveryone, 'S-1', { from: '2026-01-02', to: '2026-01-02' })).total,
  ).toEqual([point('2026-01-02', '3.25')])
  expect(
    (await t.customers.balances(scopeOfEveryone, 'S-1', { from: '0001-01-01', to: '9999-12-31' })).total,
  ).toHaveLength(3)
})

test('a customer without yuan is shown in the currency there is', async () => {
  const id = await customer('Z-1')
  await t.customers.addBalances([balance(id, 'deposit', '1995-03-24', '1000.5', 'CZK')])
  expect(await t.customers.balances(scopeOfEveryone, 'Z-1', {})).toMatchObject({
    currency: 'CZK',
    total: [{ date: '1995-03-24', amount: '1000.50' }],
  })
})

test('any amount of 18 digits comes back digit by digit', async () => {
  const id = await customer('X-1')
  const minor = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n })
  const amounts = fc.sample(minor, 300).map(amountText)
  await t.customers.addBalances(
    amounts.map((amount, index) => balance(id, `c${index}`, '2026-01-01', amount)),
  )
  const { byClass } = await t.customers.balances(scopeOfEveryone, 'X-1', {})
  const read = new Map(byClass.map((each) => [each.class, each.points[0]?.amount]))
  expect(amounts.map((_, index) => read.get(`c${index}`))).toEqual(amounts)
})

test.each([
  ['1.005', '2026-01-01', 'AMOUNT_INVALID'],
  ['12345678901234567', '2026-01-01', 'AMOUNT_INVALID'],
  ['1', '2026-02-30', 'BUSINESS_DATE_INVALID'],
  ['1', '1899-12-31', 'BUSINESS_DATE_INVALID'],
  ['1', 'today', 'BUSINESS_DATE_INVALID'],
])('a balance of %s on %s is refused, not rounded', async (amount, day, code) => {
  await expect(t.customers.addBalances([balance(1, 'deposit', day, amount)])).rejects.toMatchObject({
    code,
    details: { row: 0 },
  })
})

test('a holding written again replaces; empty amounts and days stay empty', async () => {
  const customerId = await customer('H-1')
  const holding = { customerId, holdingNo: 'L1', productCode: 'LOAN', family: 'loan', currency: 'CNY' }
  await t.customers.addHoldings([{ ...holding, amount: '12345678901234.56', openedOn: '2020-02-29' }])
  await t.customers.addHoldings([
    { ...holding, amount: '12345678901234.57', openedOn: '2020-02-29', attributes: { status: 'A' } },
    { ...holding, holdingNo: 'C1', family: 'card' },
  ])
  expect(await t.customers.holdings(scopeOfEveryone, 'H-1')).toEqual([
    {
      holdingNo: 'C1',
      productCode: 'LOAN',
      family: 'card',
      currency: 'CNY',
      amount: null,
      openedOn: null,
      closedOn: null,
      attributes: {},
    },
    {
      holdingNo: 'L1',
      productCode: 'LOAN',
      family: 'loan',
      currency: 'CNY',
      amount: '12345678901234.57',
      openedOn: '2020-02-29',
      closedOn: null,
      attributes: { status: 'A' },
    },
  ])
})

test('the timeline pages through everything once, newest first, also within one moment', async () => {
  const id = await customer('E-1')
  const bystander = await customer('E-2')
  const moments = ['2026-01-01 00:00:00.000', '2025-12-31 23:59:59.999', '2026-01-01 00:00:00.001']
  for (let nth = 0; nth < 40; nth += 1) {
    const at = moments[nth % 3] ?? ''
    await t.insertEvent(id, `event_${nth % 4}`, at, nth)
    // A retry and another customer's event show nothing more.
    if (nth % 10 === 0) await t.insertEvent(id, `event_${nth % 4}`, at, nth)
    await t.insertEvent(bystander, `event_${nth % 4}`, at, 1000 + nth)
  }
  // Undone: the message was another customer's.
  await t.insertEvent(id, 'event_0', moments[0] ?? '', 500)
  await t.insertEvent(id, 'event_0', moments[0] ?? '', 500, true)
  const seen: { at: string; properties: Record<string, string> }[] = []
  let cursor: string | undefined
  do {
    const page = await t.customers.timeline(scopeOfEveryone, 'E-1', { limit: 7, cursor })
    expect(page.items.length).toBeLessThanOrEqual(7)
    seen.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  expect(seen.map((item) => Number(item.properties.n)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, nth) => nth),
  )
  expect(seen.map((item) => item.at)).toEqual(
    seen
      .map((item) => item.at)
      .sort()
      .reverse(),
  )
  expect(seen[0]?.at).toBe('2026-01-01T00:00:00.001Z')
})

test('versions grow also when the clock stands still or steps back', () => {
  let ms = 1_000
  const next = createVersions({ now: () => new Date(ms) })
  const first = next(3)
  expect(next(1)).toBe(first + 3n)
  ms = 5
  expect(next(1)).toBe(first + 4n)
  ms = 2_000
  expect(next(1)).toBe(2_000n << 20n)
})
