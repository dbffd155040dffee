import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decimalText, readAmount, readNumber, sumScale } from '#features/rules/common/canonical.ts'
import { compareCount, compareSum, compareText } from '#features/rules/common/compare.ts'
import {
  amountOf,
  conditionSql,
  countSql,
  eventProperty,
  numberOf,
  sumSql,
} from '#features/rules/server/condition-sql.ts'
import { anyCondition, anyNumericCondition, anyText } from '#features/rules/server/rules-testing.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestClickHouse } from '#platform/server/clickhouse/clickhouse-testing.ts'

let ch: ClickHouse
let drop: () => Promise<void>

beforeAll(async () => {
  const opened = await openTestClickHouse()
  ch = opened.ch
  drop = opened.drop
})
afterAll(() => drop())

const asArray = (parts: readonly Sql[]): Sql => sql`[${joinSql(parts, sql`, `)}]`

/** Event rows with the property p, one a text, and one row without it. */
const rowsOf = (texts: readonly string[]): Sql => sql`(
  SELECT CAST(map('p', t.text), 'Map(LowCardinality(String), String)') AS props, t.text AS text, 1 AS is_present
  FROM (SELECT arrayJoin(${typed('Array(String)', texts)}) AS text) AS t
  UNION ALL SELECT CAST(map(), 'Map(LowCardinality(String), String)'), '', 0)`

const numberish = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '9',
      '25',
      '.',
      'e',
      'E',
      '+',
      '-',
      '000000',
      '123456789',
      'inf',
      'nan',
      ' ',
      '１',
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))
const decimals = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((value) => (value / 100).toFixed(2))
const digits = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 22n }), fc.bigInt({ min: 0n, max: 10n ** 22n }))
  .map((two) => two.join('.'))

test('both engines read the same texts as the same numbers and amounts', async () => {
  const texts = [...new Set(fc.sample(fc.oneof(numberish, decimals, cents, digits, anyText), 4000))]
  const rows = await ch.query<{ text: string; bits: string | null; amount: string }>(sql`
    SELECT e.text AS text, reinterpretAsUInt64(${numberOf(sql`e.text`)}) AS bits, toDecimalString(${amountOf(sql`e.text`)}, 9) AS amount
    FROM ${rowsOf(texts)} AS e WHERE e.is_present`)
  expect(rows).toHaveLength(texts.length)
  for (const { text, bits, amount } of rows) {
    const number = readNumber(text)
    const own =
      number === undefined ? null : new BigUint64Array(new Float64Array([number]).buffer)[0]?.toString()
    expect({ text, bits }).toEqual({ text, bits: own })
    expect({ text, amount: amount.replace(/\.?0+$/, '') }).toEqual({
      text,
      amount: decimalText(readAmount(text), sumScale),
    })
  }
})

test('every condition on a text holds for the same texts', async () => {
  const conditions = fc.sample(anyCondition, 150)
  const texts = [...new Set(fc.sample(anyText, 300))]
  const rows = await ch.query<{ text: string; is_present: number; holds: number[] }>(sql`
    SELECT e.text AS text, e.is_present AS is_present,
      ${asArray(conditions.map((one) => sql`toUInt8(${conditionSql(eventProperty('p'), one)})`))} AS holds
    FROM ${rowsOf(texts)} AS e`)
  expect(rows).toHaveLength(texts.length + 1)
  for (const { text, is_present, holds } of rows) {
    conditions.forEach((condition, index) => {
      const slow = compareText(is_present ? text : undefined, condition)
      expect({ text, is_present, condition, holds: holds[index] === 1 }).toEqual({
        text,
        is_present,
        condition,
        holds: slow,
      })
    })
  }
})

test('every condition on a count or a sum holds for the same', async () => {
  const conditions = fc.sample(anyNumericCondition, 80)
  const sums = ['0', '0.3', '1', '2.5', '3', '-5.5', '1000', '0.300000001', '99999999999999999999.5']
  const rows = await ch.query<{ text: string; counts: number[]; sums: number[] }>(sql`
    SELECT s.text AS text,
      ${asArray(conditions.map((one) => sql`toUInt8(${countSql(sql`toUInt64(abs(toFloat64(s.text)))`, one).sql})`))} AS counts,
      ${asArray(conditions.map((one) => sql`toUInt8(${sumSql(sql`toDecimal128(s.text, 9)`, one).sql})`))} AS sums
    FROM (SELECT arrayJoin(${typed('Array(String)', sums)}) AS text) AS s`)
  expect(rows).toHaveLength(sums.length)
  for (const row of rows) {
    const [whole = '', fraction = ''] = row.text.split('.')
    const sum = BigInt(whole + fraction.padEnd(sumScale, '0'))
    conditions.forEach((condition, index) => {
      const count = Math.trunc(Math.abs(Number(row.text)))
      expect({ row: row.text, condition, holds: row.counts[index] === 1 }).toEqual({
        row: row.text,
        condition,
        holds: compareCount(count, condition),
      })
      expect({ row: row.text, condition, holds: row.sums[index] === 1 }).toEqual({
        row: row.text,
        condition,
        holds: compareSum(sum, condition),
      })
    })
  }
})

test('tenths add up', async () => {
  const row = await ch.first<{ holds: number }>(sql`
    SELECT ${sumSql(sql`sum(${amountOf(sql`v.text`)})`, { is: 'eq', value: 0.3 }).sql} AS holds
    FROM (SELECT arrayJoin(['0.1', '0.2', 'nothing', '1e400']) AS text) AS v`)
  expect(row?.holds).toBe(1)
})
