import type { DidLeaf, Rule, SegmentLeaf, TagLeaf } from '#features/rules/common/rule.ts'

/** A rule as one of its kinds, so that code can be looked up by kind and a missing kind does not compile. */
export type RuleByKind = {
  all: { all: Rule[] }
  any: { any: Rule[] }
  not: { not: Rule }
  segment: SegmentLeaf
  tag: TagLeaf
  did: DidLeaf
}
export type RuleKind = keyof RuleByKind

const kinds: readonly RuleKind[] = ['all', 'any', 'not', 'segment', 'tag', 'did']

/** The kind of a rule node. */
export function kindOf(rule: Rule): RuleKind {
  const kind = kinds.find((key) => Object.hasOwn(rule, key))
  if (!kind) throw new TypeError('Not a rule')
  return kind
}

/** The rules directly inside, each with the path to it. */
export function childrenOf(rule: Rule, path: string): { rule: Rule; path: string }[] {
  if ('all' in rule) return rule.all.map((child, index) => ({ rule: child, path: `${path}.all.${index}` }))
  if ('any' in rule) return rule.any.map((child, index) => ({ rule: child, path: `${path}.any.${index}` }))
  return 'not' in rule ? [{ rule: rule.not, path: `${path}.not` }] : []
}

export const mostLeaves = 200
export const mostDepth = 20

/** Leaves and depth of a rule as written; segments are not opened. Empty lists count as leaves. */
export function measureRule(rule: Rule): { leaves: number; depth: number } {
  let leaves = 0
  let depth = 0
  const waiting = [{ rule, level: 1 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const level = next.level
    depth = Math.max(depth, level)
    const children = childrenOf(next.rule, '')
    if (children.length === 0) leaves += 1
    for (const child of children) waiting.push({ rule: child.rule, level: level + 1 })
  }
  return { leaves, depth }
}

export type RuleKeys = { tags: Set<string>; segments: Set<string>; events: Set<string> }

/** The tags, segments and events a rule names itself. */
export function ruleKeys(rule: Rule): RuleKeys {
  const keys: RuleKeys = { tags: new Set(), segments: new Set(), events: new Set() }
  const waiting = [rule]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if ('tag' in next) keys.tags.add(next.tag)
    else if ('segment' in next) keys.segments.add(next.segment)
    else if ('did' in next) keys.events.add(next.did)
    for (const child of childrenOf(next, '')) waiting.push(child.rule)
  }
  return keys
}
