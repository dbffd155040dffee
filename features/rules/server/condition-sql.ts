import { amountLimit, canonicalText, decimalText } from '#features/rules/common/canonical.ts'
import {
  type Condition,
  compareCount,
  compareSum,
  listOf,
  type Order,
  readOrdered,
  readSumValue,
  valueScale,
} from '#features/rules/common/compare.ts'
import type { CountCondition, Scalar, StepReference, Where } from '#features/rules/common/rule.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** A text a condition looks at, and whether it is there; `number` is a column that already holds the text as a number. */
export type TextColumn = { text: Sql; isPresent: Sql; number?: Sql }

const orders: { readonly [O in Order]: Sql } = { lt: sql`<`, lte: sql`<=`, gt: sql`>`, gte: sql`>=` }

/** A number by its bits: as text it could be read back one digit off. */
export function float64(value: number): Sql {
  const bits = new BigUint64Array(new Float64Array([value]).buffer)[0]
  return sql`reinterpretAsFloat64(${typed('UInt64', String(bits))})`
}

// `sumScale` and `valueScale`: scales must be literals.
const scaleOfSums = sql`9`
const scaleOfValues = sql`20`

const string = (value: string) => typed('String', value)

/** The finite number a text stands for, else NULL: the same texts as `readNumber` of common/canonical.ts. */
export const numberOf = (text: Sql): Sql =>
  sql`if(isFinite(ifNull(toFloat64OrNull(${text}), nan)), toFloat64OrNull(${text}), NULL)`

/** Whether a text stands for an amount that sums can take. */
export const isAmount = (text: Sql): Sql =>
  sql`ifNull(abs(toFloat64OrNull(${text})) < ${float64(amountLimit)}, 0)`

const noAmount = sql`toDecimal128(0, ${scaleOfSums})`

/** The amount of a text in 10^-9, 0 for what is none; twin of `readAmount`. */
export const amountOf = (text: Sql): Sql =>
  sql`if(${isAmount(text)}, ifNull(toDecimal128OrNull(${text}, ${scaleOfSums}), ${noAmount}), ${noAmount})`

function ordered({ text, number }: TextColumn, order: Order, value: Scalar): Sql {
  const right = readOrdered(value)
  if (!right) return sql`0`
  if (right.as === 'date') {
    return sql`(match(${text}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') AND ${text} ${orders[order]} ${string(right.date)})`
  }
  return sql`ifNull(${number ?? numberOf(text)} ${orders[order]} ${float64(right.number)}, 0)`
}

const textIn = (text: Sql, values: readonly Scalar[]): Sql =>
  values.length === 0 ? sql`0` : sql`${text} IN ${typed('Array(String)', values.map(canonicalText))}`

/** Whether a condition holds for a text; what is missing holds nothing. Twin of `compareText`. */
export function conditionSql(column: TextColumn, { is, value }: Condition): Sql {
  const values = listOf(value)
  const [first = '', second = ''] = values
  switch (is) {
    case 'exists':
      return column.isPresent
    case 'eq':
      return sql`(${column.text} = ${string(canonicalText(first))} AND ${column.isPresent})`
    case 'ne':
      return sql`(${column.text} != ${string(canonicalText(first))} AND ${column.isPresent})`
    case 'in':
      return sql`(${textIn(column.text, values)} AND ${column.isPresent})`
    case 'between':
      return sql`(${ordered(column, 'gte', first)} AND ${ordered(column, 'lte', second)})`
    default:
      return ordered(column, is, first)
  }
}

/** A property of an event row with the alias e; a property that is not there reads as the empty text. */
export const eventProperty = (name: string): TextColumn => ({
  text: sql`e.props[${string(name)}]`,
  isPresent: sql`mapContains(e.props, ${string(name)})`,
})

/** All conditions of a `where`, on an event row with the alias e. */
export const whereSql = (where: readonly Where[] | undefined): Sql =>
  where?.length
    ? joinSql(
        where.map((one) => conditionSql(eventProperty(one.prop), one)),
        sql` AND `,
      )
    : sql`1`

const isDate = (text: Sql): Sql => sql`match(${text}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')`

/** Whether a text compares to another that stands where a rule's value would; either is NULL where it is missing. */
export function referenceSql(text: Sql, is: StepReference['is'], other: Sql): Sql {
  if (is === 'eq') return sql`ifNull(${text} = ${other}, 0)`
  if (is === 'ne') return sql`ifNull(${text} != ${other}, 0)`
  return sql`(ifNull(${numberOf(text)} ${orders[is]} ${numberOf(other)}, 0)
    OR ifNull(${isDate(text)} AND ${isDate(other)} AND ${text} ${orders[is]} ${other}, 0))`
}

/** What a tag's value is ranked by, NULL for what is neither number nor plain date; twin of `rankOf`. */
export const rankSql = (text: Sql, number: Sql): Sql =>
  sql`coalesce(${number}, if(${isDate(text)}, toFloat64OrNull(replaceAll(${text}, '-', '')), NULL))`

function compareSql(left: Sql, { is }: CountCondition, values: readonly Sql[]): Sql {
  const [first = sql`NULL`, second = sql`NULL`] = values
  switch (is) {
    case 'eq':
      return sql`(${left} = ${first})`
    case 'ne':
      return sql`(${left} != ${first})`
    case 'in':
      return values.length
        ? sql`(${joinSql(
            values.map((value) => sql`${left} = ${value}`),
            sql` OR `,
          )})`
        : sql`0`
    case 'between':
      return sql`(${left} >= ${first} AND ${left} <= ${second})`
    default:
      return sql`(${left} ${orders[is]} ${first})`
  }
}

/** Whether a condition on a count holds, and whether it would for nobody's events at all. */
export const countSql = (count: Sql, condition: CountCondition): { sql: Sql; atZero: boolean } => ({
  sql: compareSql(sql`toFloat64(${count})`, condition, [condition.value].flat().map(float64)),
  atZero: compareCount(0, condition),
})

const decimal256 = (value: number): Sql =>
  sql`toDecimal256(${string(decimalText(readSumValue(value), valueScale))}, ${scaleOfValues})`

/** Whether a condition on a sum of amounts holds, and whether it would for nobody's events at all. */
export const sumSql = (sum: Sql, condition: CountCondition): { sql: Sql; atZero: boolean } => ({
  sql: compareSql(
    sql`toDecimal256(${sum}, ${scaleOfValues})`,
    condition,
    [condition.value].flat().map(decimal256),
  ),
  atZero: compareSum(0n, condition),
})
