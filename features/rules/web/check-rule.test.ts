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
const { rule } = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small' },
    fc.record({ tag: fc.constantFrom('age', '', 7), is, value }, { requiredKeys: ['tag'] }),
    fc.record(
      { did: fc.constantFrom('money_in', ''), where, within, count: numeric, sum },
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
