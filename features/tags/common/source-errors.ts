import { defineErrors } from '#platform/common/errors.ts'

/** Errors of sources that read well but cannot be computed. */
export const sourceError = defineErrors({
  TAG_SOURCE_TAG_UNKNOWN: ['invalid', (d: { tag: string }) => `No tag has the key "${d.tag}".`],
  TAG_SOURCE_TAG_TYPE: [
    'invalid',
    (d: { tag: string; detail: string }) => `The tag "${d.tag}" cannot be used here: ${d.detail}`,
  ],
  TAG_SOURCE_LIST_UNKNOWN: ['invalid', (d: { list: string }) => `No list has the key "${d.list}".`],
  TAG_SOURCE_MODEL_UNKNOWN: ['invalid', (d: { model: string }) => `No model has the key "${d.model}".`],
  TAG_SOURCE_MODEL_NOT_APPROVED: [
    'conflict',
    (d: { model: string }) => `The model "${d.model}" has no approved version.`,
  ],
  TAG_SQL_REFUSED: ['invalid', (d: { detail: string }) => `The SQL of a tag is refused: ${d.detail}`],
  TAG_SQL_FAILED: [
    'invalid',
    (d: { detail: string }) => `The engine cannot run the SQL of this tag: ${d.detail}`,
  ],
  TAG_SQL_NOT_ONE_ROW: [
    'invalid',
    (d: { customers: number; rows: number }) =>
      `The SQL gave ${d.rows} rows for ${d.customers} customers: each customer may come once.`,
  ],
})
