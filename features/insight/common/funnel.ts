import { z } from 'zod'
import {
  answerShape,
  breakdownShape,
  EventFilter,
  frameShape,
  Group,
  Length,
  Spread,
} from '#features/insight/common/frame.ts'

export const mostSteps = 10

/**
 * Ordered steps. A customer has reached step k if there are moments t1 ≤ t2 ≤ … ≤ tk of such events with t1 in the period and
 * tk at most `window` after t1 (also beyond the end of the period), and no excluded event x with ti < x ≤ ti+1. Two steps may
 * fall in the same instant, for imports often know only the day, unless `strict`, or unless two steps ask for the same
 * event: then every moment is later than the one before, so that one message never stands for two steps.
 */
export const FunnelQuery = z
  .strictObject({
    ...frameShape,
    ...breakdownShape,
    steps: z.array(EventFilter).min(2).max(mostSteps),
    window: Length.default({ days: 7 }),
    /** Events that must not happen between step `after` (from 1) and the next; without `after`, between any two. */
    exclude: z
      .array(
        EventFilter.extend({
          after: z
            .number()
            .int()
            .min(1)
            .max(mostSteps - 1)
            .optional(),
        }),
      )
      .max(5)
      .default([]),
    strict: z.boolean().optional(),
  })
  .superRefine(({ steps, exclude }, context) => {
    for (const [nth, { after }] of exclude.entries())
      if (after !== undefined && after >= steps.length)
        context.addIssue({ code: 'custom', path: ['exclude', nth, 'after'], message: 'no step follows it' })
  })
export type FunnelQuery = z.output<typeof FunnelQuery>

/** Whether steps must be at different instants. */
export const isStrict = ({ steps, strict }: Pick<FunnelQuery, 'steps' | 'strict'>): boolean =>
  strict ?? new Set(steps.map((step) => step.event)).size < steps.length

const Counts = z.array(z.number().int())
export const FunnelAnswer = z.object({
  ...answerShape,
  isStrict: z.boolean(),
  steps: z.array(
    z.object({
      customers: z.number().int(),
      /** Reached the step before but not this one. */
      dropped: z.number().int(),
      /** Of those at the step before, and of those at the first. */
      fromPrevious: z.number().nullable(),
      fromFirst: z.number().nullable(),
      /** Milliseconds from the first step to this one at its first completion. */
      medianMs: z.number().nullable(),
    }),
  ),
  /** Milliseconds from the first step to the last, of those who reached it. */
  timeToConvert: Spread,
  groups: z.array(Group.extend({ customers: Counts })),
  others: z.object({ groups: z.number().int(), customers: Counts }).nullable(),
})
export type FunnelAnswer = z.infer<typeof FunnelAnswer>

/** Who reached a step (from 1); with `dropped`, who reached it and went no further; or whose conversion took so long. */
export const FunnelCell = z.strictObject({
  step: z.number().int().min(1).max(mostSteps),
  dropped: z.boolean().optional(),
  took: z.strictObject({ fromMs: z.number().min(0), toMs: z.number().positive() }).optional(),
  item: z.string().max(1001).optional(),
  not: z.array(z.string().max(1001)).max(50).optional(),
})
export type FunnelCell = z.output<typeof FunnelCell>

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** Bounds of bins of time that people think in. */
export const durationBounds: readonly number[] = [
  ...[0, minuteMs, 5 * minuteMs, 15 * minuteMs, 30 * minuteMs, hourMs, 3 * hourMs, 6 * hourMs, 12 * hourMs],
  ...[1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365, 730, 3660].map((days) => days * dayMs),
]

/** The bounds that a longest time needs. */
export const boundsUpTo = (mostMs: number): number[] => {
  const last = durationBounds.findIndex((bound) => bound > mostMs)
  return durationBounds.slice(0, last < 0 ? undefined : last + 1)
}

/** Times are told exactly to a second, in long windows to a five-thousandth of them at most. */
export const resolutionOf = (longestMs: number): number =>
  [1000, 5000, 10_000, 30_000, minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs].find(
    (resolution) => longestMs / resolution <= 100_000,
  ) ?? dayMs
