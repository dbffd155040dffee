import { z } from 'zod'
import { answerShape, EventFilter, frameShape, Length, Spread } from '#features/insight/common/frame.ts'

/**
 * Time between two events, once per customer: from the first `first` event in the period to the next `next` event, at the
 * same instant or later (for the same event: later), at most `within` after it.
 */
export const IntervalQuery = z.strictObject({
  ...frameShape,
  first: EventFilter,
  next: EventFilter,
  within: Length.default({ days: 30 }),
})
export type IntervalQuery = z.output<typeof IntervalQuery>

export const IntervalAnswer = z.object({
  ...answerShape,
  started: z.number().int(),
  finished: z.number().int(),
  /** Milliseconds. */
  time: Spread,
})
export type IntervalAnswer = z.infer<typeof IntervalAnswer>

/** Who started, finished, never finished, or took so long. */
export const IntervalCell = z.strictObject({
  of: z.enum(['started', 'finished', 'unfinished']).default('finished'),
  took: z.strictObject({ fromMs: z.number().min(0), toMs: z.number().positive() }).optional(),
})
