import { canonicalJson } from '#features/rules/common/canonical.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import {
  kindOf,
  mostDepth,
  mostLeaves,
  type RuleByKind,
  type RuleKind,
} from '#features/rules/common/walk-rule.ts'
import { layersOf, mostLayers } from '#features/rules/server/tree-layers.ts'

type LeafKind = Exclude<RuleKind, 'all' | 'any' | 'not' | 'segment'>
export type TreeLeaf = RuleByKind[LeafKind]
/** One distinct part of a rule, its parts as numbers of nodes that stand before it. */
export type TreeNode =
  | { kind: 'all'; nodes: number[] }
  | { kind: 'any'; nodes: number[] }
  | { kind: 'not'; node: number }
  | { kind: 'leaf'; leaf: number }
export type PlacedLeaf = { leaf: TreeLeaf; path: string }

/** A rule with its segments opened as a graph: equal parts, and segments used again, are one node. */
export type RuleTree = {
  root: number
  nodes: TreeNode[]
  leaves: PlacedLeaf[]
  /** The parts of the rule as written, without those of segments. */
  paths: { path: string; node: number }[]
}

/** One rule or the body of one segment; leaves are counted as written. */
type Definition = { isRule: boolean; leaves: number }
type Place = { path: string; depth: number; nesting: number; definition: Definition }
type Build<K extends RuleKind> = (rule: RuleByKind[K], place: Place, builder: Builder) => number

/** Segments inside segments inside segments… */
const mostNesting = 100

const tooLarge = ({ path }: Place) =>
  ruleError('RULE_TOO_LARGE', { leaves: mostLeaves, depth: mostDepth }, [
    { path, code: 'RULE_TOO_LARGE', message: `more than ${mostLeaves} leaves or ${mostDepth} levels` },
  ])

type Builder = {
  segments: ReadonlyMap<string, Rule>
  tree: RuleTree
  /** Different leaves there may be. */
  mostLeaves: number
  nodes: Map<string, number>
  leaves: Map<string, number>
  /** Nodes of segments; those being opened have none yet. */
  opened: Map<string, number | null>
}

/** Counts one more leaf; what holds too many stops before it is built. */
function countLeaf(place: Place): void {
  place.definition.leaves += 1
  if (place.definition.leaves > mostLeaves) throw tooLarge(place)
}

function addNode(node: TreeNode, builder: Builder): number {
  const key = JSON.stringify(node)
  const known = builder.nodes.get(key)
  if (known !== undefined) return known
  builder.tree.nodes.push(node)
  builder.nodes.set(key, builder.tree.nodes.length - 1)
  return builder.tree.nodes.length - 1
}

function addLeaf(leaf: TreeLeaf, place: Place, builder: Builder): number {
  countLeaf(place)
  const { leaves } = builder.tree
  const key = canonicalJson(leaf)
  const known = builder.leaves.get(key)
  if (known !== undefined) return addNode({ kind: 'leaf', leaf: known }, builder)
  if (leaves.length >= builder.mostLeaves) throw tooLarge(place)
  leaves.push({ leaf, path: place.path })
  builder.leaves.set(key, leaves.length - 1)
  return addNode({ kind: 'leaf', leaf: leaves.length - 1 }, builder)
}

const inside = (place: Place, step: string): Place => ({
  ...place,
  path: `${place.path}.${step}`,
  depth: place.depth + 1,
})

function addList(kind: 'all' | 'any', rules: readonly Rule[], place: Place, builder: Builder): number {
  if (rules.length === 0) countLeaf(place)
  const nodes = rules.map((rule, index) => buildNode(rule, inside(place, `${kind}.${index}`), builder))
  return addNode({ kind, nodes }, builder)
}

function openSegment(segment: string, place: Place, builder: Builder): number {
  const path = `${place.path}.segment`
  const known = builder.opened.get(segment)
  if (known === null) {
    throw ruleError('RULE_CYCLE', { segment }, [{ path, code: 'RULE_CYCLE', message: 'contains itself' }])
  }
  if (known !== undefined) return known
  const body = builder.segments.get(segment)
  if (!body) {
    throw ruleError('RULE_SEGMENT_UNKNOWN', { segment }, [
      { path, code: 'RULE_SEGMENT_UNKNOWN', message: 'no such segment' },
    ])
  }
  if (place.nesting >= mostNesting) throw tooLarge(place)
  builder.opened.set(segment, null)
  const own = { path, depth: 1, nesting: place.nesting + 1, definition: { isRule: false, leaves: 0 } }
  const node = buildNode(body, own, builder)
  builder.opened.set(segment, node)
  return node
}

const builders: { readonly [K in RuleKind]: Build<K> } = {
  all: (rule, place, builder) => addList('all', rule.all, place, builder),
  any: (rule, place, builder) => addList('any', rule.any, place, builder),
  not: (rule, place, builder) =>
    addNode({ kind: 'not', node: buildNode(rule.not, inside(place, 'not'), builder) }, builder),
  segment: ({ segment }, place, builder) => {
    countLeaf(place)
    return openSegment(segment, place, builder)
  },
  // Whom the limit of a top was found among comes first, so that limits can be found in the order of the leaves.
  top: (rule, place, builder) => {
    const among = rule.top.of ? [buildNode(rule.top.of, inside(place, 'top.of'), builder)] : []
    const leaf = addLeaf(rule, place, builder)
    return among.length > 0 ? addNode({ kind: 'all', nodes: [leaf, ...among] }, builder) : leaf
  },
  tag: addLeaf,
  near: addLeaf,
  did: addLeaf,
  sequence: addLeaf,
  sample: addLeaf,
  list: addLeaf,
  org: addLeaf,
}

function buildNode(rule: Rule, place: Place, builder: Builder): number {
  if (place.depth > mostDepth) throw tooLarge(place)
  const kind = kindOf(rule)
  const node = (builders[kind] as Build<RuleKind>)(rule as never, place, builder)
  if (place.definition.isRule) builder.tree.paths.push({ path: place.path, node })
  return node
}

const newTree = (): RuleTree => ({ root: 0, nodes: [], leaves: [], paths: [] })

const rootPlace = (path = 'rule'): Place => ({
  ...{ path, depth: 1, nesting: 0 },
  definition: { isRule: true, leaves: 0 },
})

/**
 * Opens segments, numbers the leaves and refuses rules that are too large, contain themselves or name no segment.
 * `self` is the key of the segment the rule belongs to, if any.
 */
export function buildTree(
  rule: Rule,
  segments: ReadonlyMap<string, Rule>,
  options: { path?: string; self?: string | undefined } = {},
): RuleTree {
  const tree = newTree()
  const opened = new Map<string, null>(options.self === undefined ? [] : [[options.self, null]])
  const builder: Builder = { segments, tree, mostLeaves, nodes: new Map(), leaves: new Map(), opened }
  const place = rootPlace(options.path)
  tree.root = buildNode(rule, place, builder)
  if (Math.max(...layersOf(tree.nodes)) > mostLayers) throw tooLarge(place)
  return tree
}

/** Many rules that share nodes and leaves. */
export type RuleForest = { roots: number[]; nodes: TreeNode[]; leaves: PlacedLeaf[] }

/** Builds rules that each have passed `buildTree` into one graph, in which what is equal in any of them is there once. */
export function buildForest(rules: readonly Rule[], segments: ReadonlyMap<string, Rule>): RuleForest {
  const tree = newTree()
  const shared = { nodes: new Map(), leaves: new Map(), opened: new Map() }
  const builder: Builder = { segments, tree, mostLeaves: Infinity, ...shared }
  const roots = rules.map((rule) => buildNode(rule, rootPlace(), builder))
  return { roots, nodes: tree.nodes, leaves: tree.leaves }
}
