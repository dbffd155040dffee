import { createHash } from 'node:crypto'
import { pipeline, type Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { mostListBytes, mostListRows } from '#features/lists/common/list.ts'
import { listError } from '#features/lists/common/list-errors.ts'

/** One line of a list's file; with a reason, it can name nobody. */
export type ListLine = { line: number; customerNo: string; value: string; reason: string | null }

const headings = new Set([
  'customerno',
  'customer_no',
  'customer no',
  'customer',
  '客户号',
  '客户编号',
  '客户代码',
])
const longestNo = 64
const longestValue = 1000
const unstorable = /\0|\p{Surrogate}/gu

type Hooks = { seen: (bytes: Buffer) => void; failed: (error: unknown) => void }

/** Text of a file as it streams in; refuses what is no UTF-8. */
async function* decode(source: Readable, hooks: Hooks): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let size = 0
  try {
    // Not destroyed early: whoever sends it would see a broken connection instead of the answer.
    for await (const bytes of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += bytes.length
      if (size > mostListBytes) throw tooLarge()
      hooks.seen(bytes)
      yield decoder.decode(bytes, { stream: true })
    }
    yield decoder.decode()
  } catch (error) {
    const words =
      error instanceof TypeError
        ? listError('LIST_FILE_BROKEN', { detail: 'it holds bytes that are no text in UTF-8.' })
        : error
    hooks.failed(words)
    throw words
  }
}

const tooLarge = () =>
  listError('LIST_FILE_TOO_LARGE', { rows: mostListRows, megabytes: mostListBytes / 1024 / 1024 })

function readLine(line: number, [no = '', value = '', ...more]: readonly string[]): ListLine {
  const customerNo = no.trim()
  const isStorable = !(customerNo + value).match(unstorable)
  const clean = (text: string, longest: number) => text.replaceAll(unstorable, '�').slice(0, longest)
  const reason = !isStorable
    ? 'UNREADABLE'
    : more.length > 0
      ? 'TOO_MANY_COLUMNS'
      : customerNo === ''
        ? 'NO_CUSTOMER'
        : customerNo.length > longestNo || value.length > longestValue
          ? 'TOO_LONG'
          : null
  return { line, customerNo: clean(customerNo, longestNo), value: clean(value.trim(), longestValue), reason }
}

type Parsed = { record: string[]; info: { lines: number } }

/** Lines of a CSV as it streams in; `digest` is that of the whole file once all lines were read. */
export function readListFile(source: Readable): { lines: AsyncGenerator<ListLine>; digest: () => string } {
  const hash = createHash('sha256')
  async function* read(): AsyncGenerator<ListLine> {
    const parser = parse({
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
      max_record_size: 100_000,
    })
    let failure: unknown
    const hooks: Hooks = {
      seen: (bytes) => hash.update(bytes),
      // Behind the parser it would only be seen as an aborted stream.
      failed: (error) => {
        failure = error
      },
    }
    pipeline(decode(source, hooks), parser, () => {})
    let count = 0
    try {
      for await (const { record, info } of parser as AsyncIterable<Parsed>) {
        count += 1
        if (count > mostListRows) throw tooLarge()
        if (count === 1 && headings.has((record[0] ?? '').trim().toLowerCase())) continue
        yield readLine(info.lines, record)
      }
    } catch (error) {
      throw wordsFor(failure ?? error)
    }
  }
  return { lines: read(), digest: () => hash.digest('hex') }
}

function wordsFor(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return listError('LIST_UPLOAD_CUT_OFF', {})
  if (typeof code === 'string' && code.startsWith('CSV_'))
    return listError('LIST_FILE_BROKEN', { detail: String(message) })
  return error
}
