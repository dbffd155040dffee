import { createReadStream } from 'node:fs'
import type { Format } from '#features/imports/common/mapping.ts'
import { type CsvRecord, createCsvSplitter } from '#features/imports/server/split-csv.ts'

/** A file's format with nothing left open. */
export type FullFormat = {
  encoding: string
  delimiter: string
  quote: string | null
  header: boolean
  trim: boolean
  decimal: '.' | ','
  thousands: string | undefined
  dateFormats: readonly string[]
  nullValues: readonly string[]
}

/** The entry's own words count, then the mapping's, then the defaults. */
export function fullFormat(...formats: (Format | undefined)[]): FullFormat {
  const said: Format = {}
  for (const format of formats.toReversed()) Object.assign(said, format)
  return {
    encoding: said.encoding ?? 'utf-8',
    delimiter: said.delimiter ?? ',',
    quote: said.quote === undefined ? '"' : said.quote,
    header: said.header ?? true,
    trim: said.trim ?? true,
    decimal: said.decimal ?? '.',
    thousands: said.thousands,
    dateFormats: said.dateFormats ?? [],
    nullValues: said.nullValues ?? [''],
  }
}

/** A row longer than this is rejected; it also bounds the memory a broken quote can take. */
export const longestRow = 1_000_000

const pieceBytes = 256 * 1024

/** Rows that ended in one piece of the file. */
export type Rows = { records: CsvRecord[]; bytesDone: number; blankLines: number }

/** Reads a file piece by piece, never faster than the reader of the rows. The header is a row like the others. */
export async function* readRows(
  path: string,
  format: FullFormat,
  pieceSize = pieceBytes,
): AsyncGenerator<Rows> {
  const decoder = new TextDecoder(format.encoding === 'utf-8-sig' ? 'utf-8' : format.encoding)
  const splitter = createCsvSplitter({ delimiter: format.delimiter, quote: format.quote, longestRow })
  let bytesDone = 0
  let isFirst = true
  for await (const piece of createReadStream(path, { highWaterMark: pieceSize })) {
    bytesDone += (piece as Buffer).length
    let text = decoder.decode(piece as Buffer, { stream: true })
    // GB18030 has a byte order mark as well, which its decoder keeps.
    if (isFirst && text !== '') {
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
      isFirst = false
    }
    yield { records: splitter.push(text), bytesDone, blankLines: splitter.blankLines }
  }
  const records = splitter.push(decoder.decode())
  yield { records: [...records, ...splitter.end()], bytesDone, blankLines: splitter.blankLines }
}
