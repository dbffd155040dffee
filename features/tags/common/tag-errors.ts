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
  TAG_STATE: [
    'conflict',
    (d: { key: string; state: string; step: string }) =>
      `The tag "${d.key}" is ${d.state}; "${d.step}" isn't possible now.`,
  ],
  TAG_NOT_OWN: [
    'forbidden',
    (d: { key: string }) => `The tag "${d.key}" belongs to an org unit outside yours.`,
  ],
  TAG_UNPUBLISHED: [
    'invalid',
    (d: { key: string }) => `The tag "${d.key}" isn't published, so it takes no other's place.`,
  ],
  TAG_DIRECTORY_NOT_FOUND: ['missing', (d: { key: string }) => `There is no tag folder "${d.key}".`],
  TAG_DIRECTORY_TAKEN: ['conflict', (d: { key: string }) => `Another tag folder has the key "${d.key}".`],
  TAG_DIRECTORY_CYCLE: ['invalid', (d: { key: string }) => `The folder "${d.key}" would lie in itself.`],
  TAG_DIRECTORY_DEEP: ['invalid', (d: { key: string }) => `The folder "${d.key}" would lie too deep.`],
  TAG_DIRECTORY_NOT_EMPTY: [
    'conflict',
    (d: { key: string }) => `The folder "${d.key}" still holds tags or folders.`,
  ],
  TAG_TEMPLATE_NOT_FOUND: ['missing', (d: { key: string }) => `There is no tag template "${d.key}".`],
  TAG_TEMPLATE_NEEDS: [
    'conflict',
    (d: { key: string; needs: string }) => `The template "${d.key}" needs these tags first: ${d.needs}.`,
  ],
})
