import {
  cohensD,
  cohensH,
  cramersV,
  deviationOf,
  joinMoments,
  type Moments,
  noMoments,
} from '#features/segments/common/effect-size.ts'
import type { ComparedTag } from '#features/segments/common/segment-analysis.ts'

type Named = Pick<ComparedTag, 'tag' | 'name' | 'type'>
export type ValueCounts = ReadonlyMap<string, readonly [number, number]>

const mostValues = 20
const dayMs = 86_400_000

const isNumeric = (type: Named['type']): boolean => type === 'number' || type === 'date'

const numberOf = (type: Named['type'], value: string): number =>
  type === 'date' ? Date.parse(`${value.slice(0, 10)}T00:00:00Z`) / dayMs : Number(value)

const pair = <T>(make: (side: 0 | 1) => T): [T, T] => [make(0), make(1)]

/** Moments of one side from how many customers have each value. */
function momentsOf(type: Named['type'], counts: ValueCounts, side: 0 | 1): Moments {
  let moments = noMoments
  for (const [value, both] of counts) {
    const mean = numberOf(type, value)
    if (both[side] > 0 && Number.isFinite(mean))
      moments = joinMoments(moments, { n: both[side], mean, m2: 0 })
  }
  return moments
}

const numbersOf = (moments: Moments) => ({
  mean: moments.n === 0 ? null : moments.mean,
  deviation: deviationOf(moments),
})

const nothing = { cramersV: null, numbers: null, values: null, valueCount: null, isCoverageOnly: false }

/** A tag of numbers or days, compared by their means. */
export const compareMoments = (
  tag: Named,
  base: [number, number],
  moments: readonly [Moments, Moments],
): ComparedTag => ({
  ...tag,
  ...nothing,
  effect: cohensD(moments[0], moments[1]),
  measure: 'd',
  base,
  numbers: pair((side) => numbersOf(moments[side])),
})

/** A tag of too many different values: compared by how many customers have one. */
export const compareCoverage = (
  tag: Named,
  base: [number, number],
  sizes: readonly [number, number],
): ComparedTag => ({
  ...tag,
  ...nothing,
  effect: sizes[0] > 0 && sizes[1] > 0 ? cohensH(base[0] / sizes[0], base[1] / sizes[1]) : null,
  measure: 'h',
  base,
  isCoverageOnly: true,
})

/** A tag compared by how many customers of each side have each of its values. */
export function compareValues(tag: Named, counts: ValueCounts): ComparedTag {
  const all = [...counts]
  const base = pair((side) => all.reduce((sum, [, both]) => sum + both[side], 0))
  if (isNumeric(tag.type)) {
    return compareMoments(
      tag,
      base,
      pair((side) => momentsOf(tag.type, counts, side)),
    )
  }
  if (base[0] === 0 || base[1] === 0)
    return { ...tag, ...nothing, effect: null, measure: 'h', base, values: [], valueCount: all.length }
  const values = all
    .map(([value, both]) => {
      const shares = pair((side) => both[side] / base[side])
      return { value, counts: pair((side) => both[side]), shares, h: cohensH(shares[0], shares[1]) }
    })
    .sort((one, other) => Math.abs(other.h) - Math.abs(one.h) || (one.value < other.value ? -1 : 1))
  // Of yes and no, "yes" is what is spoken of.
  const yes = tag.type === 'bool' ? values.find(({ value }) => value === 'true') : undefined
  return {
    ...tag,
    ...nothing,
    effect: (yes ?? values[0])?.h ?? null,
    measure: 'h',
    cramersV: cramersV(all.map(([, both]) => both)),
    base,
    values: values.slice(0, mostValues),
    valueCount: values.length,
  }
}

/** The most different first; what has no effect size last. */
export const byEffect = (one: ComparedTag, other: ComparedTag): number => {
  if (one.effect === null || other.effect === null) {
    return Number(one.effect === null) - Number(other.effect === null) || (one.tag < other.tag ? -1 : 1)
  }
  return Math.abs(other.effect) - Math.abs(one.effect) || (one.tag < other.tag ? -1 : 1)
}
