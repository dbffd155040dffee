import { createHash } from 'node:crypto'
import { queryBind } from 'chdb'
import { expect, test } from 'vitest'
import { renderClickHouse, type Sql, sql, typed } from '#platform/common/sql.ts'
import { armOf, bucketOf, bucketSql, isHoldoutSql } from './assignment.ts'

function rows<T>(statement: Sql): T[] {
  const { query, params } = renderClickHouse(statement)
  const lines = queryBind(query, params, 'JSONEachRow').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as T)
}

const salts = ['spring', '春季-存款', '', `it's {p0:String} \\ "x"`]

test('the SQL text binds the salt', () => {
  expect(renderClickHouse(bucketSql('spring', sql`c.customer_no`))).toEqual({
    query: "reinterpretAsUInt64(reverse(substring(SHA256(concat({p0:String}, ':', c.customer_no)), 1, 8)))",
    params: { p0: 'spring' },
  })
})

test.each(salts)('ClickHouse, this code and node:crypto agree on 3,000 customers: salt %j', (salt) => {
  const found = rows<{ customerNo: string; bucket: string; type: string }>(sql`
    SELECT c.customer_no AS customerNo, toString(${bucketSql(salt, sql`c.customer_no`)}) AS bucket
    FROM (SELECT concat(['UCI-', 'BERKA-', '客户'][n.number % 3 + 1], toString(n.number)) AS customer_no
          FROM numbers(3000) AS n) AS c`)
  expect(found).toHaveLength(3_000)
  for (const { customerNo, bucket } of found) {
    expect(bucket).toBe(bucketOf(salt, customerNo).toString())
    expect(bucket).toBe(
      createHash('sha256').update(`${salt}:${customerNo}`).digest().readBigUInt64BE().toString(),
    )
  }
})

test.each([0, 0.01, 5, 33.33, 50, 99.99, 100])('the hold-out of %s %% is the same', (percent) => {
  const customers = sql`(SELECT concat('UCI-', toString(n.number)) AS customer_no FROM numbers(2000) AS n)`
  const found = rows<{ customerNo: string; held: number }>(sql`
    SELECT c.customer_no AS customerNo, ${isHoldoutSql('spring', sql`c.customer_no`, percent)} AS held
    FROM ${customers} AS c WHERE c.customer_no != ${typed('String', '')}`)
  for (const { customerNo, held } of found) {
    expect(held === 1).toBe(armOf(bucketOf('spring', customerNo), percent) === 'holdout')
  }
})
