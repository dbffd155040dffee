import type { RejectCode } from '#features/imports/common/reject.ts'

/** One row as it stands in the file. */
export type CsvRecord = {
  /** Line of the file on which it begins, from 1. */
  line: number
  fields: string[]
  raw: string
  /** The row cannot be read; `fields` is empty. */
  problem?: Extract<RejectCode, 'QUOTE_BROKEN' | 'ROW_TOO_LONG' | 'NUL_CHARACTER' | 'TEXT_UNDECODABLE'>
}

export type CsvFormat = { delimiter: string; quote: string | null; longestRow: number }

const newline = '\n'
const newlineCode = 10
const carriageReturn = 13
/** So much of a row that is far too long is kept for its reject. */
const keptOfLongRow = 1000

/** What reading one quoted row gave: the row and where the next begins, nothing yet, or a broken quote. */
type Quoted = { fields: string[]; end: number; next: number } | 'incomplete' | { brokenAt: number }

/** The end of a quoted field: its text and the place after the closing quote; undefined when that is not there yet. */
function readQuoted(
  text: string,
  start: number,
  quote: string,
  isLast: boolean,
): { value: string; after: number } | undefined {
  let value = ''
  let from = start
  for (;;) {
    const at = text.indexOf(quote, from)
    if (at < 0) return undefined
    // Whether the quote at the very end of what is there closes or is doubled, only the next text tells.
    if (at + 1 === text.length && !isLast) return undefined
    if (text[at + 1] !== quote) return { value: value + text.slice(from, at), after: at + 1 }
    value += text.slice(from, at + 1)
    from = at + 2
  }
}

/** Where an unquoted field ends: at a delimiter, a line break or the end of the text. */
function endOfPlainField(text: string, start: number, delimiterCode: number): number {
  let at = start
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === delimiterCode || code === newlineCode) break
  }
  return at
}

const isReturnBefore = (text: string, start: number, end: number): boolean =>
  end > start &&
  text.charCodeAt(end - 1) === carriageReturn &&
  (end === text.length || text.charCodeAt(end) === newlineCode)

function readQuotedRow(
  text: string,
  start: number,
  format: { delimiter: string; quote: string },
  isLast: boolean,
): Quoted {
  const delimiterCode = format.delimiter.charCodeAt(0)
  const quoteCode = format.quote.charCodeAt(0)
  const fields: string[] = []
  let at = start
  for (;;) {
    if (text.charCodeAt(at) === quoteCode) {
      const read = readQuoted(text, at + 1, format.quote, isLast)
      if (!read) return 'incomplete'
      fields.push(read.value)
      at = read.after
    } else {
      const end = endOfPlainField(text, at, delimiterCode)
      fields.push(text.slice(at, isReturnBefore(text, at, end) ? end - 1 : end))
      at = end
    }
    if (at >= text.length && !isLast) return 'incomplete'
    const code = text.charCodeAt(at)
    if (code === delimiterCode) at += 1
    else if (code === newlineCode)
      return { fields, end: isReturnBefore(text, start, at) ? at - 1 : at, next: at + 1 }
    else if (at >= text.length) return { fields, end: at, next: at }
    else if (code !== carriageReturn || !(at + 1 === text.length || text.charCodeAt(at + 1) === newlineCode))
      return { brokenAt: at }
    else if (at + 1 === text.length && !isLast) return 'incomplete'
    else return { fields, end: at, next: Math.min(at + 2, text.length) }
  }
}

const countLines = (text: string, from: number, to: number): number => {
  let count = 0
  for (let at = text.indexOf(newline, from); at >= 0 && at < to; at = text.indexOf(newline, at + 1))
    count += 1
  return count
}

export type CsvSplitter = ReturnType<typeof createCsvSplitter>

/**
 * Splits text that comes in pieces into rows. A row that cannot be read costs itself only: after a broken or endless
 * quote reading goes on with the next line. (csv-parse was measured on the UCI file: 60,000 rows a CPU second, this 300,000.)
 */
export function createCsvSplitter(format: CsvFormat) {
  const { delimiter, quote, longestRow } = format
  let rest = ''
  let line = 1
  let blankLines = 0
  let isSkipping = false
  // Rare characters are looked for once a piece of text, not once a row.
  let mayHaveNul = false
  let mayHaveBroken = false

  function record(fields: string[], raw: string, problem?: CsvRecord['problem']): CsvRecord {
    if (problem) return { line, fields: [], raw, problem }
    if (mayHaveNul && raw.includes('\0')) return { line, fields: [], raw, problem: 'NUL_CHARACTER' }
    if (mayHaveBroken && raw.includes('\ufffd')) return { line, fields: [], raw, problem: 'TEXT_UNDECODABLE' }
    return { line, fields, raw }
  }

  /** Reads one plain line; gives where the next begins. */
  function plainRow(text: string, at: number, lineEnd: number, into: CsvRecord[]): void {
    const end = lineEnd > at && text.charCodeAt(lineEnd - 1) === carriageReturn ? lineEnd - 1 : lineEnd
    if (end === at) blankLines += 1
    else if (end - at > longestRow) into.push(record([], text.slice(at, at + keptOfLongRow), 'ROW_TOO_LONG'))
    else {
      const raw = text.slice(at, end)
      into.push(record(raw.split(delimiter), raw))
    }
    line += 1
  }

  /** Reads one row with quotes; gives where the next begins, or undefined when more text is needed. */
  function quotedRow(
    text: string,
    at: number,
    lineEnd: number,
    isLast: boolean,
    into: CsvRecord[],
  ): number | undefined {
    const read = readQuotedRow(text, at, { delimiter, quote: quote ?? '' }, isLast)
    if (read === 'incomplete' && !isLast && text.length - at <= longestRow) return undefined
    if (read === 'incomplete' || 'brokenAt' in read) {
      // An endless quote is the fault of the line it begins on; a quote in a wrong place, of the line it stands on.
      const faultEnd = read === 'incomplete' ? lineEnd : text.indexOf(newline, read.brokenAt)
      if (faultEnd < 0 && !isLast)
        return text.length - at > longestRow ? startSkipping(text, at, into) : undefined
      const end = faultEnd < 0 ? text.length : faultEnd
      into.push(record([], text.slice(at, Math.min(end, at + longestRow)).replace(/\r$/, ''), 'QUOTE_BROKEN'))
      line += countLines(text, at, end) + 1
      return Math.min(end + 1, text.length)
    }
    const raw = text.slice(at, read.end)
    into.push(
      raw.length > longestRow
        ? record([], raw.slice(0, keptOfLongRow), 'ROW_TOO_LONG')
        : record(read.fields, raw),
    )
    line += read.next === lineEnd + 1 ? 1 : countLines(text, at, read.next)
    return read.next
  }

  /** Gives up on a row without an end: everything up to the next line break is left out. */
  function startSkipping(text: string, at: number, into: CsvRecord[]): number {
    into.push(record([], text.slice(at, at + keptOfLongRow), 'ROW_TOO_LONG'))
    isSkipping = true
    return text.length
  }

  function skipped(text: string): string {
    const lineEnd = text.indexOf(newline)
    if (lineEnd < 0) return ''
    isSkipping = false
    line += 1
    return text.slice(lineEnd + 1)
  }

  function split(text: string, isLast: boolean): CsvRecord[] {
    const records: CsvRecord[] = []
    let at = 0
    let quoteAt = -1
    while (at < text.length) {
      const lineEnd = text.indexOf(newline, at)
      if (quote !== null && quoteAt < at) {
        quoteAt = text.indexOf(quote, at)
        if (quoteAt < 0) quoteAt = text.length
      }
      const isPlain = quote === null || quoteAt >= (lineEnd < 0 ? text.length : lineEnd)
      if (isPlain && lineEnd < 0 && !isLast) {
        if (text.length - at > longestRow) at = startSkipping(text, at, records)
        break
      }
      if (isPlain) {
        plainRow(text, at, lineEnd < 0 ? text.length : lineEnd, records)
        at = lineEnd < 0 ? text.length : lineEnd + 1
        continue
      }
      const next = quotedRow(text, at, lineEnd, isLast, records)
      if (next === undefined) break
      at = next
    }
    rest = text.slice(at)
    return records
  }

  return {
    /** Gives the rows that end in this text. */
    push(piece: string): CsvRecord[] {
      mayHaveNul = piece.includes('\0') || (rest !== '' && mayHaveNul)
      mayHaveBroken = piece.includes('\ufffd') || (rest !== '' && mayHaveBroken)
      const text = isSkipping ? skipped(piece) : rest + piece
      if (isSkipping) return []
      return split(text, false)
    },
    /** Gives the last row, if it has no line break of its own. */
    end(): CsvRecord[] {
      return isSkipping ? [] : split(rest, true)
    },
    get blankLines(): number {
      return blankLines
    },
  }
}
