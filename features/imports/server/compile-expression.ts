import {
  type DateSequence,
  type Expression,
  type ExpressionObject,
  type ImportCondition,
  placeholder,
} from '#features/imports/common/expression.ts'
import { RejectedRow } from '#features/imports/common/reject.ts'
import { type NamedValues, namedValue } from '#features/imports/common/step-expressions.ts'
import { createDateSequence } from '#features/imports/server/date-sequence.ts'
import type { LookupTables } from '#features/imports/server/lookups.ts'
import type { ValueParsers } from '#features/imports/server/value-parsers.ts'

/** One row while it is read. */
export type Row = { fields: readonly string[]; number: number }
/** Reads a value from a row; null is no value. */
export type ReadValue = (row: Row) => string | null
export type Holds = (row: Row) => boolean

export type CompileContext = {
  fileName: string
  /** Reads one column; throws when the file has none of that name. */
  column(name: string): ReadValue
  parsers: ValueParsers
  values: NamedValues
  lookups: LookupTables
  /** Called for every row that can be read, before its steps: sequences depend on the rows before. */
  observers: ((row: Row) => void)[]
  sequences: Map<string, ReadValue>
}

const listOf = (texts: string | readonly string[]): ReadonlySet<string> => new Set([texts].flat())

export function compileCondition(condition: ImportCondition, column: (name: string) => ReadValue): Holds {
  if (condition.all) {
    const parts = condition.all.map((part) => compileCondition(part, column))
    return (row) => parts.every((holds) => holds(row))
  }
  if (condition.any) {
    const parts = condition.any.map((part) => compileCondition(part, column))
    return (row) => parts.some((holds) => holds(row))
  }
  const read = column(condition.column ?? '')
  if (condition.isMissing !== undefined) return (row) => (read(row) === null) === condition.isMissing
  const texts = listOf(condition.is ?? condition.isNot ?? [])
  const wanted = condition.is !== undefined
  return (row) => {
    const value = read(row)
    return value !== null && texts.has(value) === wanted
  }
}

/** "BERKA-{client_id}": one missing value makes the whole text missing. */
function compileTemplate(template: string, field: string, context: CompileContext): ReadValue {
  const texts: string[] = []
  const reads: ReadValue[] = []
  let from = 0
  for (const match of template.matchAll(placeholder)) {
    texts.push(template.slice(from, match.index))
    from = match.index + match[0].length
    const name = match[1] ?? ''
    const expression = namedValue(context.values, name)
    if (expression !== undefined) reads.push(compileExpression(expression, field, context))
    else if (name === 'row') reads.push((row) => String(row.number))
    else if (name === 'file') reads.push(() => context.fileName)
    else reads.push(context.column(name))
  }
  const tail = template.slice(from)
  return (row) => {
    let text = ''
    for (let index = 0; index < reads.length; index += 1) {
      const value = reads[index]?.(row) ?? null
      if (value === null) return null
      text += (texts[index] ?? '') + value
    }
    return text + tail
  }
}

function compileSequence(sequence: DateSequence, field: string, context: CompileContext): ReadValue {
  const key = JSON.stringify(sequence)
  const known = context.sequences.get(key)
  if (known) return known
  const { observe, read } = createDateSequence({
    month: compileExpression(sequence.month, field, context),
    weekday: sequence.weekday === undefined ? undefined : compileExpression(sequence.weekday, field, context),
    startsAt: sequence.startsAt,
    field,
  })
  context.observers.push(observe)
  context.sequences.set(key, read)
  return read
}

function compileSource(expression: ExpressionObject, field: string, context: CompileContext): ReadValue {
  if (expression.column !== undefined) return context.column(expression.column)
  if (expression.template !== undefined) return compileTemplate(expression.template, field, context)
  if (expression.lookup) {
    const table = context.lookups.get(expression.lookup)
    const by = compileExpression(expression.lookup.by, field, context)
    return (row) => {
      const key = by(row)
      return key === null ? null : (table.get(key) ?? null)
    }
  }
  if (expression.dateSequence) return compileSequence(expression.dateSequence, field, context)
  const named = expression.use === undefined ? undefined : namedValue(context.values, expression.use)
  if (named !== undefined) return compileExpression(named, field, context)
  const value = expression.value ?? null
  return () => value
}

type Change = (value: string) => string | null

const readAs: {
  readonly [A in NonNullable<ExpressionObject['as']>]: (parsers: ValueParsers, field: string) => Change
} = {
  number: (parsers, field) => (value) => parsers.number(value, field),
  date: (parsers, field) => (value) => parsers.day(value, field),
  time: (parsers, field) => (value) => new Date(parsers.time(value, field)).toISOString(),
  year: (parsers, field) => (value) => parsers.day(value, field).slice(0, 4),
  month: (parsers, field) => (value) => parsers.day(value, field).slice(0, 7),
}

function mapText(
  map: Record<string, string | null>,
  otherwise: string | null | undefined,
  field: string,
): Change {
  const texts = new Map(Object.entries(map))
  return (value) => {
    const mapped = texts.get(value)
    if (mapped !== undefined) return mapped
    if (otherwise !== undefined) return otherwise
    throw new RejectedRow('VALUE_UNMAPPED', field, 'the mapping does not say what this value means')
  }
}

/** Compiles an expression of a mapping; `field` is named in rejects. */
export function compileExpression(expression: Expression, field: string, context: CompileContext): ReadValue {
  if (typeof expression === 'string') return context.column(expression)
  const source = compileSource(expression, field, context)
  const changes: Change[] = []
  if (expression.as) changes.push(readAs[expression.as](context.parsers, field))
  if (expression.map) changes.push(mapText(expression.map, expression.otherwise, field))
  const fallback = expression.default ?? null
  const holds = expression.when && compileCondition(expression.when, context.column)
  if (!holds && changes.length === 0 && fallback === null) return source
  return (row) => {
    if (holds && !holds(row)) return null
    let value = source(row)
    for (const change of changes) {
      if (value === null) break
      value = change(value)
    }
    return value ?? fallback
  }
}
