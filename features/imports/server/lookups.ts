import type { Lookup } from '#features/imports/common/expression.ts'
import { importError } from '#features/imports/common/import-errors.ts'
import { lookupsOf, type NamedValues } from '#features/imports/common/step-expressions.ts'
import { compileCondition, type Row } from '#features/imports/server/compile-expression.ts'
import { columnsOf } from '#features/imports/server/file-columns.ts'
import { type PlannedFile, rowsOf } from '#features/imports/server/plan-files.ts'

/** The maps behind the lookups of a mapping. */
export type LookupTables = { get(lookup: Lookup): ReadonlyMap<string, string> }

/** Bounds the memory that lookups take: some 100 bytes a row. */
export const mostLookupRows = 2_000_000

const keyOf = ({ file, key, column, where }: Lookup): string => JSON.stringify([file, key, column, where])

/** Lookup files stay in memory, pieces of the file's text must not: a slice would keep all of it alive. */
const detached = (text: string): string => Buffer.from(text).toString()

async function load(lookup: Lookup, files: readonly PlannedFile[]): Promise<Map<string, string>> {
  const table = new Map<string, string>()
  const values = new Map<string, string>()
  for (const file of files) {
    const columns = columnsOf(file)
    const key = columns.read(lookup.key)
    const value = columns.read(lookup.column)
    const holds = lookup.where && compileCondition(lookup.where, columns.read)
    for await (const { records } of rowsOf(file)) {
      for (const record of records) {
        if (record.problem || record.fields.length !== columns.count) continue
        const row: Row = { fields: record.fields, number: 0 }
        const found = key(row)
        const text = value(row)
        if (found === null || text === null || (holds && !holds(row))) continue
        let kept = values.get(text)
        if (kept === undefined) {
          kept = detached(text)
          values.set(kept, kept)
        }
        table.set(detached(found), kept)
        if (table.size > mostLookupRows)
          throw importError('LOOKUP_TOO_LARGE', { file: file.name, most: mostLookupRows })
      }
    }
  }
  return table
}

/** Reads every file that values are looked up in, once a lookup. Of rows with the same key the last counts. */
export async function loadLookups(
  values: NamedValues,
  files: readonly PlannedFile[],
  filesFor: (lookup: Lookup) => readonly PlannedFile[],
): Promise<LookupTables> {
  const tables = new Map<string, Map<string, string>>()
  for (const lookup of files.flatMap((file) => lookupsOf(file.entry.steps, values))) {
    const key = keyOf(lookup)
    if (!tables.has(key)) tables.set(key, await load(lookup, filesFor(lookup)))
  }
  return { get: (lookup) => tables.get(keyOf(lookup)) ?? new Map() }
}
