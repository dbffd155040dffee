import { defineErrors } from '#platform/common/errors.ts'

/** What the insight feature throws. */
export const insightError = defineErrors({
  INSIGHT_ANALYSIS_UNKNOWN: ['missing', (d: { kind: string }) => `There is no analysis "${d.kind}".`],
  INSIGHT_TOO_MANY_BUCKETS: [
    'invalid',
    (d: { buckets: number; most: number }) =>
      `The period has ${d.buckets} steps of that size; choose a larger step or a shorter period (at most ${d.most}).`,
  ],
  INSIGHT_TOO_MANY_GROUPS: [
    'invalid',
    () => 'There are too many different values to group by; choose another property or add a condition.',
  ],
  INSIGHT_PERIOD_OPEN: ['invalid', () => 'The period needs a beginning.'],
  INSIGHT_CELL_UNKNOWN: ['invalid', () => 'The analysis has no such number.'],
  INSIGHT_BALANCE_NEEDED: [
    'forbidden',
    (d: { tag: string }) => `The tag "${d.tag}" is of class C2; it needs the permission balance.read.`,
  ],
  INSIGHT_NOBODY: ['invalid', () => 'The number counts nobody, so there is nobody to keep.'],
  DASHBOARD_CARD_INVALID: ['invalid', () => 'A card asks what its analysis cannot answer.'],
  DASHBOARD_NOT_FOUND: ['missing', (d: { key: string }) => `There is no dashboard "${d.key}".`],
  DASHBOARD_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another dashboard has the key "${d.key}".`],
  DASHBOARD_NOT_YOURS: [
    'forbidden',
    (d: { key: string }) => `Only who made the dashboard "${d.key}" may change it; make a copy of your own.`,
  ],
  DASHBOARD_CHANGED: [
    'conflict',
    (d: { key: string }) => `Someone changed the dashboard "${d.key}" since you opened it.`,
  ],
})
