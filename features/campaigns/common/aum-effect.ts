import { type Sql, sql } from '#platform/common/sql.ts'
import { type Interval, z975 } from './lift.ts'

/** A number as an engine sends it: ClickHouse quotes 64-bit integers and sends NaN as null. */
export type Numeric = number | string | null

/**
 * What one arm's customers of one opening tier look like in AUM (yuan) before and after; `aumMomentsSql` selects it.
 * Every eligible customer counts, also those never reached and those who left (after: 0).
 */
export type TierMoments = {
  arm: string
  tier: string
  customers: Numeric
  meanPre: Numeric
  meanPost: Numeric
  varPre: Numeric
  varPost: Numeric
  cov: Numeric
}

export type TierAumEffect = { tier: string; treatedCustomers: number; controlCustomers: number } & (
  | { tooFew: true }
  | {
      tooFew: false
      /** Yuan a customer, adjusted for what each held before. */
      effect: Interval & { method: 'cuped-within-tier' }
      /** Yuan a customer, the plain difference of means. */
      unadjusted: Interval
      /** Yuan after, foretold by one yuan before. */
      theta: number
    }
)

export type OverallAumEffect = {
  /** Customers of the tiers that count; those of tiers with too few are left out here too. */
  treatedCustomers: number
  controlCustomers: number
  effect: Interval & { method: 'cuped-within-tier' }
  /** The plain difference of means over the same customers: neither tiers nor the time before. */
  unadjusted: Interval
  /** Yuan in all: the effect times the treated customers. */
  total: Interval
}

export type AumEffect = { tiers: TierAumEffect[]; overall?: OverallAumEffect }

/**
 * The columns of `TierMoments`, grouped by arm and tier, from a customer's amount before and after (any numeric type).
 * The Stable functions matter: with amounts near 10⁸ plain varSamp is wrong by a factor.
 */
export const aumMomentsSql = (pre: Sql, post: Sql): Sql => sql`count() AS customers,
  avg(${pre}) AS meanPre, avg(${post}) AS meanPost,
  varSampStable(${pre}) AS varPre, varSampStable(${post}) AS varPost, covarSampStable(${pre}, ${post}) AS cov`

/**
 * What a campaign did to AUM: treated minus control in yuan a customer, per opening tier and overall, with 95 % limits.
 *
 * Within a tier the difference after is corrected by θ times the difference before, θ being the slope of after on
 * before pooled over both arms (A. Deng et al., "Improving the sensitivity of online controlled experiments by
 * utilizing pre-experiment data", WSDM 2013: CUPED). Each arm keeps its own variance, so the limits hold also when the
 * effect varies with the balance (W. Lin, "Agnostic notes on regression adjustments to experimental data", Annals of
 * Applied Statistics 7 (2013) 295–318). Overall, tiers are weighted by their customers of both arms (post-stratified):
 * the average effect over the customers in the experiment, by intention to treat.
 *
 * A tier where an arm has fewer than two customers gives counts only: one customer carries no variance, and a value
 * would tell that customer's balance. Rows of one arm and tier are added up; rows of other arms are ignored.
 */
export function aumEffect(
  rows: readonly TierMoments[],
  arms: { treated: string; control: string },
): AumEffect {
  const strata = [...new Set(rows.map((row) => row.tier))].map((tier) => {
    const inArm = (arm: string) =>
      poolAll(rows.filter((row) => row.tier === tier && row.arm === arm).map(read))
    return { tier, treated: inArm(arms.treated), control: inArm(arms.control) }
  })
  const counted = strata.filter(hasEnough)
  return {
    tiers: strata.filter((stratum) => stratum.treated.n + stratum.control.n > 0).map(tierEffect),
    ...(counted.length > 0 && { overall: overallEffect(counted) }),
  }
}

type Moments = { n: number; meanPre: number; meanPost: number; varPre: number; varPost: number; cov: number }
type Pair = { treated: Moments; control: Moments }
/** An estimate, the variance of the estimate and that variance's degrees of freedom. */
type Estimate = { value: number; variance: number; df: number }

const method = 'cuped-within-tier'
const hasEnough = ({ treated, control }: Pair) => treated.n >= 2 && control.n >= 2

function tierEffect({ tier, ...pair }: Pair & { tier: string }): TierAumEffect {
  const counts = { tier, treatedCustomers: pair.treated.n, controlCustomers: pair.control.n }
  if (!hasEnough(pair)) return { ...counts, tooFew: true }
  const theta = slope(pair)
  return {
    ...counts,
    tooFew: false,
    effect: { ...limits(adjustedDifference(pair, theta)), method },
    unadjusted: limits(difference(pair, 0)),
    theta,
  }
}

function overallEffect(strata: readonly Pair[]): OverallAumEffect {
  const crude: Pair = {
    treated: poolAll(strata.map((stratum) => stratum.treated)),
    control: poolAll(strata.map((stratum) => stratum.control)),
  }
  const customers = crude.treated.n + crude.control.n
  const parts = strata.map((stratum) => ({
    ...adjustedDifference(stratum, slope(stratum)),
    weight: (stratum.treated.n + stratum.control.n) / customers,
  }))
  const effect = limits({
    value: sum(parts.map((part) => part.weight * part.value)),
    ...combine(parts.map((part) => ({ variance: part.weight ** 2 * part.variance, df: part.df }))),
  })
  const inAll = (yuan: number) => yuan * crude.treated.n
  return {
    treatedCustomers: crude.treated.n,
    controlCustomers: crude.control.n,
    effect: { ...effect, method },
    unadjusted: limits(difference(crude, 0)),
    total: { value: inAll(effect.value), low: inAll(effect.low), high: inAll(effect.high) },
  }
}

/** θ, pooled over the arms; 0 where nobody held anything different before. */
function slope({ treated, control }: Pair): number {
  const spread = (treated.n - 1) * treated.varPre + (control.n - 1) * control.varPre
  return spread > 0 ? ((treated.n - 1) * treated.cov + (control.n - 1) * control.cov) / spread : 0
}

function difference(pair: Pair, theta: number): Estimate {
  const { treated, control } = pair
  const ofMean = (arm: Moments) => ({
    variance: Math.max(0, arm.varPost - 2 * theta * arm.cov + theta ** 2 * arm.varPre) / arm.n,
    df: arm.n - 1,
  })
  return {
    value: treated.meanPost - control.meanPost - theta * (treated.meanPre - control.meanPre),
    ...combine([ofMean(treated), ofMean(control)]),
  }
}

/** The difference with θ taken out. Fitting θ used up a degree of freedom, which matters in the smallest tiers. */
function adjustedDifference(pair: Pair, theta: number): Estimate {
  const { value, variance, df } = difference(pair, theta)
  const free = pair.treated.n + pair.control.n - 2
  const inflation = theta === 0 ? 1 : free / (free - 1)
  return { value, variance: variance * inflation, df: df / inflation }
}

/** Adds up independent variances; the degrees of freedom are Satterthwaite's (Biometrics Bulletin 2 (1946) 110–114). */
function combine(parts: readonly { variance: number; df: number }[]): { variance: number; df: number } {
  const variance = sum(parts.map((part) => part.variance))
  const df = variance ** 2 / sum(parts.map((part) => part.variance ** 2 / part.df))
  return { variance, df: variance > 0 ? df : Number.POSITIVE_INFINITY }
}

function limits({ value, variance, df }: Estimate): Interval {
  const half = studentT975(df) * Math.sqrt(variance)
  return { value, low: value - half, high: value + half }
}

// The two-sided 95 % points of Student's t with 1 to 9 degrees of freedom.
const smallT975 = [
  12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
] as const

/**
 * Student's t at 97.5 %: from 9 degrees on the expansion of Abramowitz and Stegun 26.7.5 (good to 2 × 10⁻⁵), below by
 * its logarithm on a straight line in 1/df between table entries, which errs a little on the wide side.
 */
function studentT975(df: number): number {
  if (df >= smallT975.length) {
    const z = z975
    return (
      z +
      (z ** 3 + z) / (4 * df) +
      (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df ** 2) +
      (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * df ** 3) +
      (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92_160 * df ** 4)
    )
  }
  const floor = Math.max(1, Math.floor(df))
  const [wide, narrow] = [smallT975[floor - 1]!, smallT975[floor]!]
  const share = (1 / floor - 1 / Math.max(1, df)) / (1 / floor - 1 / (floor + 1))
  return wide * (narrow / wide) ** share
}

const nobody: Moments = { n: 0, meanPre: 0, meanPost: 0, varPre: 0, varPost: 0, cov: 0 }
const poolAll = (parts: readonly Moments[]): Moments => parts.reduce(pool, nobody)

/**
 * The moments of two groups taken together, without going back to sums of squares (T. Chan, G. Golub, R. LeVeque,
 * "Updating formulae and a pairwise algorithm for computing sample variances", Stanford STAN-CS-79-773, 1979).
 */
function pool(one: Moments, other: Moments): Moments {
  if (one.n === 0) return other
  if (other.n === 0) return one
  const n = one.n + other.n
  const pre = other.meanPre - one.meanPre
  const post = other.meanPost - one.meanPost
  const together = (a: number, b: number, between: number) =>
    ((one.n - 1) * a + (other.n - 1) * b + (between * one.n * other.n) / n) / (n - 1)
  return {
    n,
    meanPre: one.meanPre + (pre * other.n) / n,
    meanPost: one.meanPost + (post * other.n) / n,
    varPre: together(one.varPre, other.varPre, pre * pre),
    varPost: together(one.varPost, other.varPost, post * post),
    cov: together(one.cov, other.cov, pre * post),
  }
}

/** An empty group has no mean and a group of one no variance: whatever the engine sends for those isn't read. */
function read(row: TierMoments): Moments {
  const n = toNumber(row, 'customers')
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`customers is no count: ${row.customers}`)
  if (n === 0) return nobody
  const means = { n, meanPre: toNumber(row, 'meanPre'), meanPost: toNumber(row, 'meanPost') }
  if (n === 1) return { ...means, varPre: 0, varPost: 0, cov: 0 }
  const spread = {
    varPre: toNumber(row, 'varPre'),
    varPost: toNumber(row, 'varPost'),
    cov: toNumber(row, 'cov'),
  }
  if (spread.varPre < 0 || spread.varPost < 0) throw new RangeError(`A variance of ${row.tier} is negative`)
  return { ...means, ...spread }
}

const decimal = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function toNumber(row: TierMoments, field: keyof TierMoments): number {
  const given = row[field]
  const number =
    typeof given === 'string' ? (decimal.test(given) ? Number(given) : Number.NaN) : (given ?? Number.NaN)
  if (!Number.isFinite(number)) {
    throw new RangeError(`${field} of arm ${row.arm}, tier ${row.tier} is no number: ${given}`)
  }
  return number
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
