import type { Within } from '#features/rules/common/rule.ts'

/** Half-open span of instants in milliseconds; an open end is infinite. */
export type Span = { fromMs: number; toMs: number }

/** A date or a date and time, with or without a zone. */
export const bankTimePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/

const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}

/** Instants looked up lately: the windows of hundreds of rules begin and end at the same few midnights. */
const wallClocks = new Map<string, number>()
const mostWallClocks = 1_000

/** The wall clock of a zone at an instant, written as if it were UTC. */
function wallClock(ms: number, timeZone: string): number {
  const key = `${ms} ${timeZone}`
  const known = wallClocks.get(key)
  if (known !== undefined) return known
  if (wallClocks.size >= mostWallClocks) wallClocks.clear()
  const wall = formattedClock(ms, timeZone)
  wallClocks.set(key, wall)
  return wall
}

function formattedClock(ms: number, timeZone: string): number {
  const second = Math.floor(ms / 1000) * 1000
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(second)
      .map((part) => [part.type, part.value]),
  )
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
  const wall = new Date(0)
  wall.setUTCFullYear(number('year'), number('month') - 1, number('day'))
  wall.setUTCHours(number('hour'), number('minute'), number('second'), ms - second)
  return wall.getTime()
}

/** The instant of a wall clock: the earlier one where a clock shows it twice, moved on by the gap where it never does. */
function instantOf(wall: number, timeZone: string): number {
  const before = wallClock(wall - dayMs, timeZone) - (wall - dayMs)
  const after = wallClock(wall + dayMs, timeZone) - (wall + dayMs)
  const candidates = [wall - before, wall - after].filter((ms) => wallClock(ms, timeZone) === wall)
  return candidates.length ? Math.min(...candidates) : wall - before
}

const dateText = (wall: number): string => new Date(wall).toISOString().slice(0, 10)

/** The calendar date at an instant in a zone, as YYYY-MM-DD. */
export const dateIn = (ms: number, timeZone: string): string => dateText(wallClock(ms, timeZone))

/** The date so many days after another. */
export const addDays = (date: string, days: number): string => dateText(Date.parse(date) + days * dayMs)

/** The instant a date begins in a zone. */
export const startOfDate = (date: string, timeZone: string): number => instantOf(Date.parse(date), timeZone)

/** Reads a date or a time; without a zone it is the bank's. */
export function readBankTime(text: string, timeZone: string): number {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] =
    bankTimePattern.exec(text) ?? []
  const ms = fraction.padEnd(3, '0').slice(0, 3)
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
  if (!zone) return instantOf(wall, timeZone)
  if (zone === 'Z') return wall
  const sign = zone.startsWith('-') ? -1 : 1
  return wall - sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000
}

/**
 * The instants a `within` takes in. `days` are whole calendar days of the bank, today (to its end) and those before;
 * `hours` and `minutes` run from exactly that long ago to now, both ends included; `from`–`to` is half-open.
 */
export function spanOf(within: Within | undefined, now: Date, timeZone: string): Span {
  if (!within) return { fromMs: -Infinity, toMs: Infinity }
  const nowMs = now.getTime()
  if ('days' in within) {
    const today = dateIn(nowMs, timeZone)
    return {
      fromMs: startOfDate(addDays(today, 1 - within.days), timeZone),
      toMs: startOfDate(addDays(today, 1), timeZone),
    }
  }
  if ('hours' in within) return { fromMs: nowMs - Math.round(within.hours * 3_600_000), toMs: nowMs + 1 }
  if ('minutes' in within) return { fromMs: nowMs - Math.round(within.minutes * 60_000), toMs: nowMs + 1 }
  return {
    fromMs: within.from === undefined ? -Infinity : readBankTime(within.from, timeZone),
    toMs: within.to === undefined ? Infinity : readBankTime(within.to, timeZone),
  }
}
