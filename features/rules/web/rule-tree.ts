import type { Rule } from '../common/rule.ts'
import { type LeafByKind, type LeafKind, leafKindOf } from './leaf-kinds.ts'

/**
 * The rule as it is edited: every part has an id, and "not" is a mark on a part instead of a part of its own, so that a
 * condition can be negated and back without moving. Two nots in a row cancel out.
 */
export type RuleNode = GroupNode | LeafNode
export type GroupNode = {
  id: string
  isNegated: boolean
  kind: 'group'
  mode: 'all' | 'any'
  children: readonly RuleNode[]
}
export type LeafNodeOf<K extends LeafKind> = { id: string; isNegated: boolean; kind: K; leaf: LeafByKind[K] }
export type LeafNode = { [K in LeafKind]: LeafNodeOf<K> }[LeafKind]

export type NewId = () => string

/** Reads a rule into a tree whose root is a group. */
export function treeOf(rule: Rule, newId: NewId): GroupNode {
  const node = nodeOf(rule, newId)
  if (node.kind === 'group') return node
  return { id: newId(), isNegated: false, kind: 'group', mode: 'all', children: [node] }
}

function nodeOf(rule: Rule, newId: NewId): RuleNode {
  if ('not' in rule) {
    const inner = nodeOf(rule.not, newId)
    return { ...inner, isNegated: !inner.isNegated }
  }
  const base = { id: newId(), isNegated: false }
  if ('all' in rule)
    return { ...base, kind: 'group', mode: 'all', children: rule.all.map((one) => nodeOf(one, newId)) }
  if ('any' in rule)
    return { ...base, kind: 'group', mode: 'any', children: rule.any.map((one) => nodeOf(one, newId)) }
  return { ...base, kind: leafKindOf(rule), leaf: rule } as LeafNode
}

/** The rule of a tree, as it is saved. */
export function ruleOf(node: RuleNode): Rule {
  const plain = node.kind === 'group' ? groupRule(node) : node.leaf
  return node.isNegated ? { not: plain } : plain
}

const groupRule = (group: GroupNode): Rule =>
  group.mode === 'all' ? { all: group.children.map(ruleOf) } : { any: group.children.map(ruleOf) }

/** Changes one part by its id; every other part stays the same object. */
export function change(node: RuleNode, id: string, by: (node: RuleNode) => RuleNode): RuleNode {
  if (node.id === id) return by(node)
  if (node.kind !== 'group') return node
  const children = node.children.map((child) => change(child, id, by))
  return children.every((child, index) => child === node.children[index]) ? node : { ...node, children }
}

const inGroup = (root: GroupNode, id: string, by: (group: GroupNode) => GroupNode): GroupNode =>
  change(root, id, (node) => (node.kind === 'group' ? by(node) : node)) as GroupNode

/** The group that holds a part, or undefined for the root. */
export function parentOf(node: RuleNode, id: string): GroupNode | undefined {
  if (node.kind !== 'group') return undefined
  if (node.children.some((child) => child.id === id)) return node
  for (const child of node.children) {
    const found = parentOf(child, id)
    if (found) return found
  }
  return undefined
}

/** Puts a part into a group, at the end unless a place is given. */
export const insert = (
  root: GroupNode,
  groupId: string,
  node: RuleNode,
  at = Number.POSITIVE_INFINITY,
): GroupNode =>
  inGroup(root, groupId, (group) => ({ ...group, children: group.children.toSpliced(at, 0, node) }))

/** Takes a part out. The root stays. */
export function remove(root: GroupNode, id: string): GroupNode {
  const parent = parentOf(root, id)
  if (!parent) return root
  return inGroup(root, parent.id, (group) => ({
    ...group,
    children: group.children.filter((child) => child.id !== id),
  }))
}

/** Moves a part up (−1) or down (+1) among its neighbours; past the end of a nested group it leaves that group. */
export function move(root: GroupNode, id: string, step: -1 | 1): GroupNode {
  const parent = parentOf(root, id)
  const at = parent?.children.findIndex((child) => child.id === id) ?? -1
  const node = parent?.children[at]
  if (!parent || !node) return root
  const to = at + step
  if (to >= 0 && to < parent.children.length) {
    return inGroup(root, parent.id, (group) => ({
      ...group,
      children: group.children.toSpliced(at, 1).toSpliced(to, 0, node),
    }))
  }
  const grandparent = parentOf(root, parent.id)
  if (!grandparent) return root
  const place = grandparent.children.findIndex((child) => child.id === parent.id)
  return insert(remove(root, id), grandparent.id, node, step < 0 ? place : place + 1)
}

/** Puts a rule, as copied from here or elsewhere, into a group as a part of its own. */
export const paste = (root: GroupNode, groupId: string, rule: Rule, newId: NewId): GroupNode =>
  insert(root, groupId, nodeOf(rule, newId))

/** The part with an id, or undefined. */
export function findNode(node: RuleNode, id: string): RuleNode | undefined {
  if (node.id === id) return node
  if (node.kind !== 'group') return undefined
  for (const child of node.children) {
    const found = findNode(child, id)
    if (found) return found
  }
  return undefined
}

/** A copy right after a part, with ids of its own. */
export function duplicate(root: GroupNode, id: string, newId: NewId): GroupNode {
  const parent = parentOf(root, id)
  const at = parent?.children.findIndex((child) => child.id === id) ?? -1
  const node = parent?.children[at]
  if (!parent || !node) return root
  return insert(root, parent.id, nodeOf(ruleOf(node), newId), at + 1)
}

/** Puts a part into a new group of its own, to be joined there with others. */
export const wrap = (root: GroupNode, id: string, newId: NewId): GroupNode => {
  if (root.id === id) return root
  return change(root, id, (node) => ({
    id: newId(),
    isNegated: false,
    kind: 'group',
    mode: parentOf(root, id)?.mode === 'all' ? 'any' : 'all',
    children: [node],
  })) as GroupNode
}

/** Turns a part into its opposite. */
export const negate = (root: GroupNode, id: string): GroupNode =>
  change(root, id, (node) => ({ ...node, isNegated: !node.isNegated })) as GroupNode

/** Says whether all or any of a group's parts must hold. */
export const setMode = (root: GroupNode, id: string, mode: 'all' | 'any'): GroupNode =>
  inGroup(root, id, (group) => ({ ...group, mode }))
