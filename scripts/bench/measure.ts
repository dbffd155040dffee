/** One measure: `ratio` is ours divided by the raw engine's (`of`) in the same run. */
export type Measure = { name: string; value: number; unit: string; ratio?: number; of?: string }

/** How long each timed part runs, and at what share of its full size a benchmark that has one. */
export type BenchOptions = { seconds: number; scale?: number }

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits))

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
