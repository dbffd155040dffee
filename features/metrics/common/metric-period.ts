import { addDays } from '#features/rules/common/bank-time.ts'

export const grains = ['day', 'week', 'month'] as const
export type Grain = (typeof grains)[number]

/** A stretch of whole bank days, both included. */
export type Period = { first: string; last: string }

const at = (date: string) => new Date(`${date}T00:00:00Z`)

/** The first day of the period a date lies in; weeks begin on Monday. */
export function periodStart(date: string, grain: Grain): string {
  if (grain === 'day') return date
  if (grain === 'month') return `${date.slice(0, 8)}01`
  return addDays(date, -((at(date).getUTCDay() + 6) % 7))
}

/** The last day of the period that begins on a date. */
function periodEnd(first: string, grain: Grain): string {
  if (grain === 'day') return first
  if (grain === 'week') return addDays(first, 6)
  const next = at(first)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return addDays(next.toISOString().slice(0, 10), -1)
}

/** The period a date lies in. */
export function periodOf(date: string, grain: Grain): Period {
  const first = periodStart(date, grain)
  return { first, last: periodEnd(first, grain) }
}

/** The period before the one that begins on a date. */
export const periodBefore = (first: string, grain: Grain): Period => periodOf(addDays(first, -1), grain)

/** All periods with a day between two dates, in order; at most `most` of them, the latest. */
export function periodsBetween(from: string, to: string, grain: Grain, most: number): Period[] {
  const periods: Period[] = []
  for (
    let period = periodOf(to, grain);
    period.last >= from && periods.length < most;
    period = periodBefore(period.first, grain)
  ) {
    periods.unshift(period)
  }
  return periods
}

/** Days from one date to another, both included. */
export const daysIn = ({ first, last }: Period): number =>
  Math.round((at(last).getTime() - at(first).getTime()) / 86_400_000) + 1
