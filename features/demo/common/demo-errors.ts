import { defineErrors } from '#platform/common/errors.ts'

/** Errors of the demo bank's own pages. */
export const demoError = defineErrors({
  DEMO_ONLY: ['missing', (_: Record<string, never>) => 'This exists only in a demo bank.'],
  DEMO_CUSTOMER_UNKNOWN: [
    'missing',
    (d: { customerNo: string }) => `The demo bank has no customer "${d.customerNo}".`,
  ],
})
