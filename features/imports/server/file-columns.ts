import { importError } from '#features/imports/common/import-errors.ts'
import type { ReadValue } from '#features/imports/server/compile-expression.ts'
import type { PlannedFile } from '#features/imports/server/plan-files.ts'

export type FileColumns = ReturnType<typeof columnsOf>

/** Finds the columns of a file by name. */
export function columnsOf(file: Pick<PlannedFile, 'name' | 'columns' | 'format'>) {
  const { trim } = file.format
  const nulls = new Set(file.format.nullValues)

  function indexOf(name: string): number {
    const index = file.columns.indexOf(name)
    if (index < 0) {
      const columns = file.columns
        .map((column) => `"${column.slice(0, 60)}"`)
        .slice(0, 40)
        .join(', ')
      throw importError('IMPORT_COLUMN_MISSING', { name: file.name, column: name, columns })
    }
    if (file.columns.indexOf(name, index + 1) >= 0)
      throw importError('IMPORT_COLUMN_TWICE', { name: file.name, column: name })
    return index
  }

  return {
    count: file.columns.length,
    read(name: string): ReadValue {
      const index = indexOf(name)
      return ({ fields }) => {
        const text = fields[index] ?? ''
        const value = trim ? text.trim() : text
        return nulls.has(value) ? null : value
      }
    },
  }
}
