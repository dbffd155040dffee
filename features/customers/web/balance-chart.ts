import type { BalanceSeries } from '../common/customer.ts'

type Point = { date: string; amount: string }

/** Balances change on some days and stay on the others: a value for each day, carried on from the day before. */
export function filled(points: readonly Point[], dates: readonly string[]): (number | null)[] {
  const byDate = new Map(points.map(({ date, amount }) => [date, Number(amount)]))
  const first = points[0]?.date
  let last: number | null = null
  return dates.map((date) => {
    if (first === undefined || date < first) return null
    last = byDate.get(date) ?? last
    return last
  })
}

/** Every day of a series from its first change to its last, so that the axis is true to time. */
export function daysOf(series: BalanceSeries): string[] {
  const all = [series.total, ...series.byClass.map(({ points }) => points)].flat().map(({ date }) => date)
  const [first, ...later] = all.toSorted()
  const last = later.at(-1) ?? first
  if (first === undefined || last === undefined) return []
  const days: string[] = []
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10))
  }
  return days
}

/** The biggest classes each with a series, the small ones together: at most six series in a chart. */
export function mainClasses(series: BalanceSeries, most = 5): { names: string[]; rest: string[] } {
  const size = (points: readonly Point[]) => Math.abs(Number(points.at(-1)?.amount ?? 0))
  const names = [...series.byClass].sort((a, b) => size(b.points) - size(a.points)).map((one) => one.class)
  return names.length <= most + 1
    ? { names, rest: [] }
    : { names: names.slice(0, most), rest: names.slice(most) }
}
