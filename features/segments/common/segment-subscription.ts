import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'

const Text = (least: number, most: number) =>
  z.string().trim().min(least).max(most).refine(storable, 'holds characters that cannot be stored')

/**
 * POST /api/segments/{key}/subscriptions (segment.export) → 201 Subscription: an outside system is told of who enters and
 * leaves, by customer number only, once someone else approved the purpose. Without `url` it only pulls. Batches carry
 * `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,base64(HMAC-SHA256(secret, "id.timestamp.body"))`.
 */
export const CreateSubscription = z
  .strictObject({
    name: Text(1, 200),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    secret: z.string().min(24).max(200).optional(),
    purpose: Text(5, 2000),
  })
  .refine(({ url, secret }) => (url === undefined) === (secret === undefined), 'a url goes with a secret')
export type CreateSubscription = z.infer<typeof CreateSubscription>

export const subscriptionStates = ['waiting', 'active', 'paused', 'dead', 'rejected', 'ended'] as const

export const Subscription = z
  .object({
    subscriptionId: z.number().int(),
    segment: z.string(),
    name: z.string(),
    url: z.string().nullable(),
    purpose: z.string(),
    /** dead: too many failures in a row; it goes on where it stopped once someone resumes it. */
    state: z.enum(subscriptionStates),
    failures: z.number().int(),
    lastStatus: z.number().int().nullable(),
    lastError: z.string().nullable(),
    lastAttemptAt: z.string().nullable(),
    lastDeliveredAt: z.string().nullable(),
    deliveredCount: z.number().int(),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: 'SegmentSubscription' })
export type Subscription = z.infer<typeof Subscription>
/** GET /api/segments/{key}/subscriptions (segment.export) */
export const Subscriptions = z.object({ items: z.array(Subscription) })
export const SubscriptionId = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })
/** POST /api/segment-subscriptions/{id}/pause|resume|end (segment.export) */
export const SubscriptionStep = SubscriptionId.extend({ step: z.enum(['pause', 'resume', 'end']) })
export type SubscriptionStepName = z.infer<typeof SubscriptionStep>['step']

/**
 * GET /api/segments/{key}/changes?subscription=1&cursor= (segment.export): the same changes for pulling. A change that
 * arrives late stands after younger ones: `at` says when it happened.
 */
export const ChangesQuery = z.object({
  subscription: z.coerce.number().int().min(1).max(2_147_483_647),
  cursor: z.string().max(500).default(''),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
})
export const SegmentChange = z.object({
  customerNo: z.string(),
  change: z.enum(['entered', 'left']),
  at: z.string(),
})
export type SegmentChange = z.infer<typeof SegmentChange>
/** `nextCursor` is where to go on, also when there is nothing new yet. */
export const Changes = z.object({
  items: z.array(SegmentChange),
  nextCursor: z.string(),
  hasMore: z.boolean(),
})
