import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import type { Problem } from '#features/ingest/common/ingest-errors.ts'
import { parseTime } from '#features/ingest/server/parse-time.ts'

export type TimeOptions = {
  nowMs: number
  timeZone: string
  /** The client's clock when it sent the batch, as it says. */
  sentAt?: unknown
  /** Events that happened before are refused; none when left out. */
  oldestMs?: number | undefined
}

/**
 * When something happened, by the client's clock, which is the same on every retry, and by ours. A clock more than a day
 * off says nothing a partition could be chosen by: then only our time is given, and its first receipt counts.
 */
export type MessageTime = { clientAtMs: number | undefined; occurredAtMs: number | undefined }

const earliestMs = Date.UTC(1990, 0, 1)
/** Clocks that lost their battery start at 1970, some at 2100; the warehouse holds both. */
const earliestClientMs = Date.UTC(1969, 11, 30)
const latestClientMs = Date.UTC(2105, 0, 1)
const dayMs = 86_400_000
/** What a slow network takes is no wrong clock. */
const toleratedMs = 10_000

const refuse = (code: Problem['code'], path: string, detail: string): { problem: Problem } => ({
  problem: { code, path, detail },
})

const millisOf = (value: unknown, timeZone: string): number | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  return typeof value === 'string' ? parseTime(value, timeZone) : undefined
}

/** How far our clock is ahead of the client's; 0 where it is right or not told. */
export function skewOf(
  sentAt: unknown,
  { nowMs, timeZone }: Pick<TimeOptions, 'nowMs' | 'timeZone'>,
): number {
  if (sentAt === undefined || sentAt === null) return 0
  const sentMs = millisOf(sentAt, timeZone)
  if (sentMs === undefined || sentMs < earliestClientMs || sentMs > latestClientMs) return 0
  const skew = nowMs - sentMs
  return Math.abs(skew) > toleratedMs ? skew : 0
}

/** Whether an event of that time, by a right clock, is taken. */
export const isTimeTaken = (
  atMs: number,
  { nowMs, oldestMs }: Pick<TimeOptions, 'nowMs' | 'oldestMs'>,
): boolean => atMs >= earliestMs && atMs <= nowMs + dayMs && (oldestMs === undefined || atMs >= oldestMs)

const none: MessageTime = { clientAtMs: undefined, occurredAtMs: undefined }

/** Reads a message's time and corrects it by what the client's clock said when it sent; a problem where that can't be. */
export function readTime(
  message: Record<string, unknown>,
  options: TimeOptions,
): MessageTime | { problem: Problem } {
  const name =
    message.timestamp === undefined || message.timestamp === null ? 'originalTimestamp' : 'timestamp'
  const value = message[name]
  if (value === undefined || value === null) return none
  if (typeof value !== 'string' && typeof value !== 'number')
    return refuse('FIELD_TYPE', name, `${name} must be an ISO 8601 text or milliseconds since 1970`)
  const clientAtMs = millisOf(value, options.timeZone)
  if (clientAtMs === undefined) return refuse('TIMESTAMP_INVALID', name, `${name} is not an ISO 8601 time`)
  const skewMs = skewOf(message.sentAt ?? options.sentAt, options)
  const occurredAtMs = clientAtMs + skewMs
  if (occurredAtMs < earliestMs || occurredAtMs > options.nowMs + dayMs)
    return refuse('TIMESTAMP_OUT_OF_RANGE', name, `${name} is before 1990 or more than a day ahead`)
  if (clientAtMs < earliestClientMs || clientAtMs > latestClientMs)
    return refuse('TIMESTAMP_OUT_OF_RANGE', name, `${name} is before 1970 or after 2104`)
  if (options.oldestMs !== undefined && occurredAtMs < options.oldestMs)
    return refuse('TIMESTAMP_TOO_OLD', name, `${name} is older than events are kept`)
  return { clientAtMs: Math.abs(skewMs) > mostSkewMs ? undefined : clientAtMs, occurredAtMs }
}
