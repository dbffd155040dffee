import { numberOf } from '#features/rules/server/index.ts'
import type { Tag } from '#features/tags/common/tag.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** A number as JavaScript writes it. */
export const numberText = (number: Sql): Sql =>
  sql`replaceRegexpOne(if(${number} = 0, '0', toString(${number})), 'e([0-9])', 'e+\\\\1')`

/** A sum of amounts without trailing zeros. */
export const amountText = (amount: Sql): Sql =>
  sql`replaceRegexpOne(toDecimalString(${amount}, 9), '[.]?0+$', '')`

const yes = ['true', 'yes', 'y', 't', 'on', '1', '是']
const no = ['false', 'no', 'n', 'f', 'off', '0', '否']

const boolText = (text: Sql): Sql => sql`multiIf(
  lower(${text}) IN ${typed('Array(String)', yes)}, 'true', lower(${text}) IN ${typed('Array(String)', no)}, 'false', NULL)`

/** The bank's calendar date at an instant, as text. */
export const dayText = (instant: Sql, timeZone: string): Sql =>
  sql`toString(toDate32(${instant}, ${typed('String', timeZone)}))`

const day = sql`'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'`
const localTime = sql`'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?$'`
const zonedTime = sql`'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})$'`

/** A date of the calendar as it stands, or NULL: the engine would read 30 February as 2 March. */
const existing = (date: Sql): Sql => sql`if(toString(toDate32OrNull(${date})) = ${date}, ${date}, NULL)`

/** Dates and times without a zone are the bank's; a time with one falls on the bank's day. */
const dateText = (text: Sql, timeZone: string): Sql => sql`multiIf(
  match(${text}, ${day}), ${existing(text)},
  match(${text}, ${localTime}), ${existing(sql`substring(${text}, 1, 10)`)},
  match(${text}, ${zonedTime}), ${dayText(sql`parseDateTime64BestEffortOrNull(${text}, 3, 'UTC')`, timeZone)},
  NULL)`

/** A text as a value of the type, NULL where it is none. The text must not be NULL itself. */
export const textAsType = (type: Tag['type'], text: Sql, timeZone: string): Sql => {
  const readers: { readonly [T in Tag['type']]: () => Sql } = {
    bool: () => boolText(text),
    enum: () => sql`toNullable(${text})`,
    number: () => numberText(numberOf(text)),
    date: () => dateText(text, timeZone),
  }
  return readers[type]()
}
