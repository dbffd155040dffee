import { defineErrors } from '#platform/common/errors.ts'

/** Errors of segments. */
export const segmentError = defineErrors({
  SEGMENT_NOT_FOUND: ['missing', (d: { key: string }) => `No segment has the key "${d.key}".`],
  SEGMENT_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another segment already has the key "${d.key}".`],
  SEGMENT_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The segment "${d.key}" is still used by ${d.uses}.`,
  ],
  SEGMENT_NOT_YOURS: [
    'forbidden',
    (d: { key: string }) => `The segment "${d.key}" belongs to an org unit outside your own.`,
  ],
})
