/** Why a row of a file was not imported; `docs/guide/import.md` explains each. */
export const rejectCodes = [
  'ROW_TOO_LONG',
  'QUOTE_BROKEN',
  'COLUMN_COUNT',
  'TEXT_UNDECODABLE',
  'NUL_CHARACTER',
  'VALUE_MISSING',
  'VALUE_TOO_LONG',
  'VALUE_INVALID',
  'VALUE_UNMAPPED',
  'NUMBER_INVALID',
  'AMOUNT_INVALID',
  'DATE_INVALID',
  'ORG_UNIT_UNKNOWN',
  'STAFF_UNKNOWN',
  'CUSTOMER_UNKNOWN',
] as const
export type RejectCode = (typeof rejectCodes)[number]

/** One reason; its words never repeat a value, for that may be an identifier in the wrong column. */
export type Reject = { code: RejectCode; field: string; message: string }

/** Thrown while a row is read, caught by whoever reads rows: no Error, for millions of them may come. */
export class RejectedRow {
  readonly reject: Reject
  constructor(code: RejectCode, field: string, message: string) {
    this.reject = { code, field, message }
  }
}
