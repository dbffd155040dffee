import { defineErrors } from '#platform/common/errors.ts'

/** Errors of value analyses. */
export const valueError = defineErrors({
  VALUE_AMOUNTS: ['forbidden', () => 'This analysis shows balances, which needs balance.read.'],
})
