import { canonicalJson } from '#features/rules/common/canonical.ts'
import { explainLeaf } from '#features/rules/common/evaluate-leaf.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import { childrenOf } from '#features/rules/common/walk-rule.ts'

export type EventFact = {
  name: string
  msg: string
  occurredAtMs: number
  props: ReadonlyMap<string, string>
}

/** All a rule may ask of one customer. A tag without a value is absent. */
export type CustomerFacts = {
  customerNo: string
  orgId: number
  attributes: ReadonlyMap<string, string>
  tags: ReadonlyMap<string, string>
  /** Values at the end of past days, by `pastTagKey`. */
  pastTags: ReadonlyMap<string, string>
  /** Keys of the lists this customer is on. */
  lists: ReadonlySet<string>
  events: readonly EventFact[]
}

export const pastTagKey = (tag: string, date: string): string => `${date} ${tag}`

/** The last who is in a `top`: whoever is ahead of it or level with it is in, too. */
export type TopLimit = { number: number; customerNo: string }

export type EvaluateContext = {
  now: Date
  timeZone: string
  segments: ReadonlyMap<string, Rule>
  /** Org units of the subtrees by the code of their root. */
  orgs: ReadonlyMap<string, readonly number[]>
  /** By `topKey`; a top that takes in everybody with a value has none. */
  tops: ReadonlyMap<string, TopLimit>
}

/** Names a `top` leaf: equal leaves have equal limits. */
export const topKey = (leaf: { top: unknown }): string => canonicalJson(leaf.top)

/** Whether a rule holds for one customer, and the same of each rule inside, with the facts leaves stand on. */
export type Explanation = {
  path: string
  rule: Rule
  holds: boolean
  facts?: Record<string, string | number | null>
  /** A segment that was explained before in the same account has none: a chain of segments would double with each. */
  children?: Explanation[]
}

/** Explains the rules inside of what is explained. */
export type Explain = (rule: Rule, path: string) => Explanation

/** The slow, obvious meaning of a rule for one customer: what the compiler must agree with. */
export function explainRule(rule: Rule, facts: CustomerFacts, context: EvaluateContext): Explanation {
  const known = new Map<string, boolean | 'open'>()

  function explainSegment(rule: { segment: string }, path: string): Explanation {
    const { segment } = rule
    const before = known.get(segment)
    if (before === 'open') throw ruleError('RULE_CYCLE', { segment })
    if (before !== undefined) return { path, rule, holds: before }
    const inside = context.segments.get(segment)
    if (!inside) throw ruleError('RULE_SEGMENT_UNKNOWN', { segment })
    known.set(segment, 'open')
    const child = explain(inside, `${path}.segment`)
    known.set(segment, child.holds)
    return { path, rule, holds: child.holds, children: [child] }
  }

  function explain(rule: Rule, path: string): Explanation {
    if ('segment' in rule) return explainSegment(rule, path)
    const children = childrenOf(rule, path).map((child) => explain(child.rule, child.path))
    if ('all' in rule) return { path, rule, holds: children.every((child) => child.holds), children }
    if ('any' in rule) return { path, rule, holds: children.some((child) => child.holds), children }
    if ('not' in rule) return { path, rule, holds: !children[0]?.holds, children }
    const leaf = explainLeaf(rule, facts, context)
    const holds = leaf.holds && children.every((child) => child.holds)
    return { path, rule, holds, facts: leaf.facts, ...(children.length > 0 ? { children } : {}) }
  }

  return explain(rule, 'rule')
}

/** Whether a rule holds for one customer. */
export const evaluateRule = (rule: Rule, facts: CustomerFacts, context: EvaluateContext): boolean =>
  explainRule(rule, facts, context).holds
