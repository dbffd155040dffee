import {
  canonicalText,
  isPlainDate,
  readDecimal,
  readNumber,
  sumScale,
} from '#features/rules/common/canonical.ts'
import type { Comparison, CountCondition, Scalar } from '#features/rules/common/rule.ts'

/** One comparison with its value or values, as leaves and `where` hold it. */
export type Condition = { is: Comparison; value?: Scalar | Scalar[] | undefined }

/** How a rule's value is read by the numeric operators: as a number, else as a plain date, else as nothing. */
export type Ordered = { as: 'number'; number: number } | { as: 'date'; date: string } | undefined

export function readOrdered(value: Scalar): Ordered {
  if (typeof value === 'boolean') return undefined
  const number = typeof value === 'number' ? value : readNumber(value)
  if (number !== undefined) return { as: 'number', number }
  const date = String(value)
  return isPlainDate(date) ? { as: 'date', date } : undefined
}

export type Order = 'lt' | 'lte' | 'gt' | 'gte'

const holdsFor = <T extends number | bigint | string>(left: T, order: Order, right: T): boolean => {
  if (order === 'lt') return left < right
  if (order === 'lte') return left <= right
  return order === 'gt' ? left > right : left >= right
}

function compareOrdered(text: string, order: Order, value: Scalar): boolean {
  const right = readOrdered(value)
  if (!right) return false
  if (right.as === 'date') return isPlainDate(text) && holdsFor(text, order, right.date)
  const left = readNumber(text)
  return left !== undefined && holdsFor(left, order, right.number)
}

export const listOf = (value: Condition['value']): Scalar[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** Whether a condition holds for a text; undefined is a missing value, for which nothing holds. */
export function compareText(text: string | undefined, { is, value }: Condition): boolean {
  if (text === undefined) return false
  const values = listOf(value)
  const [first = '', second = ''] = values
  switch (is) {
    case 'exists':
      return true
    case 'eq':
      return text === canonicalText(first)
    case 'ne':
      return text !== canonicalText(first)
    case 'in':
      return values.some((item) => text === canonicalText(item))
    case 'between':
      return compareOrdered(text, 'gte', first) && compareOrdered(text, 'lte', second)
    default:
      return compareOrdered(text, is, first)
  }
}

/** A rule's number is compared to sums at this many decimal places. */
export const valueScale = 20
const valueLimit = 1e50

/** A rule's number at `valueScale`; what is beyond the reach of any sum is cut to the limit. */
export function readSumValue(value: number): bigint {
  if (Math.abs(value) < valueLimit) return readDecimal(canonicalText(value), valueScale, valueLimit)
  const limit = 10n ** 70n
  return value < 0 ? -limit : limit
}

/** Whether a condition holds for sums (in 10^-9), with its own values read once for many sums. */
export function sumComparer({ is, value }: CountCondition): (sum: bigint) => boolean {
  const values = [value].flat().map(readSumValue)
  const scale = 10n ** BigInt(valueScale - sumScale)
  return (sum) => compareExact(sum * scale, is, values)
}

/** Whether a condition on a sum (in 10^-9) holds. */
export const compareSum = (sum: bigint, condition: CountCondition): boolean => sumComparer(condition)(sum)

/** Whether a condition holds for counts of messages. */
export function countComparer({ is, value }: CountCondition): (count: number) => boolean {
  const values = [value].flat()
  return (count) => compareExact(count, is, values)
}

/** Whether a condition on a count of messages holds. */
export const compareCount = (count: number, condition: CountCondition): boolean =>
  countComparer(condition)(count)

function compareExact<T extends number | bigint>(
  left: T,
  is: CountCondition['is'],
  values: readonly T[],
): boolean {
  const [first, second] = values
  if (is === 'in') return values.includes(left)
  if (first === undefined) return false
  if (is === 'eq') return left === first
  if (is === 'ne') return left !== first
  if (is === 'between') return second !== undefined && left >= first && left <= second
  return holdsFor(left, is, first)
}
