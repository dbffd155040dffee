import type { DidLeaf, Rule, TagLeaf } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import {
  kindOf,
  mostDepth,
  mostLeaves,
  type RuleByKind,
  type RuleKind,
} from '#features/rules/common/walk-rule.ts'

export type TreeLeaf = TagLeaf | DidLeaf
/** A rule with its segments opened; leaves are numbers into a list without repeats. */
export type TreeNode =
  | { kind: 'all'; nodes: TreeNode[] }
  | { kind: 'any'; nodes: TreeNode[] }
  | { kind: 'not'; node: TreeNode }
  | { kind: 'leaf'; leaf: number }
export type RuleTree = { root: TreeNode; leaves: { leaf: TreeLeaf; path: string }[] }

type Place = { path: string; depth: number; opened: readonly string[] }
type Builder = {
  segments: ReadonlyMap<string, Rule>
  leaves: RuleTree['leaves']
  known: Map<string, number>
  count: number
}
type Build<K extends RuleKind> = (rule: RuleByKind[K], place: Place, builder: Builder) => TreeNode

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inside: unknown) =>
    inside && typeof inside === 'object' && !Array.isArray(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inside,
  )

/** Counts one more leaf; what opens into too many stops before it is built. */
function countLeaf(builder: Builder, place: Place): void {
  builder.count += 1
  if (builder.count > mostLeaves) throw tooLarge(place)
}

const tooLarge = (place: Place) =>
  ruleError('RULE_TOO_LARGE', { leaves: mostLeaves, depth: mostDepth }, [
    {
      path: place.path,
      code: 'RULE_TOO_LARGE',
      message: `more than ${mostLeaves} leaves or ${mostDepth} levels`,
    },
  ])

function addLeaf(leaf: TreeLeaf, place: Place, builder: Builder): TreeNode {
  countLeaf(builder, place)
  const key = sortedJson(leaf)
  const known = builder.known.get(key)
  if (known !== undefined) return { kind: 'leaf', leaf: known }
  builder.leaves.push({ leaf, path: place.path })
  builder.known.set(key, builder.leaves.length - 1)
  return { kind: 'leaf', leaf: builder.leaves.length - 1 }
}

function addList(kind: 'all' | 'any', rules: readonly Rule[], place: Place, builder: Builder): TreeNode {
  if (rules.length === 0) countLeaf(builder, place)
  const nodes = rules.map((rule, index) =>
    buildNode(rule, { ...place, path: `${place.path}.${kind}.${index}`, depth: place.depth + 1 }, builder),
  )
  return { kind, nodes }
}

const builders: { readonly [K in RuleKind]: Build<K> } = {
  all: (rule, place, builder) => addList('all', rule.all, place, builder),
  any: (rule, place, builder) => addList('any', rule.any, place, builder),
  not: (rule, place, builder) => ({
    kind: 'not',
    node: buildNode(rule.not, { ...place, path: `${place.path}.not`, depth: place.depth + 1 }, builder),
  }),
  segment: ({ segment }, place, builder) => {
    const path = `${place.path}.segment`
    if (place.opened.includes(segment)) {
      throw ruleError('RULE_CYCLE', { segment }, [{ path, code: 'RULE_CYCLE', message: 'contains itself' }])
    }
    const inside = builder.segments.get(segment)
    if (!inside) {
      throw ruleError('RULE_SEGMENT_UNKNOWN', { segment }, [
        { path, code: 'RULE_SEGMENT_UNKNOWN', message: 'no such segment' },
      ])
    }
    return buildNode(inside, { path, depth: place.depth, opened: [...place.opened, segment] }, builder)
  },
  tag: addLeaf,
  did: addLeaf,
}

function buildNode(rule: Rule, place: Place, builder: Builder): TreeNode {
  if (place.depth > mostDepth) throw tooLarge(place)
  const kind = kindOf(rule)
  return (builders[kind] as Build<RuleKind>)(rule as never, place, builder)
}

/**
 * Opens segments, numbers the leaves and refuses rules that are too large, contain themselves or name no segment.
 * `self` is the key of the segment the rule belongs to, if any.
 */
export function buildTree(
  rule: Rule,
  segments: ReadonlyMap<string, Rule>,
  options: { path?: string; self?: string | undefined } = {},
): RuleTree {
  const builder: Builder = { segments, leaves: [], known: new Map(), count: 0 }
  const opened = options.self === undefined ? [] : [options.self]
  const root = buildNode(rule, { path: options.path ?? 'rule', depth: 1, opened }, builder)
  return { root, leaves: builder.leaves }
}
