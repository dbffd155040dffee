/** A moment as a calendar shows it; hours and below are 0 where a text names only the day. */
export type CalendarTime = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
}

/** Milliseconds since 1970 as if the calendar were UTC's; undefined for days and hours that don't exist. */
export function utcMillis(time: CalendarTime): number | undefined {
  if (time.hour > 23 || time.minute > 59 || time.second > 59 || time.year < 1) return undefined
  const moment = new Date(0)
  moment.setUTCFullYear(time.year, time.month - 1, time.day)
  if (moment.getUTCMonth() !== time.month - 1 || moment.getUTCDate() !== time.day) return undefined
  return moment.getTime() + ((time.hour * 60 + time.minute) * 60 + time.second) * 1000 + time.millisecond
}

const formats = new Map<string, Intl.DateTimeFormat>()

function offsetAt(utc: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    formats.set(timeZone, format)
  }
  const name = format.formatToParts(utc).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)
  return (sign === '-' ? -size : size) * 1000
}

const quarterMs = 900_000

/**
 * Reads calendar times of a zone; remembers the zone's offset by quarter of an hour, for rows of a file share their days.
 * An hour that happens twice is its first, an hour that is left out is moved on.
 */
export function createZone(timeZone: string): (time: CalendarTime) => number | undefined {
  const offsets = new Map<number, number>()
  const offsetOf = (utc: number): number => {
    const quarter = Math.floor(utc / quarterMs)
    let offset = offsets.get(quarter)
    if (offset === undefined) {
      if (offsets.size > 100_000) offsets.clear()
      offset = offsetAt(utc, timeZone)
      offsets.set(quarter, offset)
    }
    return offset
  }
  return (time) => {
    const local = utcMillis(time)
    if (local === undefined) return undefined
    // Both guesses agree away from a change of the offset; around one, the earlier moment that shows this time counts.
    const before = offsetOf(local - 86_400_000)
    const after = offsetOf(local + 86_400_000)
    if (before === after) return local - before
    const early = local - Math.max(before, after)
    const late = local - Math.min(before, after)
    if (early + offsetOf(early) === local) return early
    return late + offsetOf(late) === local ? late : local - before
  }
}
