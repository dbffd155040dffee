import { readAmount } from '#features/rules/common/canonical.ts'
import type { CreditModel } from '#features/value/common/value.ts'

/** An event as the slow twins read it. */
export type Happened = {
  name: string
  customerId: number
  nth: number
  at: number
  props: Record<string, string>
}
export type Stood = { customerId: number; klass: string; date: string; amount: string }

const dayMs = 86_400_000
/** The bank's day (UTC+8, no summer time) of an instant, and back. */
export const dayOf = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10)
const number = (day: string): number => Date.parse(day) / dayMs

/** Shares of a whole by the text-book weights of a model, as floats. */
function weights(model: CreditModel, ats: readonly number[], at: number, halfLifeMs: number): number[] {
  const n = ats.length
  const middle = n > 2 ? 0.2 / (n - 2) : 0
  const of: Record<CreditModel, (i: number) => number> = {
    first: (i) => (i === 0 ? 1 : 0),
    last: (i) => (i === n - 1 ? 1 : 0),
    linear: () => 1 / n,
    position: (i) => (n === 1 ? 1 : n === 2 ? 0.5 : i === 0 || i === n - 1 ? 0.4 : middle),
    decay: (i) => 0.5 ** ((at - (ats[i] ?? 0)) / halfLifeMs),
  }
  const raw = ats.map((_, i) => of[model](i))
  const sum = raw.reduce((total, one) => total + one, 0)
  return raw.map((one) => one / sum)
}

/** Credit by item and model, told slowly. */
export function slowAttribution(
  events: readonly Happened[],
  ask: {
    from: number
    to: number
    windowMs: number
    halfLifeMs: number
    amount: boolean
    once: boolean
    model: CreditModel
  },
) {
  const credit = new Map<string, number>()
  const give = (item: string, worth: number) => credit.set(item, (credit.get(item) ?? 0) + worth)
  let total = 0
  for (const customerId of new Set(events.map((event) => event.customerId))) {
    const own = events.filter((event) => event.customerId === customerId)
    const order = (one: Happened, other: Happened) => one.at - other.at || one.nth - other.nth
    const buys = own.filter(({ name, at }) => name === 'buy' && at >= ask.from && at < ask.to).sort(order)
    for (const buy of ask.once ? buys.slice(0, 1) : buys) {
      const worth = ask.amount ? Number(readAmount(buy.props.amount ?? '')) / 1e9 : 1
      const touches = own
        .filter(({ name, at }) => name === 'touch' && at <= buy.at && at >= buy.at - ask.windowMs)
        .sort(order)
      total += worth
      if (touches.length === 0) give('!', worth)
      const shares = weights(
        ask.model,
        touches.map(({ at }) => at),
        buy.at,
        ask.halfLifeMs,
      )
      touches.forEach((touch, i) => {
        give(touch.props.channel === undefined ? '-' : `v${touch.props.channel}`, worth * (shares[i] ?? 0))
      })
    }
  }
  return { credit, total }
}

/** A customer's balance of each class at the end of a day, in cents; undefined before the first row of any. */
export function slowBalance(
  rows: readonly Stood[],
  customerId: number,
  day: string,
): Map<string, bigint> | undefined {
  const found = new Map<string, { date: string; amount: bigint }>()
  for (const row of rows) {
    if (row.customerId !== customerId || row.date > day) continue
    if ((found.get(row.klass)?.date ?? '') <= row.date)
      found.set(row.klass, { date: row.date, amount: readAmount(row.amount) / 10_000_000n })
  }
  return found.size === 0 ? undefined : new Map([...found].map(([klass, { amount }]) => [klass, amount]))
}

export const slowAum = (rows: readonly Stood[], customerId: number, day: string): bigint =>
  [...(slowBalance(rows, customerId, day)?.values() ?? [])].reduce((sum, one) => sum + one, 0n)

const days = (last: string, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => new Date((number(last) - nth) * dayMs).toISOString().slice(0, 10))

/** The tier of the average of thirty days: the sum is compared, nothing is divided. */
export function slowTier(rows: readonly Stood[], customerId: number, day: string): string {
  const sum = days(day, 30).reduce((total, one) => total + slowAum(rows, customerId, one), 0n)
  const from = [0, 1_000, 50_000, 200_000, 500_000, 1_000_000, 6_000_000]
  const tier = from.findLastIndex((yuan) => sum >= BigInt(yuan) * 100n * 30n)
  return `T${Math.max(0, tier)}`
}

/** Where a customer's money was at two dates. */
export function slowFlow(
  rows: readonly Stood[],
  customerId: number,
  from: string,
  to: string,
): string | undefined {
  const closing = slowBalance(rows, customerId, to)
  if (!closing) return undefined
  const opened = slowBalance(rows, customerId, from) ? slowTier(rows, customerId, from) : 'new'
  const isClosed = [...closing.values()].every((amount) => amount === 0n)
  return `${opened} ${isClosed ? 'closed' : slowTier(rows, customerId, to)}`
}

/** Cumulative worth by cohort and age, in months, in 10^-9. */
export function slowLtv(
  events: readonly Happened[],
  rows: readonly Stood[],
  ask: { from: number; to: number; now: number; ratePercent?: number; ages: number },
) {
  const month = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
  const cohorts = new Map<string, { customers: number; worth: number[] }>()
  for (const customerId of new Set(events.map((event) => event.customerId))) {
    const own = events.filter((event) => event.customerId === customerId && event.at <= ask.now)
    const start = Math.min(...own.filter(({ name }) => name === 'touch').map(({ at }) => at))
    if (!Number.isFinite(start) || start < ask.from || start >= ask.to) continue
    const cohort = `${dayOf(start).slice(0, 7)}-01`
    const found = cohorts.get(cohort) ?? { customers: 0, worth: new Array<number>(ask.ages).fill(0) }
    found.customers += 1
    cohorts.set(cohort, found)
    const add = (day: string, worth: number) => {
      for (let age = month(day) - month(cohort); age < ask.ages; age += 1)
        found.worth[age] = (found.worth[age] ?? 0) + worth
    }
    if (ask.ratePercent === undefined) {
      for (const buy of own)
        if (buy.name === 'buy' && buy.at >= start)
          add(dayOf(buy.at), Number(readAmount(buy.props.amount ?? '')) / 1e9)
      continue
    }
    for (let day = number(dayOf(start)); day <= number(dayOf(ask.now)); day += 1) {
      const text = new Date(day * dayMs).toISOString().slice(0, 10)
      add(text, (Number(slowAum(rows, customerId, text)) / 100) * (ask.ratePercent / 100 / 365))
    }
  }
  return cohorts
}

/** Groups as the words say: one plus five times the share strictly below. */
export const slowGroups = (values: readonly number[]): number[] =>
  values.map((value) => 1 + Math.floor((5 * values.filter((other) => other < value).length) / values.length))
