import { defineErrors } from '#platform/common/errors.ts'

/** Errors of rules that read well but cannot be answered. */
export const ruleError = defineErrors({
  RULE_TOO_LARGE: [
    'invalid',
    (d: { leaves: number; depth: number }) =>
      `A rule has at most ${d.leaves} leaves and ${d.depth} levels, and with all segments it uses as many different leaves.`,
  ],
  RULE_CYCLE: ['invalid', (d: { segment: string }) => `The segment "${d.segment}" would contain itself.`],
  RULE_SEGMENT_UNKNOWN: ['invalid', (d: { segment: string }) => `No segment has the key "${d.segment}".`],
  RULE_TAG_UNKNOWN: ['invalid', (d: { tag: string }) => `No tag has the key "${d.tag}".`],
  RULE_TAG_NOT_RANKED: [
    'invalid',
    (d: { tag: string }) => `Only tags of numbers and dates have a top: not "${d.tag}".`,
  ],
  RULE_LIST_UNKNOWN: ['invalid', (d: { list: string }) => `No list has the key "${d.list}".`],
  RULE_ORG_UNKNOWN: ['invalid', (d: { org: string }) => `No org unit has the code "${d.org}".`],
  RULE_TAG_NOT_COMPUTED: [
    'unavailable',
    (d: { tag: string }) => `The tag "${d.tag}" has no values yet and could not be computed now.`,
  ],
})
