import { defineErrors } from '#platform/common/errors.ts'

/** Errors of fixed customer lists. */
export const listError = defineErrors({
  LIST_NOT_FOUND: ['missing', (d: { key: string }) => `No list has the key "${d.key}".`],
  LIST_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another list has the key "${d.key}".`],
  LIST_NOT_OWN: [
    'forbidden',
    (d: { key: string }) => `The list "${d.key}" belongs to an org unit you do not manage.`,
  ],
  LIST_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The list "${d.key}" is used by: ${d.uses}.`,
  ],
  LIST_UPLOAD_NOT_FOUND: [
    'missing',
    (d: { key: string; version: number }) => `The list "${d.key}" has no upload ${d.version}.`,
  ],
  LIST_FILE_BROKEN: ['invalid', (d: { detail: string }) => `The file is no CSV in UTF-8: ${d.detail}`],
  LIST_FILE_EMPTY: ['invalid', (_: Record<string, never>) => 'The file names no customer.'],
  LIST_FILE_TOO_LARGE: [
    'tooLarge',
    (d: { rows: number; megabytes: number }) => `A list takes at most ${d.rows} rows and ${d.megabytes} MB.`,
  ],
  LIST_UPLOAD_CUT_OFF: ['invalid', (_: Record<string, never>) => 'The upload ended before the file did.'],
})
