import { crc32 } from 'node:zlib'
import { AppError } from '#platform/common/errors.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/**
 * Rows of a table: `fresh` were made now and may differ when they are made again, `stored` lie in the segment as they are.
 * `split` gives all one by one, asked only when the engine refuses them together.
 */
export type RowBatch = { fresh: Buffer; stored: readonly Buffer[]; split: () => readonly Buffer[] }

// What the engine says when rows themselves are wrong: cannot read or parse, too large, out of range, a broken constraint.
const codesOfRows = new Set([6, 26, 27, 33, 34, 38, 41, 69, 72, 117, 128, 131, 321, 349, 469])

const isOfRows = (error: unknown): boolean =>
  error instanceof AppError &&
  error.code === 'CLICKHOUSE_FAILED' &&
  codesOfRows.has(Number((error.details as { clickhouseCode?: unknown }).clickhouseCode))

// Replacing rows already while inserting costs as much as the rest of it; reading with FINAL replaces them anyway. A month
// or more of late events may come in one segment.
const settings = { optimize_on_insert: 0, max_partitions_per_insert_block: 0 }

/**
 * Inserts rows of one segment; gives those that the engine refuses for what is in them, found by halving, while all
 * others are in the table. The token saves the engine the work where a replay has the same rows to the byte.
 */
export async function insertRows(
  ch: ClickHouse,
  target: { table: string; columns: readonly BinaryColumn[]; segmentId: string },
  batch: RowBatch,
): Promise<Buffer[]> {
  const insert = async (body: Buffer, sum: number): Promise<void> => {
    const token = `${target.segmentId}:${target.table}:${body.length}:${sum}`
    await ch.insertBinary(target.table, target.columns, body, { lane: 'load', token, settings })
  }
  const isolate = async (rows: readonly Buffer[]): Promise<Buffer[]> => {
    try {
      const body = Buffer.concat(rows)
      await insert(body, crc32(body))
      return []
    } catch (error) {
      if (!isOfRows(error)) throw error
      if (rows.length === 1) return [...rows]
      const half = rows.length >> 1
      return [...(await isolate(rows.slice(0, half))), ...(await isolate(rows.slice(half)))]
    }
  }
  const { fresh, stored } = batch
  if (fresh.length === 0 && stored.length === 0) return []
  try {
    await insert(stored.length === 0 ? fresh : Buffer.concat([fresh, ...stored]), crc32(fresh))
    return []
  } catch (error) {
    if (!isOfRows(error)) throw error
    return isolate(batch.split())
  }
}
