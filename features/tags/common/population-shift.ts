/** A share that nobody has counts as this, so that the logarithm exists. */
const leastShare = 1e-4

/** From here on a distribution has shifted noticeably, and seriously. */
export const noticeableShift = 0.1
export const seriousShift = 0.25

/**
 * Population stability index between two distributions over the same buckets: Σ (aᵢ − bᵢ) · ln(aᵢ / bᵢ) over shares a now
 * and b before. The formula and the thresholds 0.1 and 0.25 are those of credit scoring (N. Siddiqi, Credit Risk
 * Scorecards, 2006, “system stability index”). Two empty ones are alike.
 */
export function populationShift(before: readonly number[], now: readonly number[]): number {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  const [all, allNow] = [sum(before), sum(now)]
  if (all === 0 || allNow === 0) return 0
  const buckets = Math.max(before.length, now.length)
  let index = 0
  for (let at = 0; at < buckets; at += 1) {
    const share = Math.max((before[at] ?? 0) / all, leastShare)
    const shareNow = Math.max((now[at] ?? 0) / allNow, leastShare)
    index += (shareNow - share) * Math.log(shareNow / share)
  }
  return index
}
