import { z } from 'zod'
import { answerShape, EventFilter, frameShape } from '#features/insight/common/frame.ts'

export const mostPeriods = 30

/**
 * Cohorts by day, week or month of the bank's calendar. `recurring`: whoever did the start event in that bucket (a customer
 * may be in several); `first`: whose very first start event ever lies in it. Returned in period n: did the return event in
 * the n-th bucket after the cohort's. The cohort itself is period 0.
 */
export const RetentionQuery = z.strictObject({
  ...frameShape,
  start: EventFilter,
  returning: EventFilter,
  size: z.enum(['day', 'week', 'month']).default('week'),
  periods: z.number().int().min(1).max(mostPeriods).default(8),
  cohort: z.enum(['recurring', 'first']).default('recurring'),
})
export type RetentionQuery = z.output<typeof RetentionQuery>

export const RetentionAnswer = z.object({
  ...answerShape,
  cohorts: z.array(
    z.object({
      from: z.string(),
      customers: z.number().int(),
      /** By period from 1; null where that bucket has not begun yet. */
      returned: z.array(z.number().int().nullable()),
    }),
  ),
  /** Over the cohorts whose bucket of that period has ended: returned, of how many. */
  average: z.array(z.object({ returned: z.number().int(), of: z.number().int() })),
})
export type RetentionAnswer = z.infer<typeof RetentionAnswer>

export const RetentionCell = z.strictObject({
  cohort: z.iso.datetime(),
  period: z.number().int().min(0).max(mostPeriods),
  /** Instead: those of the cohort who did not return in that period. */
  lost: z.boolean().optional(),
})
