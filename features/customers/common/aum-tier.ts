/** A band of assets under management (AUM), from `fromYuan` up to the next tier's. */
export type AumTier = {
  code: string
  /** Whole yuan, inclusive, not negative. The first tier also takes everything below its own. */
  fromYuan: number
  name: { zh: string; en: string }
}

/** At least one tier, in ascending order; a bank may configure its own. */
export type AumTiers = readonly [AumTier, ...AumTier[]]

/**
 * The default tiers, read on the monthly average AUM, never on one day's balance. 200k, 1 m and 6 m are public
 * boundaries of Chinese banks; 50k and 500k are customary; some banks start private banking at 10 m.
 */
export const aumTiers: AumTiers = [
  { code: 'T0', fromYuan: 0, name: { zh: '零资产', en: 'Zero or near zero' } },
  { code: 'T1', fromYuan: 1_000, name: { zh: '长尾', en: 'Long tail' } },
  { code: 'T2', fromYuan: 50_000, name: { zh: '基础', en: 'Basic' } },
  { code: 'T3', fromYuan: 200_000, name: { zh: '潜力', en: 'Promising' } },
  { code: 'T4', fromYuan: 500_000, name: { zh: '财富', en: 'Wealth' } },
  { code: 'T5', fromYuan: 1_000_000, name: { zh: '高净值', en: 'High' } },
  { code: 'T6', fromYuan: 6_000_000, name: { zh: '私行', en: 'Private' } },
]

/** The tier of an amount in yuan; a decimal string is compared exactly, however many digits it has. */
export function tierOf(amount: string | number, tiers: AumTiers = aumTiers): AumTier {
  const yuan = typeof amount === 'string' ? wholeYuan(amount) : amount
  if (Number.isNaN(yuan)) throw new RangeError(`Not an amount: ${amount}`)
  return tiers.findLast((tier) => tier.fromYuan <= yuan) ?? tiers[0]
}

/** A decimal's whole yuan: boundaries are whole, so a fraction can't cross one. Below zero is just below zero. */
function wholeYuan(decimal: string): bigint | number {
  const [, sign, digits] = /^([+-]?)(\d+)(?:\.\d+)?$/.exec(decimal) ?? []
  if (digits === undefined) return Number.NaN
  return sign === '-' ? -1 : BigInt(digits)
}
