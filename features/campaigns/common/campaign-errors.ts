import { defineErrors } from '#platform/common/errors.ts'

/** Errors of campaigns. */
export const campaignError = defineErrors({
  CAMPAIGN_NOT_FOUND: ['missing', (d: { key: string }) => `No campaign has the key "${d.key}".`],
  CAMPAIGN_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another campaign has the key "${d.key}".`],
  CAMPAIGN_KEY_FIXED: [
    'invalid',
    (d: { key: string }) => `The key of the campaign "${d.key}" can't be changed.`,
  ],
  CAMPAIGN_NOT_OWN: [
    'forbidden',
    (d: { key: string }) => `The campaign "${d.key}" belongs to an org unit outside yours.`,
  ],
  CAMPAIGN_STATE: [
    'conflict',
    (d: { key: string; state: string; step: string }) =>
      `The campaign "${d.key}" is ${d.state}; "${d.step}" isn't possible now.`,
  ],
  CAMPAIGN_CHANGED: [
    'conflict',
    (d: { key: string }) => `The campaign "${d.key}" was changed meanwhile. Try again.`,
  ],
  CAMPAIGN_STARTING: ['conflict', (d: { key: string }) => `The campaign "${d.key}" is being started.`],
  CAMPAIGN_OVER: [
    'conflict',
    (d: { key: string; to: string }) => `The campaign "${d.key}" would have ended at ${d.to}.`,
  ],
})
