import { createZone, utcMillis } from '#features/imports/common/local-time.ts'
import { createDateParser } from '#features/imports/common/parse-date.ts'
import { createNumberParser } from '#features/imports/common/parse-number.ts'
import { RejectedRow } from '#features/imports/common/reject.ts'
import type { FullFormat } from '#features/imports/server/read-rows.ts'
import { bankDay } from '#platform/common/bank-day.ts'

export type ValueParsers = ReturnType<typeof createValueParsers>

const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
const mostRemembered = 20_000

/** Files repeat few days over many rows: what a text meant is remembered. */
function remember<T>(read: (text: string, field: string) => T): (text: string, field: string) => T {
  const known = new Map<string, T>()
  return (text, field) => {
    let value = known.get(text)
    if (value === undefined) {
      value = read(text, field)
      if (known.size >= mostRemembered) known.clear()
      known.set(text, value)
    }
    return value
  }
}

/** Reads texts by the format of a file; what cannot be read rejects the row. Days without a zone are the bank's. */
export function createValueParsers(format: FullFormat, timeZone: string) {
  const parseDate = createDateParser(format.dateFormats)
  const parseNumber = createNumberParser(format.decimal, format.thousands)
  const zoned = createZone(timeZone)
  const formats = ['YYYY-MM-DD', ...format.dateFormats].join(', ')
  const noDate = (field: string) => new RejectedRow('DATE_INVALID', field, `not a date or time as ${formats}`)

  const day = (text: string, field: string): string => {
    const parsed = parseDate(text)
    if (!parsed) throw noDate(field)
    if ('utcMs' in parsed) {
      if (Number.isNaN(new Date(parsed.utcMs).getTime())) throw noDate(field)
      return bankDay(new Date(parsed.utcMs), timeZone)
    }
    const { calendar } = parsed
    if (utcMillis(calendar) === undefined) throw noDate(field)
    return `${pad(calendar.year, 4)}-${pad(calendar.month)}-${pad(calendar.day)}`
  }
  const time = (text: string, field: string): number => {
    const parsed = parseDate(text)
    const utcMs = parsed && ('utcMs' in parsed ? parsed.utcMs : zoned(parsed.calendar))
    if (utcMs === undefined || Number.isNaN(new Date(utcMs).getTime())) throw noDate(field)
    return utcMs
  }
  return {
    day: remember(day),
    /** Milliseconds since 1970. */
    time: remember(time),
    number(text: string, field: string): string {
      const value = parseNumber(text)
      if (value === undefined)
        throw new RejectedRow(
          'NUMBER_INVALID',
          field,
          `not a number with "${format.decimal}" as decimal sign`,
        )
      return value
    },
  }
}
