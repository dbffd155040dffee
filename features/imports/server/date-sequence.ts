import { monthOf, weekdayOf } from '#features/imports/common/parse-date.ts'
import { RejectedRow } from '#features/imports/common/reject.ts'
import type { ReadValue, Row } from '#features/imports/server/compile-expression.ts'

type Moment = { year: number; month: number; day: number }

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
const weekdayAt = ({ year, month, day }: Moment): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay()

/** The next such weekday, that day included; past the month's end, its last one. */
function toWeekday(from: Moment, weekday: number): Moment {
  const day = from.day + ((weekday - weekdayAt(from) + 7) % 7)
  return { ...from, day: day > daysOf(from.year, from.month) ? day - 7 : day }
}

/** Where the row after this one stands: a smaller month is one of the next year, a new month begins on its first. */
function advance(last: Moment, month: number, weekday: number | undefined): Moment {
  const year = month < last.month ? last.year + 1 : last.year
  const from = { year, month, day: month === last.month ? last.day : 1 }
  return weekday === undefined ? from : toWeekday(from, weekday)
}

const pad = (value: number): string => String(value).padStart(2, '0')

/**
 * Dates of rows that stand in time order but name only their month, and maybe the day of the week. Without one the date
 * is the first of the month. Every row is observed, so that a date never depends on where reading began.
 */
export function createDateSequence(options: {
  month: ReadValue
  weekday: ReadValue | undefined
  startsAt: string
  field: string
}): { observe(row: Row): void; read: ReadValue } {
  const { field } = options
  let at: Moment = {
    year: Number(options.startsAt.slice(0, 4)),
    month: Number(options.startsAt.slice(5, 7)),
    day: 1,
  }
  let current: string | RejectedRow | null = null

  function next(row: Row): string | null {
    const monthText = options.month(row)
    const weekdayText = options.weekday?.(row)
    if (monthText === null || weekdayText === null) return null
    const month = monthOf(monthText)
    if (month === undefined) throw new RejectedRow('DATE_INVALID', field, 'not a month')
    const weekday = weekdayText === undefined ? undefined : weekdayOf(weekdayText)
    if (weekdayText !== undefined && weekday === undefined)
      throw new RejectedRow('DATE_INVALID', field, 'not a day of the week')
    at = advance(at, month, weekday)
    return `${at.year}-${pad(at.month)}-${pad(at.day)}`
  }

  return {
    observe(row) {
      try {
        current = next(row)
      } catch (error) {
        if (!(error instanceof RejectedRow)) throw error
        current = error
      }
    },
    read() {
      if (current instanceof RejectedRow) throw current
      return current
    },
  }
}
