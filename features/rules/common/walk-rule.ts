import type {
  DidLeaf,
  ListLeaf,
  NearLeaf,
  OrgLeaf,
  Rule,
  SampleLeaf,
  SegmentLeaf,
  SequenceLeaf,
  TagLeaf,
  TopLeaf,
} from '#features/rules/common/rule.ts'

/** A rule as one of its kinds, so that code can be looked up by kind and a missing kind does not compile. */
export type RuleByKind = {
  all: { all: Rule[] }
  any: { any: Rule[] }
  not: { not: Rule }
  segment: SegmentLeaf
  tag: TagLeaf
  near: NearLeaf
  did: DidLeaf
  sequence: SequenceLeaf
  sample: SampleLeaf
  top: TopLeaf<Rule>
  list: ListLeaf
  org: OrgLeaf
}
export type RuleKind = keyof RuleByKind

/** In this order: `near` may stand beside `did`. */
const kinds: readonly RuleKind[] = [
  ...(['all', 'any', 'not', 'segment', 'tag', 'near'] as const),
  ...(['did', 'sequence', 'sample', 'top', 'list', 'org'] as const),
]

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
  if ('not' in rule) return [{ rule: rule.not, path: `${path}.not` }]
  return 'top' in rule && rule.top.of ? [{ rule: rule.top.of, path: `${path}.top.of` }] : []
}

/** Limits of one rule as written; together with all segments it uses it has as many different leaves. */
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
    if (children.length === 0 || 'top' in next.rule) leaves += 1
    for (const child of children) waiting.push({ rule: child.rule, level: level + 1 })
  }
  return { leaves, depth }
}

export type RuleKeys = {
  tags: Set<string>
  segments: Set<string>
  events: Set<string>
  lists: Set<string>
  orgs: Set<string>
}

function addKeys(rule: Rule, keys: RuleKeys): void {
  if ('tag' in rule) keys.tags.add(rule.tag)
  else if ('segment' in rule) keys.segments.add(rule.segment)
  else if ('sequence' in rule) for (const step of rule.sequence) keys.events.add(step.did)
  else if ('top' in rule) keys.tags.add(rule.top.tag)
  else if ('list' in rule) keys.lists.add(rule.list)
  else if ('org' in rule) keys.orgs.add(rule.org)
  else if ('did' in rule && rule.did !== undefined) keys.events.add(rule.did)
}

/** The tags, segments, events, lists and org units a rule names itself. */
export function ruleKeys(rule: Rule): RuleKeys {
  const keys: RuleKeys = {
    ...{ tags: new Set(), segments: new Set(), events: new Set(), lists: new Set(), orgs: new Set() },
  }
  const waiting = [rule]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    addKeys(next, keys)
    for (const child of childrenOf(next, '')) waiting.push(child.rule)
  }
  return keys
}
