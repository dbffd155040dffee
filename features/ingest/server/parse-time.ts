const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i

const formats = new Map<string, Intl.DateTimeFormat>()
const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      },
    })
    formats.set(timeZone, format)
  }
  return format
}

/** How far the zone's clock is ahead of UTC at that moment. */
function offsetMs(moment: number, timeZone: string): number {
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(moment)) part[type] = Number(value)
  const wall = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second)
  return wall - Math.floor(moment / 1000) * 1000
}

/** A clock reading of the zone as an instant; a reading that exists twice or never is taken by the offset before it. */
function fromZone(wall: number, timeZone: string): number {
  const guess = wall - offsetMs(wall, timeZone)
  return wall - offsetMs(guess, timeZone)
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone[0] === '-' ? -minutes : minutes) * 60_000
}

/** Digits from a place on as a number; NaN when one isn't a digit. */
function digitsAt(text: string, start: number, count: number): number {
  let value = 0
  for (let at = start; at < start + count; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** The day looked up last: nearly all events are of one. */
let lastDay = ''
let lastDayMs = 0

/** The form nearly every client sends, 2026-03-01T08:00:00.123Z; undefined when it is another one or wrong. */
function parseUsual(text: string): number | undefined {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 || text.charCodeAt(10) !== 84) return undefined
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58 || text.charCodeAt(19) !== 46) return undefined
  const hour = digitsAt(text, 11, 2)
  const minute = digitsAt(text, 14, 2)
  const second = digitsAt(text, 17, 2)
  const millis = digitsAt(text, 20, 3)
  if (!(hour < 24 && minute < 60 && second < 60 && millis >= 0)) return undefined
  const day = text.slice(0, 10)
  if (day !== lastDay) {
    const dayMs = parseAny(`${day}T00:00:00Z`, 'UTC')
    if (dayMs === undefined) return undefined
    lastDay = day
    lastDayMs = dayMs
  }
  return lastDayMs + ((hour * 60 + minute) * 60 + second) * 1000 + millis
}

/** Milliseconds of an ISO 8601 text; without a zone it is a time of the bank's. Undefined when it isn't one. */
export const parseTime = (text: string, timeZone: string): number | undefined =>
  parseUsual(text) ?? parseAny(text, timeZone)

function parseAny(text: string, timeZone: string): number | undefined {
  const found = pattern.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found
  const numbers = [Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const
  const wall = Date.UTC(Number(year), ...numbers)
  const read = new Date(wall)
  const isReal =
    read.getUTCMonth() === numbers[0] && read.getUTCDate() === numbers[1] && read.getUTCHours() === numbers[2]
  if (!isReal || numbers[3] > 59 || numbers[4] > 59) return undefined
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3))
  return (zone ? wall - zoneOffsetMs(zone) : fromZone(wall, timeZone)) + millis
}
