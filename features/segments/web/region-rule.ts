import type { Rule } from '#features/rules/common/rule.ts'

/** The customers of some segments and of no other of those looked at. */
export function ruleOfRegion(keys: readonly string[], inside: readonly number[]): Rule {
  return {
    all: keys.map((segment, index) => (inside.includes(index) ? { segment } : { not: { segment } })),
  }
}

/** Where a rule becomes a new segment. */
export const segmentDraftPath = (rule: Rule): string =>
  `/segments/new?rule=${encodeURIComponent(JSON.stringify(rule))}`
