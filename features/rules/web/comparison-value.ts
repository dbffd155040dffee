import type { Comparison, Scalar } from '../common/rule.ts'

export type ConditionValue = Scalar | Scalar[] | undefined
export type ValueKind = 'bool' | 'enum' | 'number' | 'date' | 'text'

/** Operators that make sense for a kind of value, the usual ones first. */
export const operatorsOf: { readonly [K in ValueKind]: readonly Comparison[] } = {
  bool: ['eq', 'exists'],
  enum: ['in', 'eq', 'ne', 'exists'],
  number: ['gte', 'lte', 'between', 'eq', 'ne', 'gt', 'lt', 'in', 'exists'],
  date: ['gte', 'lte', 'between', 'eq', 'gt', 'lt', 'exists'],
  text: ['eq', 'in', 'ne', 'gte', 'lte', 'between', 'gt', 'lt', 'exists'],
}

/** Counts and sums always have a value, so "has a value" is no question. */
export const countOperators: readonly Exclude<Comparison, 'exists'>[] = [
  'gte',
  'lte',
  'eq',
  'between',
  'gt',
  'lt',
  'ne',
]

/** Keeps what was entered when the operator changes, in the shape the new one takes. */
export function reshape(is: Comparison, value: ConditionValue): ConditionValue {
  const list = value === undefined ? [] : [value].flat()
  if (is === 'exists') return undefined
  if (is === 'in') return list
  if (is === 'between') return list.length >= 2 ? list.slice(0, 2) : list
  return list[0]
}

/** The condition a newly chosen tag starts with. */
export function startOf(kind: ValueKind): { is: Comparison; value?: ConditionValue } {
  if (kind === 'bool') return { is: 'eq', value: true }
  if (kind === 'enum') return { is: 'in', value: [] }
  return { is: operatorsOf[kind][0] ?? 'eq' }
}

/** Whether a text operator compares numbers; then numbers are asked for. */
export const isOrdering = (is: Comparison): boolean => ['lt', 'lte', 'gt', 'gte', 'between'].includes(is)
