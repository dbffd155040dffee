/** How many values there are, their mean, and the sum of squared distances from it. */
export type Moments = { n: number; mean: number; m2: number }

export const noMoments: Moments = { n: 0, mean: 0, m2: 0 }

/** Moments of two sets together (Chan, Golub & LeVeque 1983): no sum of squares, so large values lose nothing. */
export function joinMoments(one: Moments, other: Moments): Moments {
  const n = one.n + other.n
  if (one.n === 0 || other.n === 0) return one.n === 0 ? other : one
  const delta = other.mean - one.mean
  return {
    n,
    mean: one.mean + (delta * other.n) / n,
    m2: one.m2 + other.m2 + (delta * delta * one.n * other.n) / n,
  }
}

/** Sample standard deviation; null below two values. */
export const deviationOf = ({ n, m2 }: Moments): number | null => (n < 2 ? null : Math.sqrt(m2 / (n - 1)))

/**
 * Cohen's d, the standardised difference of two means: (mean₁ − mean₂) / s, with the pooled
 * s = √((Σ(x−mean₁)² + Σ(x−mean₂)²) / (n₁ + n₂ − 2)). Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd
 * ed. 1988, p. 67: 0.2 is small, 0.5 medium, 0.8 large. Null where nothing varies or fewer than two values are on a side.
 */
export function cohensD(one: Moments, other: Moments): number | null {
  if (one.n < 2 || other.n < 2) return null
  const variance = (one.m2 + other.m2) / (one.n + other.n - 2)
  if (variance > 0) return (one.mean - other.mean) / Math.sqrt(variance)
  return one.mean === other.mean ? 0 : null
}

/**
 * Cohen's h, the difference of two shares: 2·arcsin√p₁ − 2·arcsin√p₂ (Cohen 1988, p. 181), from −π to π; 0.2, 0.5 and 0.8
 * mean the same as for d, which is why tags of both kinds stand in one order.
 */
export const cohensH = (one: number, other: number): number =>
  2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, one)))) -
  2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, other))))

/**
 * Cramér's V of a table of two groups by values: √(χ² / (N·(min(rows, columns) − 1))), which for two groups is √(χ² / N);
 * 0 says that the values are spread alike, 1 that no value occurs in both. Cramér, Mathematical Methods of Statistics,
 * 1946, p. 443. Null where a group is empty.
 */
export function cramersV(counts: readonly (readonly [number, number])[]): number | null {
  const one = counts.reduce((sum, [count]) => sum + count, 0)
  const other = counts.reduce((sum, [, count]) => sum + count, 0)
  const total = one + other
  if (one === 0 || other === 0) return null
  const chi2 = counts.reduce((sum, [a, b]) => {
    const row = a + b
    if (row === 0) return sum
    const [expectedA, expectedB] = [(row * one) / total, (row * other) / total]
    return sum + (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB
  }, 0)
  return Math.min(1, Math.sqrt(chi2 / total))
}
