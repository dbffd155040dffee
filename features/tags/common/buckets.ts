/** Bounds of a picture of a distribution: half-open buckets, the last one closed; at most `mostBuckets` of them. */
export const mostBuckets = 20

const tidy = (value: number): number => Number(value.toPrecision(12))

/** The n-th number of … 1, 2, 5, 10, 20, 50 … */
const roundStep = (index: number): number =>
  tidy(([1, 2, 5][((index % 3) + 3) % 3] ?? 1) * 10 ** Math.floor(index / 3))

/** Equal steps of a round number. */
export function linearBounds(least: number, most: number): number[] {
  for (
    let index = 3 * Math.floor(Math.log10(Math.max((most - least) / mostBuckets, 1e-9))) - 3;
    ;
    index += 1
  ) {
    const step = roundStep(index)
    const first = Math.floor(least / step)
    const last = Math.max(Math.ceil(most / step), first + 1)
    if (last - first <= mostBuckets) {
      return Array.from({ length: last - first + 1 }, (_, at) => tidy((first + at) * step))
    }
  }
}

/** Steps that grow, for amounts of which most are small and few are very large: 0, then round numbers. */
export function growingBounds(least: number, most: number): number[] {
  const perDecade = (stride: number): number[] => {
    const top: number[] = []
    let index = 3 * Math.ceil(Math.log10(most))
    while (roundStep(index - stride) >= most) index -= stride
    for (
      ;
      top.length < mostBuckets && roundStep(index) > least && roundStep(index) > most / 1e7;
      index -= stride
    ) {
      top.unshift(roundStep(index))
    }
    return least < (top[0] ?? 0)
      ? [least < 1 ? Math.min(0, Math.floor(least)) : tidy(Math.floor(least)), ...top]
      : top
  }
  const fine = perDecade(1)
  return fine.length <= mostBuckets + 1 ? fine : perDecade(3)
}

/** Bounds for numbers from their extremes and the 5 % and 95 % quantiles. */
export function numberBounds(spread: { least: number; most: number; low: number; high: number }): number[] {
  const { least, most, low, high } = spread
  const isLongTailed = least >= 0 && most - least > 10 * Math.max(high - low, Number.EPSILON)
  return isLongTailed ? growingBounds(least, most) : linearBounds(least, most)
}

const dayMs = 86_400_000
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Bounds for dates: days, weeks, months, quarters, or round numbers of years. */
export function dateBounds(least: string, most: string): string[] {
  const days = Math.round((Date.parse(most) - Date.parse(least)) / dayMs) + 1
  for (const step of [1, 7]) {
    if (days <= step * mostBuckets) {
      const buckets = Math.ceil(days / step)
      return Array.from({ length: buckets + 1 }, (_, at) => text(Date.parse(least) + at * step * dayMs))
    }
  }
  const months = (date: string) => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1
  for (let at = 0; ; at += 1) {
    const step = [1, 3, 12, 24, 60, 120, 240][at] ?? 1200 * (at - 6)
    const first = Math.floor(months(least) / step)
    const buckets = Math.floor(months(most) / step) - first + 1
    if (buckets <= mostBuckets) {
      return Array.from({ length: buckets + 1 }, (_, index) => {
        const month = (first + index) * step
        return text(Date.UTC(Math.floor(month / 12), month % 12, 1))
      })
    }
  }
}
