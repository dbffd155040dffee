import { queryBind } from 'chdb'
import { expect, test } from 'vitest'
import { renderClickHouse, sql } from '#platform/common/sql.ts'
import { aumEffect, aumMomentsSql, type TierMoments } from './aum-effect.ts'

// The means of each arm lie at 10⁸ yuan and its amounts a few yuan around: sums of squares would drown in rounding.
const statement = sql`
  SELECT b.arm AS arm, b.tier AS tier, ${aumMomentsSql(sql`b.pre`, sql`b.post`)}
  FROM (SELECT if(n.number % 2 = 0, 'offer', 'holdout') AS arm, if(n.number < 1000, 'T6', 'T5') AS tier,
          toDecimal64(100000000 + intDiv(n.number, 2) % 10, 2) AS pre,
          toDecimal64(100000000 + intDiv(n.number, 2) % 10 + if(n.number % 2 = 0, 3, 0), 2) AS post
        FROM numbers(1001) AS n) AS b
  GROUP BY b.arm, b.tier ORDER BY b.tier DESC, b.arm`

test('ClickHouse sends moments that keep ten digits, and null for one customer', () => {
  const { query, params } = renderClickHouse(statement)
  const lines = queryBind(query, params, 'JSONEachRow').trim().split('\n')
  const rows = lines.map((line) => JSON.parse(line) as TierMoments)

  const holdout = rows.find(({ arm, tier }) => arm === 'holdout' && tier === 'T6')
  expect(Number(holdout?.customers)).toBe(500)
  expect(holdout?.meanPre).toBeCloseTo(100_000_004.5, 6)
  expect(holdout?.varPre).toBeCloseTo((8.25 * 500) / 499, 6)
  expect(holdout?.cov).toBeCloseTo((8.25 * 500) / 499, 6)
  expect(rows.find(({ tier }) => tier === 'T5')?.varPre).toBeNull()

  const { tiers, overall } = aumEffect(rows, { treated: 'offer', control: 'holdout' })
  expect(tiers[1]).toEqual({ tier: 'T5', treatedCustomers: 1, controlCustomers: 0, tooFew: true })
  expect(overall?.effect.value).toBeCloseTo(3, 6)
  expect(overall?.total.value).toBeCloseTo(1_500, 3)
})
