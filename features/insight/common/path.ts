import { z } from 'zod'
import { answerShape, EventFilter, frameShape } from '#features/insight/common/frame.ts'

const Name = z.string().min(1).max(200)
export const mostDepth = 6

/**
 * Ways from a step or to it, one for each customer: `from` begins at the customer's first such event in the period, `to` ends
 * there. A way ends at a pause longer than `gapMinutes`, or after `depth` more steps. `events` names what counts as a step
 * (the anchor's event always does; none: everything); `detail` tells events apart by a property. Events of one instant
 * follow each other by name, then by message.
 */
export const PathQuery = z.strictObject({
  ...frameShape,
  anchor: EventFilter,
  direction: z.enum(['from', 'to']).default('from'),
  depth: z.number().int().min(1).max(mostDepth).default(4),
  gapMinutes: z.number().int().min(1).max(43_200).default(30),
  /** Takes the same step several times in a row as one. */
  collapse: z.boolean().default(true),
  events: z.array(Name).max(50).default([]),
  detail: z
    .array(z.strictObject({ event: Name, prop: Name }))
    .max(10)
    .default([]),
  /** So many steps are shown at each place, the largest; all others are told as one. */
  top: z.number().int().min(1).max(20).default(8),
})
export type PathQuery = z.output<typeof PathQuery>

export const PathAnswer = z.object({
  ...answerShape,
  /** Customers who did the anchor at all. */
  customers: z.number().int(),
  /** Place 0 is the anchor's; node `+` is all others. `name` and `value` are the event and its detail. */
  nodes: z.array(
    z.object({
      place: z.number().int(),
      node: z.string(),
      name: z.string(),
      value: z.string().nullable(),
      customers: z.number().int(),
    }),
  ),
  /** From a node to one at the next place; a null target: the way ends (or, to a step, begins) there. */
  links: z.array(
    z.object({
      place: z.number().int(),
      from: z.string(),
      to: z.string().nullable(),
      customers: z.number().int(),
    }),
  ),
  /** How many different steps are told as one, by place. */
  others: z.array(z.number().int()),
})
export type PathAnswer = z.infer<typeof PathAnswer>

const Node = z.string().max(1300)
/** Whose way goes through a node at a place, and on to the next (null: ends there). `not`: the nodes shown, for `+`. */
export const PathCell = z.strictObject({
  place: z.number().int().min(0).max(mostDepth),
  node: Node.optional(),
  not: z.array(Node).max(20).optional(),
  next: z.strictObject({ node: Node.nullable(), not: z.array(Node).max(20).optional() }).optional(),
})
