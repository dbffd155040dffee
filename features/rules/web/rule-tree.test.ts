import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../common/rule.ts'
import {
  change,
  duplicate,
  insert,
  move,
  negate,
  parentOf,
  remove,
  ruleOf,
  setMode,
  treeOf,
  wrap,
} from './rule-tree.ts'

const counter = () => {
  let next = 0
  return () => `n${next++}`
}

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ tag: fc.constantFrom('age', 'job'), is: fc.constant('exists' as const) }),
  fc.record({ did: fc.constantFrom('logged_in', 'money_in') }),
  fc.record({ segment: fc.constantFrom('a', 'b') }),
)
const { rule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ all: fc.array(tie('rule'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('rule'), { maxLength: 3 }) }),
    fc.record({ not: tie('rule') }),
  ),
}))

/** The same rule without double negations. */
function plain(one: Rule): Rule {
  if ('not' in one) return 'not' in one.not ? plain(one.not.not) : negated(plain(one.not))
  if ('all' in one) return { all: one.all.map(plain) }
  return 'any' in one ? { any: one.any.map(plain) } : one
}
const negated = (one: Rule): Rule => ('not' in one ? one.not : { not: one })

test('a rule with a group at its root comes back as it was, but for double negations', () => {
  fc.assert(
    fc.property(rule, (inner) => {
      const whole: Rule = { all: [inner] }
      expect(ruleOf(treeOf(whole, counter()))).toEqual(plain(whole))
    }),
  )
})

test('a leaf at the root gets a group around it', () => {
  expect(ruleOf(treeOf({ segment: 'a' }, counter()))).toEqual({ all: [{ segment: 'a' }] })
})

const abc = () =>
  treeOf({ all: [{ segment: 'a' }, { any: [{ segment: 'b' }, { segment: 'c' }] }] }, counter())
const at = (...path: number[]) =>
  path.reduce(
    (node, index) => (node.kind === 'group' ? (node.children[index] ?? node) : node),
    abc() as ReturnType<typeof abc> | NonNullable<ReturnType<typeof abc>['children'][number]>,
  ).id

describe('edits', () => {
  test.each<[string, (id: string) => Rule, Rule]>([
    ['remove', (id) => ruleOf(remove(abc(), id)), { all: [{ segment: 'a' }, { any: [{ segment: 'c' }] }] }],
    [
      'move down',
      (id) => ruleOf(move(abc(), id, 1)),
      { all: [{ segment: 'a' }, { any: [{ segment: 'c' }, { segment: 'b' }] }] },
    ],
    [
      'move up past the start leaves the group',
      (id) => ruleOf(move(abc(), id, -1)),
      { all: [{ segment: 'a' }, { segment: 'b' }, { any: [{ segment: 'c' }] }] },
    ],
    [
      'duplicate',
      (id) => ruleOf(duplicate(abc(), id, () => 'copy')),
      { all: [{ segment: 'a' }, { any: [{ segment: 'b' }, { segment: 'b' }, { segment: 'c' }] }] },
    ],
    [
      'negate',
      (id) => ruleOf(negate(abc(), id)),
      { all: [{ segment: 'a' }, { any: [{ not: { segment: 'b' } }, { segment: 'c' }] }] },
    ],
    [
      'wrap',
      (id) => ruleOf(wrap(abc(), id, () => 'new')),
      { all: [{ segment: 'a' }, { any: [{ all: [{ segment: 'b' }] }, { segment: 'c' }] }] },
    ],
  ])('%s', (_name, edit, expected) => {
    expect(edit(at(1, 0))).toEqual(expected)
  })

  test('move down past the end leaves the group; the root keeps its ends', () => {
    expect(ruleOf(move(abc(), at(1, 1), 1))).toEqual({
      all: [{ segment: 'a' }, { any: [{ segment: 'b' }] }, { segment: 'c' }],
    })
    expect(move(abc(), at(0), -1)).toEqual(abc())
    expect(move(abc(), abc().id, 1)).toEqual(abc())
    expect(remove(abc(), abc().id)).toEqual(abc())
  })

  test('insert and change the mode', () => {
    const node = { id: 'x', isNegated: false, kind: 'segment', leaf: { segment: 'd' } } as const
    expect(ruleOf(setMode(insert(abc(), at(1), node, 0), abc().id, 'any'))).toEqual({
      any: [{ segment: 'a' }, { any: [{ segment: 'd' }, { segment: 'b' }, { segment: 'c' }] }],
    })
  })

  test('what is not changed stays the same object', () => {
    const root = abc()
    expect(change(root, 'nobody', (node) => ({ ...node }))).toBe(root)
    const after = negate(root, root.children[0]?.id ?? '')
    expect(after.children[1]).toBe(root.children[1])
  })
})

test('edits keep ids unique and never lose a part that was not removed', () => {
  fc.assert(
    fc.property(
      rule,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('up', 'down', 'copy', 'wrap', 'not')), { maxLength: 8 }),
      (start, steps) => {
        const newId = counter()
        let root = treeOf({ all: [start] }, newId)
        for (const [pick, step] of steps) {
          const all = idsOf(root)
          const id = all[pick % all.length] ?? root.id
          const before = all.length
          if (step === 'up') root = move(root, id, -1)
          else if (step === 'down') root = move(root, id, 1)
          else if (step === 'copy') root = duplicate(root, id, newId)
          else if (step === 'wrap') root = wrap(root, id, newId)
          else root = negate(root, id)
          const after = idsOf(root)
          expect(new Set(after).size).toBe(after.length)
          expect(after.length).toBeGreaterThanOrEqual(before)
          for (const one of after) expect(one === root.id || parentOf(root, one) !== undefined).toBe(true)
        }
      },
    ),
    { numRuns: 60 },
  )
})

function idsOf(node: ReturnType<typeof abc>['children'][number]): string[] {
  return node.kind === 'group' ? [node.id, ...node.children.flatMap(idsOf)] : [node.id]
}
