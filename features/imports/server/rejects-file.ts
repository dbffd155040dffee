import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { importError } from '#features/imports/common/import-errors.ts'
import type { Reject } from '#features/imports/common/reject.ts'
import type { CsvRecord } from '#features/imports/server/split-csv.ts'

/** A row that was not imported, and why. */
export type RejectedRecord = { record: CsvRecord; reject: Reject }

const longestShown = 10_000
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Shows rows as far as they may be shown: direct identifiers never come into another file. */
export function createRowView(options: {
  columns: readonly string[]
  visible: ReadonlySet<string> | undefined
  delimiter: string
}): (record: CsvRecord) => string {
  const { columns, visible, delimiter } = options
  return ({ raw, fields }) => {
    if (!visible) return raw.slice(0, longestShown)
    if (fields.length !== columns.length) return '(withheld: the file brings direct identifiers)'
    return fields
      .map((field, index) => (visible.has(columns[index] ?? '') ? field : '***'))
      .join(delimiter)
      .slice(0, longestShown)
  }
}

export type RejectsFile = Awaited<ReturnType<typeof openRejectsFile>>

/**
 * The file of rejected rows, only for its owner's eyes. It is made with the first row; going on after a cut-off import
 * first takes away what was written after `keepBytes`, for those rows come again.
 */
export async function openRejectsFile(path: string, keepBytes: number, view: (record: CsvRecord) => string) {
  let handle: FileHandle | undefined
  let bytes = keepBytes
  if (keepBytes === 0) await rm(path, { force: true })
  else {
    handle = await open(path, 'r+')
    await handle.truncate(keepBytes)
  }

  async function begin(): Promise<FileHandle> {
    try {
      await mkdir(dirname(path), { recursive: true })
      const made = await open(path, 'w', 0o600)
      bytes = (await made.write('line,code,field,message,row\n', 0)).bytesWritten
      return made
    } catch (error) {
      throw importError('REJECTS_UNWRITABLE', {
        path,
        reason: (error as NodeJS.ErrnoException).code ?? 'unknown',
      })
    }
  }

  return {
    path,
    /** Size of the file after what has been added so far. */
    get bytes(): number {
      return bytes
    },
    async add(rejected: readonly RejectedRecord[]): Promise<void> {
      if (rejected.length === 0) return
      handle ??= await begin()
      const text = rejected
        .map(({ record, reject }) =>
          [
            String(record.line),
            reject.code,
            quoted(reject.field),
            quoted(reject.message),
            quoted(view(record)),
          ].join(','),
        )
        .join('\n')
      const data = Buffer.from(`${text}\n`)
      await handle.write(data, 0, data.length, bytes)
      bytes += data.length
    },
    close: async (): Promise<void> => handle?.close(),
  }
}
