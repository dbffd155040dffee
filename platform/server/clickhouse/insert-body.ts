import type { BinaryBody } from './clickhouse.ts'

/** Rows as lines of JSON; a bigint goes as its digits, which the engine reads into any integer column. */
export const encodeRows = (rows: readonly object[]): Buffer =>
  Buffer.from(
    rows
      .map((row) =>
        JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)),
      )
      .join('\n'),
  )

/** Whether a binary body lies in memory rather than in a file. */
export const isInMemory = (body: BinaryBody): body is Buffer | readonly Buffer[] =>
  Buffer.isBuffer(body) || Array.isArray(body)
