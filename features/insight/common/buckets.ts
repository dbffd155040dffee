import { addDays, dateIn, type Span, startOfDate } from '#features/rules/common/bank-time.ts'

export const bucketSizes = ['hour', 'day', 'week', 'month'] as const
export type BucketSize = (typeof bucketSizes)[number]

const hourMs = 3_600_000

/** The first day of the week (Monday) or month a date lies in. */
function startDate(date: string, size: BucketSize): string {
  if (size === 'month') return `${date.slice(0, 7)}-01`
  if (size !== 'week') return date
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7
  return addDays(date, -weekday)
}

const nextDate = (date: string, size: BucketSize): string => {
  if (size === 'week') return addDays(date, 7)
  return size === 'month' ? `${addDays(`${date.slice(0, 7)}-28`, 4).slice(0, 7)}-01` : addDays(date, 1)
}

/** When the hour, day, week or month of the bank's calendar began in which a moment lies. */
export function startOfBucket(ms: number, size: BucketSize, timeZone: string): number {
  const date = startDate(dateIn(ms, timeZone), size)
  const start = startOfDate(date, timeZone)
  return size === 'hour' ? start + Math.floor((ms - start) / hourMs) * hourMs : start
}

/** The beginnings of all buckets that touch a span, in order, at most `most + 1` of them. */
export function bucketStarts(span: Span, size: BucketSize, timeZone: string, most: number): number[] {
  const starts: number[] = []
  for (let ms = startOfBucket(span.fromMs, size, timeZone); ms < span.toMs && starts.length <= most; ) {
    starts.push(ms)
    const date = dateIn(ms, timeZone)
    const nextDay = startOfDate(nextDate(startDate(date, size), size), timeZone)
    ms = size === 'hour' ? Math.min(ms + hourMs, nextDay) : nextDay
  }
  return starts
}

/** The span before another of the same length; whole days stay whole days whatever the clock did in between. */
export function spanBefore(span: Span, timeZone: string): Span {
  const [from, to] = [dateIn(span.fromMs, timeZone), dateIn(span.toMs, timeZone)]
  if (startOfDate(from, timeZone) === span.fromMs && startOfDate(to, timeZone) === span.toMs) {
    const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
    return { fromMs: startOfDate(addDays(from, -days), timeZone), toMs: span.fromMs }
  }
  return { fromMs: 2 * span.fromMs - span.toMs, toMs: span.fromMs }
}
