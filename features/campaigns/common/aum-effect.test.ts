import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AumEffect, aumEffect, type TierMoments } from './aum-effect.ts'
import type { Interval } from './lift.ts'

type Amounts = readonly { pre: number; post: number }[]

const arms = { treated: 'offer', control: 'holdout' }

/** What `aumMomentsSql` selects, computed the slow way. */
function moments(arm: string, tier: string, amounts: Amounts): TierMoments {
  const n = amounts.length
  const mean = (key: 'pre' | 'post') => amounts.reduce((sum, one) => sum + one[key], 0) / n
  const [meanPre, meanPost] = [mean('pre'), mean('post')]
  const together = (of: (one: Amounts[number]) => number) =>
    n > 1 ? amounts.reduce((sum, one) => sum + of(one), 0) / (n - 1) : null
  return {
    arm,
    tier,
    customers: n,
    meanPre,
    meanPost,
    varPre: together(({ pre }) => (pre - meanPre) ** 2),
    varPost: together(({ post }) => (post - meanPost) ** 2),
    cov: together(({ pre, post }) => (pre - meanPre) * (post - meanPost)),
  }
}

const amounts = (pre: number[], post: number[]): Amounts =>
  pre.map((yuan, index) => ({ pre: yuan, post: post[index]! }))

function tierOf(effect: AumEffect, tier: string) {
  const found = effect.tiers.find((one) => one.tier === tier)
  if (!found || found.tooFew) throw new Error(`${tier} has no effect`)
  return found
}

const half = ({ low, high }: Interval) => (high - low) / 2

/** mulberry32: the same numbers on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('a worked example', () => {
  const rows = [
    moments('offer', 'T1', amounts([1e3, 5e3, 20e3, 40e3, 12e3], [1500, 5200, 21e3, 43e3, 12100])),
    moments('holdout', 'T1', amounts([2e3, 9e3, 30e3], [1900, 9500, 29e3])),
    moments('offer', 'T3', amounts([200e3, 450e3, 300e3], [260e3, 440e3, 330e3])),
    moments('holdout', 'T3', amounts([210e3, 480e3, 350e3, 260e3], [200e3, 470e3, 355e3, 250e3])),
    moments('offer', 'T6', amounts([7e6, 9e6], [7.1e6, 9.5e6])),
    moments('holdout', 'T6', amounts([8e6], [8e6])),
    moments('other', 'T1', amounts([1, 2], [3, 4])),
  ]
  const effect = aumEffect(rows, arms)
  // Half-widths use the exact t; ours may be up to 1 % wider below 9 degrees of freedom.
  const expectInterval = (found: Interval, value: number, halfWidth: number) => {
    expect(found.value).toBeCloseTo(value, 4)
    expect(half(found) / halfWidth).toBeGreaterThan(0.9999)
    expect(half(found) / halfWidth).toBeLessThan(1.01)
  }

  // Expected numbers were computed apart, in Python, from the formulas.
  test('within tiers', () => {
    const t1 = tierOf(effect, 'T1')
    expect(t1.theta).toBeCloseTo(1.036520224501645, 10)
    expectInterval(t1.effect, 1089.394233, 3160.50687)
    expectInterval(t1.unadjusted, 3093.333333, 28133.180146)
    expect([t1.treatedCustomers, t1.controlCustomers]).toEqual([5, 3])
    const t3 = tierOf(effect, 'T3')
    expect(t3.theta).toBeCloseTo(0.8853366470854043, 10)
    expectInterval(t3.effect, 31961.138726, 51425.796864)
    expectInterval(t3.unadjusted, 24583.333333, 204797.971893)
    expect(t3.effect.method).toBe('cuped-within-tier')
  })

  test('overall', () => {
    const { overall } = effect
    expectInterval(overall!.effect, 15496.208329, 23946.168348)
    expectInterval(overall!.unadjusted, -48814.285714, 202524.79064)
    expectInterval(overall!.total, 123969.666635, 191569.346635)
    expect([overall!.treatedCustomers, overall!.controlCustomers]).toEqual([8, 7])
  })

  test('a tier with one customer in an arm tells counts only and stays out of the overall', () => {
    expect(effect.tiers.find(({ tier }) => tier === 'T6')).toEqual({
      tier: 'T6',
      treatedCustomers: 2,
      controlCustomers: 1,
      tooFew: true,
    })
    expect(aumEffect(rows.slice(0, 4), arms).overall).toEqual(effect.overall)
  })

  test('numbers may come as text', () => {
    const asText = rows.map((row) => ({
      ...row,
      customers: String(row.customers),
      meanPre: String(row.meanPre),
    }))
    expect(aumEffect(asText, arms)).toEqual(effect)
  })
})

describe('edges', () => {
  const row = moments('offer', 'T0', amounts([0, 0, 0], [0, 5, 10]))

  test('no rows, no effect', () => {
    expect(aumEffect([], arms)).toEqual({ tiers: [] })
  })

  test('a missing arm is an arm of nobody', () => {
    expect(aumEffect([row], arms)).toEqual({
      tiers: [{ tier: 'T0', treatedCustomers: 3, controlCustomers: 0, tooFew: true }],
    })
  })

  test('where nobody had anything before, the effect is the difference of means', () => {
    const control = moments('holdout', 'T0', amounts([0, 0, 0, 0], [0, 1, 2, 1]))
    const { theta, effect, unadjusted } = tierOf(aumEffect([row, control], arms), 'T0')
    expect(theta).toBe(0)
    expect(effect).toEqual({ ...unadjusted, method: 'cuped-within-tier' })
    expect(effect.value).toBe(4)
  })

  test('no variance at all is an interval of one point', () => {
    const flat = (arm: string, post: number) => moments(arm, 'T0', amounts([0, 0], [post, post]))
    const { effect } = tierOf(aumEffect([flat('offer', 7), flat('holdout', 5)], arms), 'T0')
    expect(effect).toEqual({ value: 2, low: 2, high: 2, method: 'cuped-within-tier' })
  })

  test.each<Partial<TierMoments>>([
    { customers: '2.5' },
    { customers: -1 },
    { meanPre: null },
    { meanPost: '1,000' },
    { varPre: 'nan' },
    { varPost: -1 },
    { cov: Number.POSITIVE_INFINITY },
  ])('%o is refused', (bad) => {
    expect(() => aumEffect([{ ...row, ...bad }], arms)).toThrow(RangeError)
  })

  test('a group of one may come without variance, an empty one without means', () => {
    const one = { ...row, customers: 1, varPre: null, varPost: 'nan', cov: null }
    const none = { ...row, arm: 'holdout', customers: '0', meanPre: null, meanPost: null }
    expect(aumEffect([one, none], arms).tiers).toEqual([
      { tier: 'T0', treatedCustomers: 1, controlCustomers: 0, tooFew: true },
    ])
  })
})

describe('properties', () => {
  const yuan = fc.integer({ min: 0, max: 10_000_000 })
  const group = fc.array(fc.record({ pre: yuan, post: yuan }), { minLength: 2, maxLength: 30 })
  const close = (found: number, expected: number) =>
    expect(Math.abs(found - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected), 1e6))
  const closeInterval = (found: Interval, expected: Interval) => {
    close(found.value, expected.value)
    close(found.low, expected.low)
    close(found.high, expected.high)
  }

  test('the unadjusted effect is the difference of means', () => {
    fc.assert(
      fc.property(group, group, (treated, control) => {
        const rows = [moments('offer', 'T1', treated), moments('holdout', 'T1', control)]
        const { unadjusted, effect } = tierOf(aumEffect(rows, arms), 'T1')
        close(unadjusted.value, Number(rows[0]!.meanPost) - Number(rows[1]!.meanPost))
        expect(effect.low).toBeLessThanOrEqual(effect.value)
        expect(effect.high).toBeGreaterThanOrEqual(effect.value)
      }),
    )
  })

  test('moving everybody before, or everybody after, by an amount changes nothing', () => {
    fc.assert(
      fc.property(group, group, yuan, yuan, (treated, control, pre, post) => {
        const moved = (all: Amounts) => all.map((one) => ({ pre: one.pre + pre, post: one.post + post }))
        const effect = (t: Amounts, c: Amounts) =>
          aumEffect([moments('offer', 'T1', t), moments('holdout', 'T1', c)], arms).overall!.effect
        closeInterval(effect(moved(treated), moved(control)), effect(treated, control))
      }),
    )
  })

  test('swapping the arms turns the sign', () => {
    fc.assert(
      fc.property(group, group, group, group, (a, b, c, d) => {
        const rows = [
          ...[moments('offer', 'T1', a), moments('holdout', 'T1', b)],
          ...[moments('offer', 'T2', c), moments('holdout', 'T2', d)],
        ]
        const forth = aumEffect(rows, arms).overall!.effect
        const back = aumEffect(rows, { treated: 'holdout', control: 'offer' }).overall!.effect
        closeInterval(back, { value: -forth.value, low: -forth.high, high: -forth.low })
      }),
    )
  })

  test('a group sent in parts is the group', () => {
    fc.assert(
      fc.property(group, group, fc.nat(30), (treated, control, cut) => {
        const rest = moments('holdout', 'T1', control)
        const parts = [treated.slice(0, cut), treated.slice(cut)].map((part) => moments('offer', 'T1', part))
        const whole = aumEffect([moments('offer', 'T1', treated), rest], arms)
        const inParts = aumEffect([...parts, rest], arms)
        closeInterval(inParts.overall!.effect, whole.overall!.effect)
        closeInterval(inParts.overall!.unadjusted, whole.overall!.unadjusted)
      }),
    )
  })
})

describe('a heavy-tailed bank with a known effect, assigned anew 400 times', () => {
  const random = seededRandom(20_260_802)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  // Tier, customers, from, to (yuan), true effect a customer. Within a tier amounts fall off like a power law.
  const shape = [
    ['T0', 1_500, 1, 1e3, 20],
    ['T1', 1_500, 1e3, 5e4, 200],
    ['T2', 600, 5e4, 2e5, 1_000],
    ['T3', 250, 2e5, 5e5, 0],
    ['T5', 100, 1e6, 6e6, 10_000],
    ['T6', 50, 6e6, 1e8, 0],
  ] as const
  const bank = shape.flatMap(([tier, customers, from, to, gain]) =>
    Array.from({ length: customers }, () => {
      const pre = from * (1 - random() * (1 - (from / to) ** 1.2)) ** (-1 / 1.2)
      const left = random() < 0.04 ? random() : 1
      return { tier, pre, post: pre * left * Math.exp(0.08 * normal()), gain }
    }),
  )
  const truth = bank.reduce((sum, { gain }) => sum + gain, 0) / bank.length

  function assignAnew() {
    const groups = new Map<string, { arm: string; tier: string; amounts: { pre: number; post: number }[] }>()
    for (const { tier, pre, post, gain } of bank) {
      const arm = random() < 0.2 ? 'holdout' : 'offer'
      const key = `${arm} ${tier}`
      const group = groups.get(key) ?? { arm, tier, amounts: [] }
      groups.set(key, group)
      group.amounts.push({ pre, post: arm === 'offer' ? post + gain : post })
    }
    const rows = [...groups.values()].map((group) => moments(group.arm, group.tier, group.amounts))
    const { tiers, overall } = aumEffect(rows, arms)
    return { tiers, ...overall! }
  }

  const runs = Array.from({ length: 400 }, assignAnew)
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

  const expectOnAverage = (estimates: number[], expected: number) => {
    const average = mean(estimates)
    const error = Math.sqrt(mean(estimates.map((one) => (one - average) ** 2)) / estimates.length)
    expect(Math.abs(average - expected)).toBeLessThan(3 * error)
    return error
  }

  test('the estimate is right on average, overall and in every tier', () => {
    expectOnAverage(
      runs.map(({ effect }) => effect.value),
      truth,
    )
    for (const [tier, , , , gain] of shape) {
      const estimates = runs.flatMap(({ tiers }) =>
        tiers.flatMap((one) => (one.tier === tier && !one.tooFew ? [one.effect.value] : [])),
      )
      const error = expectOnAverage(estimates, gain)
      // The check has teeth where it matters: most customers' effect is many times its error.
      if (tier === 'T0' || tier === 'T1') expect(gain / error).toBeGreaterThan(5)
    }
  })

  test('about 95 of 100 intervals hold the truth', () => {
    const covered = runs.filter(({ effect }) => effect.low <= truth && truth <= effect.high).length
    expect(covered / runs.length).toBeGreaterThan(0.92)
    expect(covered / runs.length).toBeLessThan(0.985)
  })

  test('the interval is a small part of the unadjusted one', () => {
    const ratio =
      mean(runs.map(({ effect }) => half(effect))) / mean(runs.map(({ unadjusted }) => half(unadjusted)))
    expect(ratio).toBeLessThan(0.25)
  })
})
