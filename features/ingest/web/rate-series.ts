import type { IngestRates } from '../common/ingest.ts'

type Rate = IngestRates['items'][number]

const minuteMs = 60_000

/** The minutes up to `asOf`, oldest first, as ISO text: also those in which nothing came. */
export function minutesUpTo(asOf: string, count: number): string[] {
  const last = Math.floor(Date.parse(asOf) / minuteMs) * minuteMs
  return Array.from({ length: count }, (_, index) =>
    new Date(last - (count - 1 - index) * minuteMs).toISOString(),
  )
}

/** One number per minute, summed over what falls into it. */
export function perMinute(
  minutes: readonly string[],
  rates: readonly Rate[],
  pick: (rate: Rate) => number,
  join: (one: number, other: number) => number = (one, other) => one + other,
): number[] {
  const found = new Map<number, number>()
  for (const rate of rates) {
    const at = Date.parse(rate.at)
    const known = found.get(at)
    found.set(at, known === undefined ? pick(rate) : join(known, pick(rate)))
  }
  return minutes.map((minute) => found.get(Date.parse(minute)) ?? 0)
}

/** The largest sources by what they sent, and all others as one. */
export function largest(rates: readonly Rate[], most: number): { names: string[]; rest: string[] } {
  const sums = new Map<string, number>()
  for (const { source, accepted, rejected } of rates)
    sums.set(source, (sums.get(source) ?? 0) + accepted + rejected)
  const sorted = [...sums].sort((one, other) => other[1] - one[1]).map(([source]) => source)
  return { names: sorted.slice(0, most), rest: sorted.slice(most) }
}
