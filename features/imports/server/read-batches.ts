import type { CompiledFile, PreparedItem } from '#features/imports/server/compile-file.ts'
import { rowsOf } from '#features/imports/server/plan-files.ts'
import type { RejectedRecord } from '#features/imports/server/rejects-file.ts'
import type { CsvRecord } from '#features/imports/server/split-csv.ts'

export type PreparedRow = { record: CsvRecord; items: PreparedItem[] }

/** Rows that are written together. Rows read = accepted + skipped + rejected. */
export type Batch = {
  accepted: PreparedRow[]
  rejected: RejectedRecord[]
  skipped: number
  /** Rows of the file up to and with this batch. */
  rowsDone: number
  bytesDone: number
  blankLines: number
}

/** Rows of one batch; a few megabytes of text at most. */
const batchRows = 5000
const batchCharacters = 4_000_000
/** Org units come parents and children in any order, so one batch should hold all of them. */
const orgBatchRows = 200_000

const newBatch = (): Batch => ({
  accepted: [],
  rejected: [],
  skipped: 0,
  rowsDone: 0,
  bytesDone: 0,
  blankLines: 0,
})

/** Reads a file into batches of prepared rows; those up to `skipRows` were imported before. */
export async function* readBatches(compiled: CompiledFile, skipRows: number): AsyncGenerator<Batch> {
  const mostRows = compiled.targets.has('orgUnits') ? orgBatchRows : batchRows
  let batch = newBatch()
  let characters = 0
  let number = 0
  let inBatch = 0
  for await (const { records, bytesDone, blankLines } of rowsOf(compiled.file)) {
    for (const record of records) {
      number += 1
      if (number <= skipRows) {
        compiled.pass(record, number)
        continue
      }
      const prepared = compiled.prepare(record, number)
      if ('reject' in prepared) batch.rejected.push({ record, reject: prepared.reject })
      else if (prepared.items.length > 0) batch.accepted.push({ record, items: prepared.items })
      else batch.skipped += 1
      inBatch += 1
      characters += record.raw.length
      if (inBatch < mostRows && characters < batchCharacters) continue
      yield Object.assign(batch, { rowsDone: number, bytesDone, blankLines })
      batch = newBatch()
      characters = 0
      inBatch = 0
    }
    Object.assign(batch, { bytesDone, blankLines })
  }
  yield Object.assign(batch, { rowsDone: Math.max(number, skipRows) })
}
