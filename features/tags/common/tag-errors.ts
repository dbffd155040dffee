import { defineErrors } from '#platform/common/errors.ts'

/** Errors of tags. */
export const tagError = defineErrors({
  TAG_NOT_FOUND: ['missing', (d: { key: string }) => `No tag has the key "${d.key}".`],
  TAG_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another tag already has the key "${d.key}".`],
  TAG_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The tag "${d.key}" is still used by ${d.uses}.`,
  ],
  TAG_CYCLE: ['invalid', (d: { key: string }) => `The tag "${d.key}" would be computed from itself.`],
})
