import { z } from 'zod'
import { answerShape, EventFilter, frameShape, Spread } from '#features/insight/common/frame.ts'

/**
 * How customers are spread by what they did: messages, days on which they did it, or the sum of a property; or how the
 * values of a numeric property are spread over messages (`value`).
 */
export const DistributionQuery = z
  .strictObject({
    ...frameShape,
    event: EventFilter,
    of: z.enum(['count', 'days', 'sum', 'value']).default('count'),
    prop: z.string().min(1).max(200).optional(),
    bins: z.number().int().min(3).max(50).default(20),
    /** Counts those who never did it as zero. */
    zero: z.boolean().default(false),
  })
  .superRefine(({ of, prop }, context) => {
    if ((of === 'sum' || of === 'value') !== (prop !== undefined))
      context.addIssue({
        code: 'custom',
        path: ['prop'],
        message: 'goes with sum and value, and they need it',
      })
  })
export type DistributionQuery = z.output<typeof DistributionQuery>

export const DistributionAnswer = z.object({
  ...answerShape,
  customers: z.number().int(),
  spread: Spread,
  /** Customers by bin; beside `value` they are what is counted anyway. */
  byBin: z.array(z.number().int()),
})
export type DistributionAnswer = z.infer<typeof DistributionAnswer>

/** Customers in a half-open bin; without one all. */
export const DistributionCell = z.strictObject({
  bin: z.strictObject({ from: z.number(), to: z.number() }).optional(),
})
