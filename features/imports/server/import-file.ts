import type { FileSummary, ImportProgress } from '#features/imports/common/import.ts'
import type { CompiledFile } from '#features/imports/server/compile-file.ts'
import type { createImportFileStore, FileKey, FileState } from '#features/imports/server/import-file-store.ts'
import { type Batch, readBatches } from '#features/imports/server/read-batches.ts'
import type { RejectsFile } from '#features/imports/server/rejects-file.ts'
import type { createBatchWriter } from '#features/imports/server/write-batch.ts'
import type { Clock } from '#platform/common/clock.ts'

/** Batches on their way: one is read while one writes its first and another its second half. */
const mostOnTheWay = 2

/** Counts customers that a file describes more than once; ids are dense, so a bit for each is little. */
function createRepeatCounter() {
  let bits = new Uint8Array(1 << 16)
  let repeated = 0
  return {
    add(customerIds: readonly number[]): void {
      for (const id of customerIds) {
        const at = Math.floor(id / 8)
        if (at >= bits.length) {
          const larger = new Uint8Array(Math.max(bits.length * 2, at + 1))
          larger.set(bits)
          bits = larger
        }
        const bit = 1 << (id % 8)
        const byte = bits[at] ?? 0
        if (byte & bit) repeated += 1
        else bits[at] = byte | bit
      }
    },
    get repeated(): number {
      return repeated
    },
  }
}

/** Imports the rows of one file that were not imported yet; where it stands is recorded after every batch. */
export async function importFile(deps: {
  compiled: CompiledFile
  from: FileState
  key: FileKey
  store: ReturnType<typeof createImportFileStore>
  writer: ReturnType<typeof createBatchWriter>
  rejects: RejectsFile
  clock: Clock
  onProgress: (progress: ImportProgress) => void
}): Promise<FileSummary> {
  const { compiled, store, writer, rejects, clock, from } = deps
  const { file } = compiled
  const startedAt = performance.now()
  const repeats = createRepeatCounter()
  const state: FileState = { ...from }
  let blankLines = 0

  async function finish(batch: Batch): Promise<void> {
    await rejects.add(batch.rejected.sort((one, other) => one.record.line - other.record.line))
    state.rowsDone = batch.rowsDone
    state.rowsRejected += batch.rejected.length
    state.rowsSkipped += batch.skipped
    state.rejectsBytes = rejects.bytes
    state.rejectsPath = rejects.bytes > 0 ? rejects.path : null
    blankLines = batch.blankLines
    await store.save(deps.key, state, null)
    deps.onProgress({
      file: file.name,
      rows: state.rowsDone,
      rejected: state.rowsRejected,
      bytesDone: batch.bytesDone,
      bytesTotal: file.bytes,
    })
  }

  let first: Promise<unknown> = Promise.resolve()
  let second: Promise<unknown> = Promise.resolve()
  const onTheWay: Promise<unknown>[] = []
  const send = (batch: Batch) => {
    const half = first.then(() => writer.writeFirst(batch))
    const whole = Promise.all([half, second]).then(async ([written]) => {
      repeats.add(written.described)
      await writer.writeSecond(written)
      await finish(batch)
    })
    // A failure is met below, where the batch is waited for; until then it must not count as unhandled.
    half.catch(() => {})
    whole.catch(() => {})
    first = half
    second = whole
    onTheWay.push(whole)
  }
  try {
    for await (const batch of readBatches(compiled, from.rowsDone)) {
      send(batch)
      if (onTheWay.length >= mostOnTheWay) await onTheWay.shift()
    }
    await Promise.all(onTheWay)
  } catch (error) {
    await Promise.allSettled([first, second])
    throw error
  }
  state.state = 'done'
  await store.save(deps.key, state, clock.now())
  return {
    ...countsOf(file.name, state),
    outcome: 'imported',
    resumedFrom: from.rowsDone,
    repeated: repeats.repeated,
    blankLines,
    seconds: (performance.now() - startedAt) / 1000,
  }
}

/** The numbers of a file as its record has them. */
export const countsOf = (name: string, state: FileState) => ({
  file: name,
  rows: state.rowsDone,
  imported: state.rowsDone - state.rowsRejected - state.rowsSkipped,
  skipped: state.rowsSkipped,
  rejected: state.rowsRejected,
  rejectsFile: state.rejectsPath,
})
