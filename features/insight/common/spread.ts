import type { Spread } from '#features/insight/common/frame.ts'

/** A value and how often it occurs. */
export type Weighted = readonly [value: number, count: number]

const round = (value: number): number => Number(value.toPrecision(12))

/** Bounds of about so many bins of a round width (1, 2 or 5 times a power of ten, whole for `isWhole`). */
export function binBounds(min: number, max: number, bins: number, isWhole: boolean): number[] {
  const rough = Math.max((max - min) / bins, isWhole ? 1 : Number.MIN_VALUE)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999) ?? rough
  const width = isWhole ? Math.max(1, Math.round(step)) : step
  const first = Math.floor(min / width)
  const bounds = [round(first * width)]
  for (let nth = first + 1; (bounds.at(-1) ?? max) <= max; nth += 1) bounds.push(round(nth * width))
  return bounds
}

/** The value at a rank: the smallest that at least this share does not exceed. */
function atRank(sorted: readonly Weighted[], total: number, share: number): number | null {
  const rank = Math.max(1, Math.ceil(total * share))
  let seen = 0
  for (const [value, count] of sorted) {
    seen += count
    if (seen >= rank) return value
  }
  return null
}

/** How weighted values are spread; with `bounds` the bins are theirs, else they are chosen. */
export function spreadOf(
  values: readonly Weighted[],
  options: { resolution: number; isWhole: boolean; bounds?: readonly number[]; bins?: number },
): Spread {
  const sorted = [...values].sort(([one], [other]) => one - other)
  const count = sorted.reduce((sum, [, times]) => sum + times, 0)
  const min = sorted[0]?.[0] ?? null
  const max = sorted.at(-1)?.[0] ?? null
  const total = sorted.reduce((sum, [value, times]) => sum + value * times, 0)
  const bounds =
    options.bounds ??
    (min === null || max === null ? [] : binBounds(min, max, options.bins ?? 20, options.isWhole))
  const bins = bounds.slice(0, -1).map((from, nth) => ({ from, to: bounds[nth + 1] ?? from, count: 0 }))
  let bin = 0
  for (const [value, times] of sorted) {
    while (bin < bins.length - 1 && value >= (bins[bin]?.to ?? 0)) bin += 1
    const found = bins[bin]
    if (found) found.count += times
  }
  const at = (share: number) => atRank(sorted, count, share)
  return {
    ...{ count, min, p25: at(0.25), median: at(0.5), p75: at(0.75), p90: at(0.9), p99: at(0.99), max },
    mean: count === 0 ? null : round(total / count),
    bins,
    resolution: options.resolution,
  }
}
