import { z } from 'zod'
import { bucketSizes } from '#features/insight/common/buckets.ts'
import {
  answerShape,
  breakdownShape,
  EventFilter,
  frameShape,
  Group,
} from '#features/insight/common/frame.ts'

/** How often something happened over time: messages, customers, and the amounts of a property. */
export const TrendQuery = z.strictObject({
  ...frameShape,
  ...breakdownShape,
  event: EventFilter,
  size: z.enum(bucketSizes).default('day'),
  /** Adds up this property (texts that are no amounts count as nothing). */
  prop: z.string().min(1).max(200).optional(),
  /** Beside it, the period before of the same length. */
  compare: z.boolean().default(true),
})
export type TrendQuery = z.output<typeof TrendQuery>
export type TrendQueryInput = z.input<typeof TrendQuery>

const Figures = z.object({
  messages: z.number().int(),
  customers: z.number().int(),
  /** Exact decimals as text; null without `prop`. */
  sum: z.string().nullable(),
  /** Over the messages that carry an amount; null where none does. */
  average: z.number().nullable(),
})
export type TrendFigures = z.infer<typeof Figures>

export const TrendAnswer = z.object({
  ...answerShape,
  /** Beginnings of the buckets; `isPartial`: it has not ended yet or lies partly outside the period. */
  buckets: z.array(z.object({ from: z.string(), isPartial: z.boolean() })),
  total: Figures,
  all: z.array(Figures),
  groups: z.array(Group.extend({ total: Figures, points: z.array(Figures) })),
  /** All groups beyond `top` together. */
  others: z.object({ groups: z.number().int(), total: Figures, points: z.array(Figures) }).nullable(),
  before: z.object({ from: z.string(), to: z.string(), total: Figures, all: z.array(Figures) }).nullable(),
})
export type TrendAnswer = z.infer<typeof TrendAnswer>

/** One number: of a bucket or the whole period, of a group or all. */
export const TrendCell = z.strictObject({
  bucket: z.iso.datetime().optional(),
  item: z.string().max(1001).optional(),
  not: z.array(z.string().max(1001)).max(50).optional(),
  before: z.boolean().optional(),
})
