import { defineErrors } from '#platform/common/errors.ts'

/** Errors of runs and alerts of tags. */
export const tagRunError = defineErrors({
  TAG_RUN_NOT_FOUND: ['missing', (d: { runId: string }) => `There is no run ${d.runId}.`],
  TAG_RUN_ENDED: ['conflict', (d: { runId: string }) => `The run ${d.runId} has ended already.`],
  TAG_ALERT_NOT_FOUND: ['missing', (d: { alertId: string }) => `There is no alert ${d.alertId}.`],
  TAG_ALERT_DONE: [
    'conflict',
    (d: { alertId: string }) => `The alert ${d.alertId} is acknowledged or closed already.`,
  ],
})
