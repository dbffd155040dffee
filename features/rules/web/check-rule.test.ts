import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rule } from '../common/rule.ts'
import { checkRule, readRule } from './check-rule.ts'

const scalar = fc.oneof(
  fc.constantFrom('a', '', 'true', '2026-08-01'),
  fc.constantFrom(0, 1, -2.5, 40),
  fc.boolean(),
)
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.constantFrom(null, undefined, {}))
const is = fc.constantFrom('eq', 'ne', 'in', 'lt', 'gte', 'between', 'exists', 'like', undefined)
const time = fc.constantFrom(
  '2026-08-01',
  '2026-08-01T10:00:00',
  '2026-08-01T10:00:00+08:00',
  '2026-13-40',
  'soon',
  5,
  undefined,
)
const within = fc.oneof(
  fc.record({ days: fc.constantFrom(1, 30, 0, -1, 1.5, 40_000, '7') }),
  fc.record({ hours: fc.constantFrom(6, 0.5, 0) }),
  fc.record({ minutes: fc.constantFrom(10, 0) }),
  fc.record({ from: time, to: time }, { requiredKeys: [] }),
  fc.constantFrom({ weeks: 2 }, { days: 1, hours: 1 }, 3, undefined),
)
const where = fc.array(
  fc.record({ prop: fc.constantFrom('amount', ''), is, value }, { requiredKeys: ['prop'] }),
  { maxLength: 2 },
)
const numeric = fc.record({ is, value: fc.oneof(value, fc.constant([1, 2])) }, { requiredKeys: [] })
const sum = fc.record({ prop: fc.constantFrom('amount', '', 3), is, value }, { requiredKeys: [] })
const reference = fc.record(
  {
    prop: fc.constantFrom('amount', ''),
    is,
    step: fc.constantFrom(0, 1, -1, 'x'),
    of: fc.constantFrom('amount', ''),
  },
  { requiredKeys: ['prop', 'step'] },
)
const stepWhere = fc.array(
  fc.oneof(
    where.map(([one]) => one ?? { prop: 'a', is: 'exists' }),
    reference,
  ),
  { maxLength: 2 },
)
const sequence = fc.record(
  {
    sequence: fc.array(
      fc.record({ did: fc.constantFrom('a', ''), where: stepWhere }, { requiredKeys: ['did'] }),
      {
        maxLength: 3,
      },
    ),
    within,
    duration: fc.constantFrom({ days: 1 }, { hours: 0 }, { minutes: 5, hours: 1 }, 'x', undefined),
    same: fc.constantFrom('order', '', undefined),
  },
  { requiredKeys: ['sequence'] },
)
const place = fc.record({
  lat: fc.constantFrom(31, 91, 'x'),
  lng: fc.constantFrom(121, -181),
  km: fc.constantFrom(3, 0),
})
const near = fc.record(
  { near: fc.oneof(place, fc.constantFrom(null, {})), did: fc.constantFrom('a', ''), within },
  { requiredKeys: ['near'] },
)
const topOf = (of: fc.Arbitrary<unknown>) =>
  fc.record({
    top: fc.record(
      {
        tag: fc.constantFrom('age', ''),
        n: fc.constantFrom(10, 0, 1.5, 2_000_000),
        order: fc.constantFrom('asc', 'desc', 'up'),
        of,
      },
      { requiredKeys: ['tag', 'n'] },
    ),
  })
const sample = fc.record({
  sample: fc.oneof(
    fc.record({ percent: fc.constantFrom(10, 0, 101, 'x'), salt: fc.constantFrom('s', '') }),
    fc.constantFrom(null, { percent: 10 }),
  ),
})
const { rule } = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small' },
    fc.record(
      {
        tag: fc.constantFrom('age', '', 7),
        is,
        value,
        at: fc.constantFrom('2026-10-01', '2026-02-30', 'x', undefined),
      },
      { requiredKeys: ['tag'] },
    ),
    sequence,
    near,
    sample,
    topOf(tie('rule')),
    fc.constantFrom({ list: 'a' }, { list: '' }, { org: 'B1' }, { org: 3 }, { org: 'a', list: 'b' }),
    fc.record(
      {
        did: fc.constantFrom('money_in', ''),
        where,
        within,
        count: numeric,
        sum,
        first: fc.constantFrom(true, false, 'x', undefined),
      },
      { requiredKeys: ['did'] },
    ),
    fc.record({ segment: fc.constantFrom('a', ''), extra: fc.constant(1) }, { requiredKeys: ['segment'] }),
    fc.record({ all: fc.array(tie('rule'), { maxLength: 2 }) }),
    fc.record({ any: fc.array(tie('rule'), { maxLength: 2 }) }),
    fc.record({ not: tie('rule') }),
    fc.constantFrom({}, null, 'x', { all: 'x' }, { tag: 'a', did: 'b', is: 'exists' }),
  ),
}))

test('says yes and no exactly as the schema of the API does', () => {
  fc.assert(
    fc.property(rule, (one) => {
      const json: unknown = JSON.parse(JSON.stringify(one ?? null))
      expect({ json, ok: checkRule(json).length === 0 }).toEqual({ json, ok: Rule.safeParse(json).success })
    }),
    { numRuns: 2_000 },
  )
})

test.each<[unknown, string]>([
  [{ all: [{ tag: 'age', is: 'between', value: [1] }] }, 'all.0.value'],
  [{ not: { did: '' } }, 'not.did'],
  [{ did: 'x', within: { days: 0 } }, 'within.days'],
  [{ did: 'x', where: [{ prop: 'amount', is: 'eq' }] }, 'where.0.value'],
  [{ segment: 'a', extra: 1 }, 'extra'],
  [
    { sequence: [{ did: 'a' }, { did: 'b', where: [{ prop: 'p', is: 'gt', step: 1, of: 'q' }] }] },
    'sequence.1.where.0.step',
  ],
  [{ near: { lat: 1, lng: 2, km: 3 }, within: { days: 1 } }, 'within'],
  [{ top: { tag: 'age', n: 5, of: { segment: '' } } }, 'top.of.segment'],
])('%j is wrong at %s', (json, path) => {
  expect(checkRule(json).map((problem) => problem.path)).toEqual([path])
})

test('every problem has words in both languages', () => {
  fc.assert(
    fc.property(rule, (one) => {
      for (const { zh, en } of checkRule(one)) {
        expect(zh).toMatch(/[\u4e00-\u9fff]/)
        expect(en).not.toMatch(/[\u4e00-\u9fff]/)
      }
    }),
  )
})

test('broken JSON is a problem, not an exception', () => {
  expect(readRule('{"all":[')).toHaveProperty('problems')
  expect(readRule('{"all":[]}')).toEqual({ rule: { all: [] } })
})
