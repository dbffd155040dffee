/** An estimate with its limits, as numbers. */
export type Interval = { value: number; low: number; high: number }

/** The span that shows all intervals and zero, with a little room, so that pictures below each other compare. */
export function spanOf(intervals: readonly Interval[]): { from: number; to: number } {
  const from = Math.min(0, ...intervals.map(({ low }) => low))
  const to = Math.max(0, ...intervals.map(({ high }) => high))
  const room = (to - from) * 0.06 || 1
  return { from: from - room, to: to + room }
}

/** Where a value stands in a span, from 0 to 100. */
export const placeIn = (span: { from: number; to: number }, value: number): number =>
  ((value - span.from) / (span.to - span.from)) * 100

/** Which side of zero an interval lies on; both sides is unsure. */
export function certaintyOf({ low, high }: Interval): 'more' | 'less' | 'unsure' {
  if (low > 0) return 'more'
  return high < 0 ? 'less' : 'unsure'
}

/** A number with its sign, also plus: differences are read by it. */
export const signed = (value: number, text: (value: number) => string): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${text(Math.abs(value))}`
