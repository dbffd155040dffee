import pg from 'pg'

type TextParser = (text: string) => unknown
type ArrayParser = (text: string) => readonly unknown[]

const oid = {
  int8: 20,
  timestamp: 1114,
  date: 1082,
  numeric: 1700,
  textArray: 1009,
  int8Array: 1016,
  timestampArray: 1115,
  dateArray: 1182,
  numericArray: 1231,
}

const asText: TextParser = (text) => text

/** Counts are numbers; one that a number cannot hold is an error, never a rounded value. */
const asSafeInteger: TextParser = (text) => {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`The bigint ${text} does not fit a number; select it as text.`)
}

const splitArray = pg.types.getTypeParser(oid.textArray) as unknown as ArrayParser

const mapNested = (items: readonly unknown[], parse: TextParser): unknown[] =>
  items.map((item) =>
    Array.isArray(item) ? mapNested(item, parse) : item === null ? null : parse(String(item)),
  )

const arrayOf =
  (parse: TextParser): TextParser =>
  (text) =>
    mapNested(splitArray(text), parse)

const parsers = new Map<number, TextParser>([
  [oid.int8, asSafeInteger],
  [oid.numeric, asText],
  // A day and a time without a zone are no instants, so they never become a Date.
  [oid.date, asText],
  [oid.timestamp, asText],
  [oid.int8Array, arrayOf(asSafeInteger)],
  [oid.numericArray, arrayOf(asText)],
  [oid.dateArray, arrayOf(asText)],
  [oid.timestampArray, arrayOf(asText)],
])

/** How values of each type come back: `bigint` as a safe number, decimals and days as text, instants as `Date`. */
export const postgresTypes = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(type)) || pg.types.getTypeParser(type, format as 'text'),
} as pg.CustomTypesConfig
