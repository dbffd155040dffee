import { spanOf } from '#features/rules/common/bank-time.ts'
import { decimalText, readAmount, sumScale } from '#features/rules/common/canonical.ts'
import { compareCount, compareSum, compareText } from '#features/rules/common/compare.ts'
import type { DidLeaf, Rule } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import { childrenOf } from '#features/rules/common/walk-rule.ts'

export type EventFact = {
  name: string
  msg: string
  occurredAtMs: number
  props: ReadonlyMap<string, string>
}

/** All a rule may ask of one customer. A tag without a value is absent. */
export type CustomerFacts = { tags: ReadonlyMap<string, string>; events: readonly EventFact[] }

export type EvaluateContext = {
  now: Date
  timeZone: string
  segments: ReadonlyMap<string, Rule>
}

/** Whether a rule holds for one customer, and the same of each rule inside, with the facts leaves stand on. */
export type Explanation = {
  path: string
  rule: Rule
  holds: boolean
  facts?: Record<string, string | number | null>
  children?: Explanation[]
}

/** The slow, obvious meaning of a rule for one customer: what the compiler must agree with. */
export function explainRule(
  rule: Rule,
  facts: CustomerFacts,
  context: EvaluateContext,
  path = 'rule',
  opened: readonly string[] = [],
): Explanation {
  if ('tag' in rule) {
    const value = facts.tags.get(rule.tag)
    return { path, rule, holds: compareText(value, rule), facts: { value: value ?? null } }
  }
  if ('did' in rule) return { path, rule, ...explainDid(rule, facts, context) }
  if ('segment' in rule) {
    const inside = context.segments.get(rule.segment)
    if (!inside) throw ruleError('RULE_SEGMENT_UNKNOWN', { segment: rule.segment })
    if (opened.includes(rule.segment)) throw ruleError('RULE_CYCLE', { segment: rule.segment })
    const child = explainRule(inside, facts, context, `${path}.segment`, [...opened, rule.segment])
    return { path, rule, holds: child.holds, children: [child] }
  }
  const children = childrenOf(rule, path).map((child) =>
    explainRule(child.rule, facts, context, child.path, opened),
  )
  if ('all' in rule) return { path, rule, holds: children.every((child) => child.holds), children }
  if ('any' in rule) return { path, rule, holds: children.some((child) => child.holds), children }
  return { path, rule, holds: !children[0]?.holds, children }
}

/** Whether a rule holds for one customer. */
export const evaluateRule = (rule: Rule, facts: CustomerFacts, context: EvaluateContext): boolean =>
  explainRule(rule, facts, context).holds

function explainDid(rule: DidLeaf, facts: CustomerFacts, context: EvaluateContext) {
  const span = spanOf(rule.within, context.now, context.timeZone)
  const messages = new Map<string, EventFact>()
  for (const event of facts.events) {
    if (event.name !== rule.did) continue
    if (event.occurredAtMs < span.fromMs || event.occurredAtMs >= span.toMs) continue
    if (rule.where?.every((where) => compareText(event.props.get(where.prop), where)) ?? true) {
      messages.set(event.msg, event)
    }
  }
  const count = messages.size
  const { sum } = rule
  const total = sum
    ? [...messages.values()].reduce((so, { props }) => so + readAmount(props.get(sum.prop) ?? ''), 0n)
    : 0n
  const holds =
    rule.count || sum
      ? (!rule.count || compareCount(count, rule.count)) && (!sum || compareSum(total, sum))
      : count > 0
  return { holds, facts: { count, ...(sum ? { sum: decimalText(total, sumScale) } : {}) } }
}
