import { z } from 'zod'

/** Why the gate refused, in the order it asks. `docs/glossary.md` has the words. */
export const gateCodes = [
  'NO_CONSENT',
  'DO_NOT_CONTACT',
  'CUSTOMER_DECEASED',
  'CUSTOMER_FROZEN',
  'CUSTOMER_CLOSED',
  'CAP_REACHED',
] as const
export type GateCode = (typeof gateCodes)[number]

/** Channels and whether a touch in them counts as a message under the caps. */
export const channels = {
  slot: { countsAsMessage: false },
  inbox: { countsAsMessage: true },
  task: { countsAsMessage: false },
} as const
export type Channel = keyof typeof channels

export type GateDecision =
  | { customerId: number; outcome: 'reserved'; touchId: number }
  | { customerId: number; outcome: 'refused'; code: GateCode }

/** At most so many messages within any window that long; `channel` null: over all channels that count as messages. */
export const ContactCap = z
  .object({
    capId: z.number().int(),
    channel: z.string().nullable(),
    windowMinutes: z.number().int(),
    most: z.number().int(),
  })
  .meta({ id: 'ContactCap' })
export type ContactCap = z.infer<typeof ContactCap>
/** GET /api/gate/caps (campaign.read) */
export const ContactCaps = z.object({ items: z.array(ContactCap) })
