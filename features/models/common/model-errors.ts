import { defineErrors } from '#platform/common/errors.ts'

/** Errors of the model registry. */
export const modelError = defineErrors({
  MODEL_NOT_FOUND: ['missing', (d: { key: string }) => `No model has the key "${d.key}".`],
  MODEL_VERSION_NOT_FOUND: [
    'missing',
    (d: { key: string; version: number }) => `The model "${d.key}" has no version ${d.version}.`,
  ],
  MODEL_KEY_TAKEN: ['conflict', (d: { key: string }) => `Another model has the key "${d.key}".`],
  MODEL_NOT_DRAFT: [
    'conflict',
    (d: { state: string }) => `Only a draft can be changed or approved; this version is ${d.state}.`,
  ],
  MODEL_NOT_APPROVED: [
    'conflict',
    (d: { state: string }) => `Only an approved version can be retired; this one is ${d.state}.`,
  ],
  MODEL_OWN_APPROVAL: [
    'forbidden',
    (_: Record<string, never>) => 'Whoever made a version does not approve it.',
  ],
  MODEL_FILE_MISSING: ['conflict', (_: Record<string, never>) => 'Upload the ONNX file first.'],
  MODEL_FILE_NOT_TAKEN: ['invalid', (_: Record<string, never>) => 'Only an ONNX model has a file.'],
  MODEL_FILE_EMPTY: ['invalid', (_: Record<string, never>) => 'The file is empty.'],
  MODEL_FILE_BROKEN: [
    'invalid',
    (d: { detail: string }) => `The file is no ONNX model that can score: ${d.detail}`,
  ],
  MODEL_IN_USE: [
    'conflict',
    (d: { key: string; uses: string }) => `The model "${d.key}" is used by: ${d.uses}.`,
  ],
  MODEL_RUN_FAILED: ['unavailable', (d: { detail: string }) => `The model could not score: ${d.detail}`],
})
