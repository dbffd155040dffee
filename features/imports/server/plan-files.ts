import { open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Lookup } from '#features/imports/common/expression.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import type { FileEntry, Mapping } from '#features/imports/common/mapping.ts'
import { lookupsOf } from '#features/imports/common/step-expressions.ts'
import { type FullFormat, fullFormat, type Rows, readRows } from '#features/imports/server/read-rows.ts'

/** One given file with what the mapping says of it. */
export type PlannedFile = {
  path: string
  name: string
  bytes: number
  entry: FileEntry
  format: FullFormat
  /** Names of the columns in their order. */
  columns: readonly string[]
  /** There is not a single row in it, not even a header. */
  isEmpty: boolean
}

const patternOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()[\]{}|/-]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )

const isMatch = (glob: string, name: string): boolean => patternOf(glob).test(name)

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new Error('no file')
    await (await open(path, 'r')).close()
    return found.size
  } catch {
    throw importError('IMPORT_FILE_MISSING', { path })
  }
}

/** The first row, or undefined for a file without any. */
async function firstRow(path: string, format: FullFormat): Promise<string[] | undefined> {
  for await (const { records } of readRows(path, format, 64 * 1024)) {
    if (records[0]) return records[0].fields.map((name) => name.trim())
  }
  return undefined
}

async function planFile(path: string, mapping: Mapping): Promise<PlannedFile> {
  const bytes = await sizeOf(path)
  const name = basename(path)
  const entry = mapping.files.find((each) => isMatch(each.match, name))
  if (!entry) {
    const patterns = mapping.files.map((each) => each.match).join(', ')
    throw importError('IMPORT_FILE_UNMATCHED', { name, patterns })
  }
  const format = fullFormat(entry.format, mapping.format)
  const first = await firstRow(path, format)
  const columns = (format.header ? undefined : entry.columns) ?? first ?? []
  return { path, name, bytes, entry, format, columns, isEmpty: first === undefined }
}

/** The rows of a file without its header. */
export async function* rowsOf(file: PlannedFile): AsyncGenerator<Rows> {
  let isHeaderDue = file.format.header
  for await (const rows of readRows(file.path, file.format)) {
    if (isHeaderDue && rows.records.length > 0) {
      isHeaderDue = false
      rows.records.shift()
    }
    yield rows
  }
}

export type FilePlan = { files: readonly PlannedFile[]; filesFor(lookup: Lookup): readonly PlannedFile[] }

/** Matches the given files with the mapping, in the mapping's order; anything wrong is said before a row is read. */
export async function planFiles(mapping: Mapping, paths: readonly string[]): Promise<FilePlan> {
  const given = await Promise.all(
    [...new Set(paths.map((path) => resolve(path)))].map((path) => planFile(path, mapping)),
  )
  const names = given.map((file) => file.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw importError('IMPORT_FILE_TWICE', { name: twice })
  const files = mapping.files.flatMap((entry) => given.filter((file) => file.entry === entry))
  const filesFor = (lookup: Lookup) => given.filter((file) => isMatch(lookup.file, file.name))
  for (const file of files) {
    const missing = lookupsOf(file.entry.steps, mapping.values ?? {}).find(
      (lookup) => filesFor(lookup).length === 0,
    )
    if (missing) throw importError('LOOKUP_FILE_MISSING', { file: missing.file, by: file.name })
  }
  return { files, filesFor }
}
