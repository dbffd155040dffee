import { defineErrors } from '#platform/common/errors.ts'

/** Errors of key figures. */
export const metricError = defineErrors({
  METRIC_NOT_FOUND: ['missing', (d: { key: string }) => `No metric has the key "${d.key}".`],
  METRIC_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another metric already has the key "${d.key}".`],
  METRIC_RATIO_PART: [
    'invalid',
    (d: { key: string }) =>
      `"${d.key}" is no metric that a ratio can be made of: it must exist and add up itself.`,
  ],
  METRIC_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The metric "${d.key}" is part of ${d.uses}.`,
  ],
  METRIC_NOT_YOURS: [
    'forbidden',
    (d: { key: string }) => `The metric "${d.key}" belongs to an org unit outside your own.`,
  ],
  METRIC_AMOUNTS: [
    'forbidden',
    (d: { key: string }) => `"${d.key}" shows amounts, which needs balance.read.`,
  ],
  METRIC_GRAIN: ['invalid', (d: { key: string; grain: string }) => `"${d.key}" is not kept by ${d.grain}.`],
  METRIC_ORG: ['forbidden', () => 'That org unit is outside your own; values are kept by org unit.'],
  METRIC_ALERT_NOT_FOUND: ['missing', () => 'There is no such alert in your org units.'],
  METRIC_ALARM_DONE: ['conflict', () => 'The alarm has been acknowledged already.'],
})
