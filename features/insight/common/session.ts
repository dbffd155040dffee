import { z } from 'zod'
import { answerShape, frameShape, Spread } from '#features/insight/common/frame.ts'

const gap = z.number().int().min(1).max(1440).default(30)

/**
 * Sessions: events of a customer without a pause longer than `gapMinutes`, cut at the edges of the period. `events` names
 * what counts as activity; without it everything does. A session of one event has length 0 and is a bounce.
 */
export const SessionQuery = z.strictObject({
  ...frameShape,
  gapMinutes: gap,
  events: z.array(z.string().min(1).max(200)).max(50).default([]),
  size: z.enum(['day', 'week', 'month']).default('day'),
})
export type SessionQuery = z.output<typeof SessionQuery>

const Bin = z.object({
  from: z.number(),
  /** Null: without end. */
  to: z.number().nullable(),
  sessions: z.number().int(),
  customers: z.number().int(),
})
export const SessionAnswer = z.object({
  ...answerShape,
  sessions: z.number().int(),
  customers: z.number().int(),
  bounces: z.number().int(),
  events: z.number().int(),
  buckets: z.array(z.object({ from: z.string(), sessions: z.number().int(), customers: z.number().int() })),
  /** Seconds. */
  length: Spread,
  byLength: z.array(Bin),
  byEvents: z.array(Bin),
})
export type SessionAnswer = z.infer<typeof SessionAnswer>

/** Customers with a session that began in that bucket, was that long (seconds), had so many events, or bounced. */
export const SessionCell = z.strictObject({
  bucket: z.iso.datetime().optional(),
  seconds: z.strictObject({ from: z.number().min(0), to: z.number().nullable() }).optional(),
  events: z.strictObject({ from: z.number().min(1), to: z.number().nullable() }).optional(),
  bounce: z.boolean().optional(),
})

export const lengthBounds: readonly number[] = [0, 10, 30, 60, 180, 600, 1800, 3600]
export const eventBounds: readonly number[] = [1, 2, 3, 5, 10, 20, 50, 100]
