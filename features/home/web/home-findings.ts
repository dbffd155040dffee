import type { Home } from '../common/home.ts'

type Part<K extends keyof Home> = NonNullable<Home[K]>

const dayOf = (date: string) => date.slice(0, 10)

/** Days from the first to the last point, both counted: points stand only on days something changed. */
export function spanInDays(points: readonly { date: string }[]): number {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return 0
  return Math.round((Date.parse(dayOf(last.date)) - Date.parse(dayOf(first.date))) / 86_400_000) + 1
}

/** All hours of a day, those without events as zero; `labelOf` gives 09:00. */
export function wholeDay(
  hours: Part<'eventsByHour'>,
  labelOf: (hour: string) => string,
): { label: string; count: number }[] {
  const counts = new Map(hours.map(({ hour, count }) => [labelOf(hour), count]))
  return Array.from({ length: 24 }, (_, hour) => {
    const label = `${String(hour).padStart(2, '0')}:00`
    return { label, count: counts.get(label) ?? 0 }
  })
}

/**
 * The mean of whole days, and the weekday (0 is Sunday) that is busiest on average. Today is not over, so it counts for
 * neither; before two whole weeks are there a weekday says nothing.
 */
export function activity(
  days: Part<'activeByDay'>,
  today: string,
): { mean: number | null; busiest: number | null } {
  const whole = days.filter(({ date }) => dayOf(date) < today)
  if (whole.length === 0) return { mean: null, busiest: null }
  const mean = whole.reduce((sum, day) => sum + day.customers, 0) / whole.length
  if (whole.length < 14) return { mean, busiest: null }
  const means = Array.from({ length: 7 }, (_, weekday) => {
    const same = whole.filter(({ date }) => new Date(dayOf(date)).getUTCDay() === weekday)
    return same.reduce((sum, day) => sum + day.customers, 0) / Math.max(1, same.length)
  })
  return { mean, busiest: means.indexOf(Math.max(...means)) }
}
