import type { Mapping } from '#features/imports/common/mapping.ts'
import { type Reject, type RejectCode, RejectedRow } from '#features/imports/common/reject.ts'
import type { CompileContext, Row } from '#features/imports/server/compile-expression.ts'
import { type CompiledStep, compileStep } from '#features/imports/server/compile-step.ts'
import { columnsOf } from '#features/imports/server/file-columns.ts'
import type { ItemOf, Target } from '#features/imports/server/items.ts'
import type { LookupTables } from '#features/imports/server/lookups.ts'
import type { PlannedFile } from '#features/imports/server/plan-files.ts'
import { longestRow } from '#features/imports/server/read-rows.ts'
import type { CsvRecord } from '#features/imports/server/split-csv.ts'
import { createValueParsers } from '#features/imports/server/value-parsers.ts'

/** What one row becomes: an item for each step that wanted it. */
export type PreparedItem = { [T in Target]: { into: T; item: ItemOf[T] } }[Target]
export type Prepared = { items: PreparedItem[] } | { reject: Reject }

export type CompiledFile = {
  file: PlannedFile
  targets: ReadonlySet<Target>
  /** Must be called for every row in order, `number` from 1. */
  prepare(record: CsvRecord, number: number): Prepared
  /** As `prepare`, for rows that were imported before. */
  pass(record: CsvRecord, number: number): void
}

const problems: { readonly [P in NonNullable<CsvRecord['problem']>]: string } = {
  QUOTE_BROKEN: 'a quote is not closed, or something stands behind it',
  ROW_TOO_LONG: `has more than ${longestRow} characters`,
  NUL_CHARACTER: 'has a NUL character: is the encoding right?',
  TEXT_UNDECODABLE: 'has bytes that are none of the encoding',
}

const rejected = (code: RejectCode, message: string): Prepared => ({ reject: { code, field: '', message } })

/** Compiles everything the mapping says of one file; throws when a column is missing. */
export function compileFile(
  file: PlannedFile,
  deps: { mapping: Pick<Mapping, 'name' | 'values'>; lookups: LookupTables; timeZone: string; nowMs: number },
): CompiledFile {
  const columns = columnsOf(file)
  const context: CompileContext = {
    fileName: file.name,
    column: columns.read,
    parsers: createValueParsers(file.format, deps.timeZone),
    values: deps.mapping.values ?? {},
    lookups: deps.lookups,
    observers: [],
    sequences: new Map(),
  }
  const steps: CompiledStep[] = file.isEmpty
    ? []
    : file.entry.steps.map((step, index) =>
        compileStep(step, {
          ...context,
          mappingName: deps.mapping.name,
          stepNumber: index + 1,
          nowMs: deps.nowMs,
        }),
      )

  const observe = (row: Row) => {
    for (const each of context.observers) each(row)
  }
  function read(row: Row): PreparedItem[] {
    const items: PreparedItem[] = []
    for (const step of steps) {
      const item = step.read(row)
      if (item !== undefined) items.push({ into: step.into, item } as PreparedItem)
    }
    return items
  }

  return {
    file,
    targets: new Set(file.entry.steps.map((step) => step.into)),
    prepare(record, number) {
      if (record.problem) return rejected(record.problem, problems[record.problem])
      if (record.fields.length !== columns.count)
        return rejected('COLUMN_COUNT', `has ${record.fields.length} columns instead of ${columns.count}`)
      const row = { fields: record.fields, number }
      observe(row)
      try {
        return { items: read(row) }
      } catch (error) {
        if (error instanceof RejectedRow) return { reject: error.reject }
        throw error
      }
    },
    pass(record, number) {
      if (!record.problem && record.fields.length === columns.count)
        observe({ fields: record.fields, number })
    },
  }
}
