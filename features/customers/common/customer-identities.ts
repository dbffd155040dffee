import { z } from 'zod'

const reason = z.string().trim().min(5).max(500)

/** A device or id that was believed to be a customer's, and why. */
export const Binding = z
  .object({
    /** A hash, as decimal text: nobody's clear id. */
    visitor: z.string(),
    /** `device`, or the kind of id: open_id, union_id, external_user_id, phone … */
    kind: z.string(),
    /** The number it was bound under; another than the customer's where numbers were merged. */
    customerNo: z.string(),
    proof: z.enum(['trusted_source', 'customer_token', 'bank_data']),
    since: z.string(),
    until: z.string().nullable(),
    /** Others had the device before or after. */
    isShared: z.boolean(),
    /** What came from it, as far as it was not sent under a number. */
    events: z.number().int(),
    lastAt: z.string().nullable(),
    sources: z.array(z.string()),
    undone: z.object({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'Binding' })
export type Binding = z.infer<typeof Binding>

export const Merge = z.object({
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  mergedAt: z.string(),
  mergedBy: z.string(),
  splitAt: z.string().nullable(),
})

/** GET /api/customers/{customerNo}/identities (customer.read): what is known to be this customer, and why. */
export const CustomerIdentities = z
  .object({
    identities: z.array(z.object({ kind: z.string(), masked: z.string() })),
    bindings: z.array(Binding),
    /** Numbers of this person, merged and split. */
    merges: z.array(Merge),
  })
  .meta({ id: 'CustomerIdentities' })
export type CustomerIdentities = z.infer<typeof CustomerIdentities>

/**
 * POST /api/customers/{customerNo}/bindings/{visitor}/undo (identity.write): the device was not this customer's; with
 * `since` only the binding that began then. What had proven it proves nothing any more; a later login does.
 */
export const UndoBinding = z.strictObject({ reason, since: z.iso.datetime().optional() })
export const BindingUndone = z.object({
  /** 0: there was nothing to undo any more. */
  undone: z.number().int(),
  /** False: the warehouse follows later. */
  isApplied: z.boolean(),
})

/** POST /api/customers/merge (identity.write): the core bank counts `from` under `to` from now on. */
export const MergeCustomers = z.strictObject({
  from: z.string().min(1).max(64),
  to: z.string().min(1).max(64),
  reason,
})
/** POST /api/customers/{customerNo}/split (identity.write): undoes that number's merge. */
export const SplitCustomer = z.strictObject({ reason })
export const MergeDone = z.object({ customerNo: z.string(), isApplied: z.boolean() })
