import { bucketOf, bucketSql, sha256 } from '#features/rules/common/bucket.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

export { bucketOf, bucketSql, sha256 }

export type ExperimentArm = 'holdout' | 'treated'

const buckets = 2n ** 64n

/**
 * How many of the 2⁶⁴ buckets are held out: ⌊2⁶⁴ × percent ÷ 100⌋, in whole numbers. The percent has at most two
 * decimals; 100 gives 2⁶⁴ itself, one more than a UInt64 can hold.
 */
export function holdoutThreshold(holdoutPercent: number): bigint {
  const hundredths = Math.round(holdoutPercent * 100)
  // 0.29 × 100 is 28.999…: what must hold is that the hundredths give back exactly the percent asked for.
  if (!(hundredths >= 0 && hundredths <= 10_000) || hundredths / 100 !== holdoutPercent) {
    throw new RangeError(`Not a percent from 0 to 100 with at most two decimals: ${holdoutPercent}`)
  }
  return (buckets * BigInt(hundredths)) / 10_000n
}

/**
 * Held out are exactly the customers whose bucket is below the threshold. So raising the percent only ever adds
 * customers to the hold-out, and lowering it only ever releases some.
 */
export function armOf(bucket: bigint, holdoutPercent: number): ExperimentArm {
  return bucket < holdoutThreshold(holdoutPercent) ? 'holdout' : 'treated'
}

/** `armOf(…) === 'holdout'` in ClickHouse; the threshold is a UInt128 because 100 % doesn't fit a UInt64. */
export const isHoldoutSql = (salt: string, customerNo: Sql, holdoutPercent: number): Sql =>
  sql`${bucketSql(salt, customerNo)} < ${typed('UInt128', holdoutThreshold(holdoutPercent).toString())}`
