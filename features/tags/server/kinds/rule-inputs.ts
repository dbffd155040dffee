import type { Rule, Within } from '#features/rules/common/rule.ts'
import { childrenOf, ruleKeys } from '#features/rules/common/walk-rule.ts'
import { noInputs, type TagInputs } from '#features/tags/server/kinds/kind.ts'

/** Whether a window moves on as time passes. */
export const isMoving = (within: Within | undefined): boolean =>
  within !== undefined && !('from' in within || 'to' in within)

function everyPart(rule: Rule): Rule[] {
  const parts: Rule[] = []
  const waiting = [rule]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    parts.push(next)
    for (const child of childrenOf(next, '')) waiting.push(child.rule)
  }
  return parts
}

const readsAttributes = (part: Rule): boolean =>
  ('near' in part && part.did === undefined) || 'org' in part || 'sample' in part

/** What rules look at, segments unopened. */
export function ruleInputs(rules: readonly Rule[]): TagInputs {
  const keys = rules.map(ruleKeys)
  const parts = rules.flatMap(everyPart)
  const all = (of: 'events' | 'tags' | 'segments' | 'lists') => [
    ...new Set(keys.flatMap((one) => [...one[of]])),
  ]
  return {
    ...noInputs,
    events: all('events'),
    tags: all('tags'),
    segments: all('segments'),
    movesWithTime: parts.some((part) => 'within' in part && isMoving(part.within)),
    reads: [
      ...(parts.some(readsAttributes) ? (['attribute'] as const) : []),
      ...(all('lists').length > 0 ? (['list'] as const) : []),
    ],
    dependsOnOthers: parts.some((part) => 'top' in part),
  }
}
