import { type Expression, type Lookup, placeholder } from '#features/imports/common/expression.ts'
import type { Step } from '#features/imports/common/mapping.ts'

/** Expressions of a mapping by name. */
export type NamedValues = Readonly<Record<string, Expression>>

const recordFields = new Set(['attributes', 'identities', 'properties', 'outcomes'])
const plainFields = new Set(['into', 'when', 'campaign'])

/** Every expression of a step with the name it has in rejects. */
export function expressionsOf(step: Step): [field: string, expression: Expression][] {
  return Object.entries(step).flatMap(([name, value]) => {
    if (value === undefined || plainFields.has(name)) return []
    if (!recordFields.has(name)) return [[name, value as Expression]]
    return Object.entries(value as Record<string, Expression>).map(
      ([key, expression]): [string, Expression] => [`${name}.${key}`, expression],
    )
  })
}

/** A named value, or undefined for names that mean a column. */
export const namedValue = (values: NamedValues, name: string): Expression | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined

const placeholdersOf = (template: string): string[] =>
  [...template.matchAll(placeholder)].map((match) => match[1] ?? '')

/** Names of values that an expression rests on directly. */
export function namesUsed(expression: Expression, values: NamedValues): string[] {
  if (typeof expression === 'string') return []
  return [
    ...(expression.use === undefined ? [] : [expression.use]),
    ...placeholdersOf(expression.template ?? '').filter((name) => Object.hasOwn(values, name)),
    ...partsOf(expression).flatMap((part) => namesUsed(part, values)),
  ]
}

/** Expressions written inside of another. */
function partsOf(expression: Expression): Expression[] {
  if (typeof expression === 'string') return []
  const { lookup, dateSequence } = expression
  return [
    ...(lookup ? [lookup.by] : []),
    ...(dateSequence
      ? [dateSequence.month, ...(dateSequence.weekday === undefined ? [] : [dateSequence.weekday])]
      : []),
  ]
}

/** An expression with all it rests on; names must not lead back to themselves (`checkMapping`). */
function withParts(expression: Expression, values: NamedValues): Expression[] {
  const named =
    typeof expression === 'string' ? [] : [expression.use ?? '', ...placeholdersOf(expression.template ?? '')]
  const below = [...partsOf(expression), ...named.flatMap((name) => namedValue(values, name) ?? [])]
  return [expression, ...below.flatMap((part) => withParts(part, values))]
}

/** Every lookup of some steps, nested ones too. */
export const lookupsOf = (steps: readonly Step[], values: NamedValues): Lookup[] =>
  steps.flatMap((step) =>
    expressionsOf(step).flatMap(([, expression]) =>
      withParts(expression, values).flatMap((part) =>
        typeof part === 'string' || !part.lookup ? [] : [part.lookup],
      ),
    ),
  )

const columnsIn = (expression: Expression, values: NamedValues): string[] =>
  withParts(expression, values).flatMap((part) => {
    if (typeof part === 'string') return [part]
    const names = placeholdersOf(part.template ?? '').filter((name) => !Object.hasOwn(values, name))
    return part.column === undefined ? names : [part.column, ...names]
  })

/**
 * The columns that may be shown where rows are shown; undefined: all. A file that brings direct identifiers is shown only
 * as far as its mapping says that a column is none.
 */
export function visibleColumns(steps: readonly Step[], values: NamedValues): ReadonlySet<string> | undefined {
  const all = steps.flatMap(expressionsOf)
  const identities = all.filter(([field]) => field.startsWith('identities.'))
  if (identities.length === 0) return undefined
  const hidden = new Set(identities.flatMap(([, expression]) => columnsIn(expression, values)))
  return new Set(
    all.flatMap(([, expression]) => columnsIn(expression, values)).filter((column) => !hidden.has(column)),
  )
}
