import type { CalendarTime } from '#features/imports/common/local-time.ts'

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond'

const tokens: readonly [string, Part, string][] = [
  ['YYYY', 'year', '(\\d{4})'],
  ['MMM', 'month', '([A-Za-z]{3})'],
  ['SSS', 'millisecond', '(\\d{3})'],
  ['MM', 'month', '(\\d{2})'],
  ['DD', 'day', '(\\d{2})'],
  ['HH', 'hour', '(\\d{2})'],
  ['mm', 'minute', '(\\d{2})'],
  ['ss', 'second', '(\\d{2})'],
  ['M', 'month', '(\\d{1,2})'],
  ['D', 'day', '(\\d{1,2})'],
  ['H', 'hour', '(\\d{1,2})'],
]

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** A month from 1 to 12, by its number or English name; undefined for anything else. */
export function monthOf(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text)
    return number >= 1 && number <= 12 ? number : undefined
  }
  const index = text.length >= 3 ? months.indexOf(text.slice(0, 3).toLowerCase()) : -1
  return index < 0 ? undefined : index + 1
}

/** A day of the week from 0 (Sunday) to 6 by its English name. */
export function weekdayOf(text: string): number | undefined {
  const index = text.length >= 3 ? weekdays.indexOf(text.slice(0, 3).toLowerCase()) : -1
  return index < 0 ? undefined : index
}

/** What a text says: a time of a calendar whose zone is not named, or a moment. */
export type ParsedTime = { calendar: CalendarTime } | { utcMs: number } | undefined
export type DateParser = (text: string) => ParsedTime

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/

function parseIso(text: string): ParsedTime {
  const found = isoPattern.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = found
  const calendar = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    millisecond: Number((fraction ?? '').slice(0, 3).padEnd(3, '0')),
  }
  if (!zone) return { calendar }
  const utcMs = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}.${String(calendar.millisecond).padStart(3, '0')}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`,
  )
  return Number.isNaN(utcMs) ? undefined : { utcMs }
}

const parseEpoch =
  (unitMs: number): DateParser =>
  (text) =>
    /^-?\d{1,14}$/.test(text) ? { utcMs: Number(text) * unitMs } : undefined

/** Compiles one format; undefined when it names no year, month and day. */
export function compileDateFormat(format: string): DateParser | undefined {
  if (format === 'epochSeconds') return parseEpoch(1000)
  if (format === 'epochMillis') return parseEpoch(1)
  const parts: Part[] = []
  let pattern = ''
  for (let at = 0; at < format.length; ) {
    const token = tokens.find(([name]) => format.startsWith(name, at))
    if (token) {
      parts.push(token[1])
      pattern += token[2]
      at += token[0].length
    } else {
      pattern += (format[at] ?? '').replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
      at += 1
    }
  }
  if (!(['year', 'month', 'day'] as const).every((part) => parts.includes(part))) return undefined
  const expression = new RegExp(`^${pattern}$`)
  return (text) => {
    const found = expression.exec(text)
    if (!found) return undefined
    const calendar: CalendarTime = {
      year: 0,
      month: 0,
      day: 0,
      hour: 0,
      minute: 0,
      second: 0,
      millisecond: 0,
    }
    parts.forEach((part, index) => {
      const piece = found[index + 1] ?? ''
      calendar[part] = part === 'month' ? (monthOf(piece) ?? 0) : Number(piece)
    })
    return { calendar }
  }
}

/** Tries ISO 8601, then the formats in order. */
export function createDateParser(formats: readonly string[]): DateParser {
  const parsers = [parseIso, ...formats.map(compileDateFormat).filter((parser) => parser !== undefined)]
  return (text) => {
    for (const parse of parsers) {
      const found = parse(text)
      if (found) return found
    }
    return undefined
  }
}
