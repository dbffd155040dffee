import { defineErrors } from '#platform/common/errors.ts'

/** Errors of streaming. */
export const streamingError = defineErrors({
  SEGMENT_DRIFTED: [
    'conflict',
    (d: { segments: string }) =>
      `Nothing can be sent to ${d.segments}: streaming and the full refresh differed by more than the limit.`,
  ],
  SEGMENT_OVERRIDE_UNCONFIRMED: [
    'invalid',
    (d: { key: string }) => `Type the key "${d.key}" to confirm that the segment may be sent to.`,
  ],
  SEGMENT_NOT_BLOCKED: ['conflict', (d: { key: string }) => `The segment "${d.key}" can be sent to already.`],
})
