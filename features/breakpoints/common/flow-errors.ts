import { defineErrors } from '#platform/common/errors.ts'

/** Errors of flows and their breakpoints. */
export const flowError = defineErrors({
  FLOW_NOT_FOUND: ['missing', (d: { key: string }) => `No flow has the key "${d.key}".`],
  FLOW_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another flow already has the key "${d.key}".`],
  FLOW_NOT_YOURS: [
    'forbidden',
    (d: { key: string }) => `The flow "${d.key}" belongs to an org unit outside your own.`,
  ],
  FLOW_STEP_UNKNOWN: [
    'invalid',
    (d: { step: number }) => `The flow has no step ${d.step} that one can stop at.`,
  ],
  FLOW_MINUTES_SHORT: [
    'invalid',
    (d: { inactivity: number }) =>
      `Within ${d.inactivity} minutes nobody counts as stopped yet; ask for more.`,
  ],
})
