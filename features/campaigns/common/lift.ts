/** One arm of an experiment: how many customers are in it and how many of them converted. */
export type ArmCount = { customers: number; converted: number }

/** An estimate with its 95 % confidence limits. */
export type Interval = { value: number; low: number; high: number }

export type RateLift = Interval & { method: 'newcombe-wilson' }
export type RelativeLift = Interval & { method: 'katz-log' }

/** The two-sided 95 % point of the normal distribution. */
export const z975 = 1.959963984540054

/**
 * A conversion rate with its 95 % score interval, or undefined for an empty arm.
 *
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
 * Statistical Association 22 (1927) 209–212. No continuity correction.
 */
export function wilson(customers: number, converted: number): Interval | undefined {
  checkCount({ customers, converted })
  if (customers === 0) return undefined
  const value = converted / customers
  const square = z975 * z975
  const centre = 2 * converted + square
  const spread = z975 * Math.sqrt(square + 4 * converted * (1 - value))
  const scale = 2 * (customers + square)
  return {
    value,
    // At the ends the limit is the end itself; rounding must not push it past.
    low: converted === 0 ? 0 : (centre - spread) / scale,
    high: converted === customers ? 1 : (centre + spread) / scale,
  }
}

/**
 * Treated rate minus control rate with a 95 % interval, or undefined when an arm is empty.
 *
 * Method 10 of R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
 * eleven methods", Statistics in Medicine 17 (1998) 873–890: with Wilson limits l and u of each arm's rate p,
 * low = d − √((p₁−l₁)² + (u₂−p₂)²) and high = d + √((u₁−p₁)² + (p₂−l₂)²). It stays inside [−1, 1] and stays honest
 * at no or full conversion, where the textbook interval shrinks to nothing.
 */
export function rateLift(arms: { treated: ArmCount; control: ArmCount }): RateLift | undefined {
  const treated = wilson(arms.treated.customers, arms.treated.converted)
  const control = wilson(arms.control.customers, arms.control.converted)
  if (!treated || !control) return undefined
  const value = treated.value - control.value
  const below = Math.hypot(treated.value - treated.low, control.high - control.value)
  const above = Math.hypot(treated.high - treated.value, control.value - control.low)
  return {
    value,
    low: Math.max(-1, value - below),
    high: Math.min(1, value + above),
    method: 'newcombe-wilson',
  }
}

/**
 * Treated rate over control rate, minus 1 (0.25 is 25 % more), with a 95 % interval; undefined when an arm has no
 * customer or no conversion, because the logarithm of the ratio then has no finite variance.
 *
 * D. Katz et al., "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics 34 (1978) 469–474.
 */
export function relativeLift(arms: { treated: ArmCount; control: ArmCount }): RelativeLift | undefined {
  const { treated, control } = arms
  checkCount(treated)
  checkCount(control)
  if (treated.converted === 0 || control.converted === 0) return undefined
  const ratio = treated.converted / treated.customers / (control.converted / control.customers)
  const logVariance = (arm: ArmCount) => (arm.customers - arm.converted) / (arm.customers * arm.converted)
  const factor = Math.exp(z975 * Math.sqrt(logVariance(treated) + logVariance(control)))
  return { value: ratio - 1, low: ratio / factor - 1, high: ratio * factor - 1, method: 'katz-log' }
}

function checkCount({ customers, converted }: ArmCount): void {
  const isCount = Number.isSafeInteger(customers) && Number.isSafeInteger(converted)
  if (!isCount || converted < 0 || converted > customers) {
    throw new RangeError(`Not an arm: ${converted} of ${customers} customers converted`)
  }
}
