import { expect, test } from 'vitest'
import { explainRule } from '#features/rules/common/evaluate-rule.ts'
import { Rule } from '#features/rules/common/rule.ts'
import { measureRule, ruleKeys } from '#features/rules/common/walk-rule.ts'

const pathsOf = (rule: unknown) =>
  Rule.safeParse(rule).error?.issues.map((issue) => issue.path.join('.')) ?? []

test.each<[unknown, string[]]>([
  [{ all: [{ tag: 'vip', is: 'eq', value: true }, { any: [{ not: { segment: 's' } }] }] }, []],
  [
    {
      did: 'x',
      within: { from: '2026-01-01T10:00', to: '2026-02-01' },
      sum: { prop: 'a', is: 'in', value: [1] },
    },
    [],
  ],
  [null, ['']],
  [{}, ['']],
  [{ all: {} }, ['all']],
  [{ all: [], any: [] }, ['any']],
  [{ all: [{ any: [{ tag: 'vip', is: 'like', value: 1 }] }] }, ['all.0.any.0.is']],
  [{ not: { not: { tag: 'vip', is: 'between', value: [1] } } }, ['not.not.value']],
  [{ tag: 'vip', is: 'exists', value: 1 }, ['value']],
  [{ did: 'x', where: [{ prop: '', is: 'eq', value: 1 }] }, ['where.0.prop']],
  [{ did: 'x', count: { is: 'gte', value: '3' } }, ['count.value']],
  [{ did: 'x', within: { days: 0 } }, ['within.days']],
  [{ did: 'x', within: { from: '2026-02-30' } }, ['within.from']],
  [{ tag: 'nul\0', is: 'exists' }, ['tag']],
  [{ tag: 'half\ud800', is: 'exists' }, ['tag']],
  [{ any: ['x', 1] }, ['any.0', 'any.1']],
  [
    {
      sequence: [{ did: 'a' }, { did: 'b', where: [{ prop: 'x', is: 'gte', step: 0, of: 'x' }] }],
      same: 'order',
    },
    [],
  ],
  [
    { sequence: [{ did: 'a', where: [{ prop: 'x', is: 'eq', step: 0, of: 'x' }] }] },
    ['sequence.0.where.0.step'],
  ],
  [{ sequence: [{ did: 'a' }, { did: '' }] }, ['sequence.1.did']],
  [{ sequence: [], within: { days: 0 } }, ['sequence', 'within.days']],
  [{ sequence: [{ did: 'a' }], duration: { hours: -1 } }, ['duration.hours']],
  [{ sequence: [{ did: 'a', where: [{ prop: 'x', is: 'in', value: 1 }] }] }, ['sequence.0.where.0.value']],
  [{ tag: 'vip', is: 'exists', at: '2026-02-30' }, ['at']],
  [{ did: 'x', first: 'yes' }, ['first']],
  [{ sample: { percent: 101, salt: 's' } }, ['sample.percent']],
  [{ sample: { percent: 12.345, salt: '' } }, ['sample.salt']],
  [{ top: { tag: 'aum', n: 0, order: 'up' } }, ['top.n', 'top.order']],
  [{ top: { tag: 'aum', n: 5, of: { all: [{ not: { tag: 'x', is: 'like' } }] } } }, ['top.of.all.0.not.is']],
  [{ near: { lat: 91, lng: 0, km: 1 } }, ['near.lat']],
  [{ near: { lat: 31, lng: 121, km: 1 }, within: { days: 3 } }, ['within']],
  [{ near: { lat: 31, lng: 121, km: 1 }, did: 'x', within: { days: 3 } }, []],
  [{ list: 'a', org: 'b' }, ['']],
  [{ org: 3 }, ['org']],
])('%j is broken at %j', (rule, paths) => {
  expect(pathsOf(rule)).toEqual(paths)
})

test('nesting beyond any stack is an answer', () => {
  const rule = JSON.parse(`${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`)
  expect(pathsOf(rule)).toHaveLength(1)
})

test('leaves, depth and keys', () => {
  const rule: Rule = {
    all: [{ not: { tag: 'a', is: 'exists' } }, { did: 'e' }, { any: [] }, { segment: 's' }],
  }
  expect(measureRule(rule)).toEqual({ leaves: 4, depth: 3 })
  expect(ruleKeys(rule)).toEqual({
    ...{ tags: new Set(['a']), events: new Set(['e']), segments: new Set(['s']) },
    ...{ lists: new Set(), orgs: new Set() },
  })
})

test('an explanation carries the facts of each leaf', () => {
  const event = (msg: string, amount: string) => ({
    name: 'transfer',
    msg,
    occurredAtMs: Date.parse('2026-03-10T00:00:00Z'),
    props: new Map([['amount', amount]]),
  })
  const facts = {
    ...{ customerNo: 'C1', orgId: 1, attributes: new Map(), pastTags: new Map(), lists: new Set<string>() },
    tags: new Map([['vip', 'true']]),
    events: [event('1', '0.1'), event('1', '0.1'), event('2', '0.2')],
  }
  const rule: Rule = {
    all: [
      { tag: 'vip', is: 'eq', value: true },
      { did: 'transfer', sum: { prop: 'amount', is: 'eq', value: 0.3 } },
    ],
  }
  const context = {
    now: new Date('2026-03-10T01:00:00Z'),
    timeZone: 'Asia/Shanghai',
    segments: new Map(),
    orgs: new Map(),
    tops: new Map(),
  }
  expect(explainRule(rule, facts, context)).toMatchObject({
    holds: true,
    children: [
      { path: 'rule.all.0', holds: true, facts: { value: 'true' } },
      { path: 'rule.all.1', holds: true, facts: { count: 2, sum: '0.3' } },
    ],
  })
})
