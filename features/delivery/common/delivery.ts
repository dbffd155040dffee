import { z } from 'zod'

/**
 * Customer-facing reads. Public write key as Basic user name; the customer is proven by `x-customer-token`, a token signed by
 * the bank. Without a valid token the personal answer is empty, never an error that tells who exists.
 */

/** GET /v1/slots?slot=a&slot=b (customer) */
export const SlotQuery = z.object({
  slot: z
    .union([z.string().min(1).max(64), z.array(z.string().min(1).max(64)).max(20)])
    .transform((slot) => [slot].flat()),
})
export const SlotContent = z
  .object({
    slot: z.string(),
    placement: z.string(),
    content: z.object({ title: z.string(), body: z.string(), link: z.string() }),
    /** Id of this decision: exposures and clicks carry it back. */
    decision: z.string(),
    campaign: z.string(),
  })
  .meta({ id: 'SlotContent' })
export const Slots = z.object({ slots: z.array(SlotContent) })

/** GET /v1/inbox (customer) · POST /v1/inbox/{messageId}/read (customer) → 204 */
export const InboxItem = z
  .object({
    messageId: z.string(),
    title: z.string(),
    body: z.string(),
    link: z.string(),
    sentAt: z.string(),
    readAt: z.string().nullable(),
    campaign: z.string(),
    touch: z.string(),
  })
  .meta({ id: 'InboxItem' })
export const Inbox = z.object({ items: z.array(InboxItem) })
