import { defineErrors } from '#platform/common/errors.ts'

/** Errors that end an import or keep it from beginning; a single bad row is a reject instead. */
export const importError = defineErrors({
  MAPPING_UNREADABLE: ['invalid', (d: { path: string; reason: string }) => `${d.path}: ${d.reason}`],
  MAPPING_INVALID: ['invalid', (d: { path: string; detail: string }) => `${d.path}: ${d.detail}`],
  IMPORT_FILE_MISSING: ['invalid', (d: { path: string }) => `There is no readable file ${d.path}.`],
  IMPORT_FILE_TWICE: ['invalid', (d: { name: string }) => `Two of the files are called ${d.name}.`],
  IMPORT_FILE_UNMATCHED: [
    'invalid',
    (d: { name: string; patterns: string }) =>
      `The mapping has no entry for ${d.name}; its entries match ${d.patterns}.`,
  ],
  IMPORT_COLUMN_MISSING: [
    'invalid',
    (d: { name: string; column: string; columns: string }) =>
      `${d.name} has no column "${d.column}"; its columns are ${d.columns}. Are delimiter, quote and encoding right?`,
  ],
  IMPORT_COLUMN_TWICE: [
    'invalid',
    (d: { name: string; column: string }) => `${d.name} has more than one column "${d.column}".`,
  ],
  LOOKUP_FILE_MISSING: [
    'invalid',
    (d: { file: string; by: string }) =>
      `The mapping of ${d.by} looks values up in ${d.file}: give that file too.`,
  ],
  LOOKUP_TOO_LARGE: [
    'invalid',
    (d: { file: string; most: number }) =>
      `${d.file} has more than ${d.most} rows: too many to look values up in.`,
  ],
  IMPORT_RUNNING: [
    'conflict',
    (_: Record<string, never>) => 'Another import is running; wait until it has ended.',
  ],
  IMPORT_LEFT: [
    'unavailable',
    (_: Record<string, never>) =>
      'The command that asked for the import is gone; the same command goes on with it.',
  ],
  USER_UNKNOWN: ['missing', (d: { username: string }) => `Nobody has the user name "${d.username}".`],
  REJECTS_UNWRITABLE: [
    'invalid',
    (d: { path: string; reason: string }) => `Rejected rows cannot be written to ${d.path}: ${d.reason}`,
  ],
})
