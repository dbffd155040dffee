import { defineErrors } from '#platform/common/errors.ts'

type None = Record<string, never>

/** Errors of customers. Details never carry an identifier other than the customer number. */
export const customerError = defineErrors({
  CUSTOMER_NOT_FOUND: ['missing', (_: None) => 'There is no such customer, or none you may see.'],
  CUSTOMER_NO_INVALID: [
    'invalid',
    (d: { row: number }) =>
      `Row ${d.row}: a customer number has 1 to 64 characters and no control characters.`,
  ],
  AMOUNT_INVALID: [
    'invalid',
    (d: { row: number }) =>
      `Row ${d.row}: an amount is a decimal of at most 16 digits before and 2 after the point.`,
  ],
  BUSINESS_DATE_INVALID: [
    'invalid',
    (d: { row: number }) => `Row ${d.row}: a day is written YYYY-MM-DD and lies between 1900 and 2299.`,
  ],
  CUSTOMER_MERGED_ALREADY: [
    'conflict',
    (d: { customerNo: string }) => `${d.customerNo} is merged into another number; split it first.`,
  ],
  CUSTOMER_MERGE_LOOP: [
    'conflict',
    (d: { customerNo: string }) => `${d.customerNo} cannot be merged into itself.`,
  ],
  CUSTOMER_NOT_MERGED: [
    'conflict',
    (d: { customerNo: string }) => `${d.customerNo} is not merged into another number.`,
  ],
  CUSTOMER_IDS_EXHAUSTED: ['unavailable', (_: None) => 'All 4,294,967,295 customer ids are given out.'],
  HEAD_OFFICE_MISSING: ['conflict', (_: None) => 'There is no head office yet: add the org tree first.'],
  FIELD_KEY_WRONG: [
    'conflict',
    (_: None) =>
      'The identifiers in this database were encrypted with another key: set ZHIKE_FIELD_KEY to that one.',
  ],
})
