import { z } from 'zod'
import type { TagOfCustomer } from '#features/customers/common/customer.ts'

/** GET /api/customers/{customerNo}/tags (customer.read; class C2 only with balance.read): values with since when. */
export type CustomerTag = z.infer<typeof TagOfCustomer>

const Name = z.object({ zh: z.string(), en: z.string() })
const Type = z.enum(['bool', 'enum', 'number', 'date'])

/** GET /api/customers/{customerNo}/tags/{key}/history (customer.read; class C2 only with balance.read): newest first. */
export const TagHistory = z
  .object({
    key: z.string(),
    name: Name,
    type: Type,
    unit: z.string(),
    /** Null: had no value from then on. */
    items: z.array(z.object({ at: z.string(), value: z.string().nullable(), number: z.number().nullable() })),
    /** False where older changes were left out. */
    isComplete: z.boolean(),
  })
  .meta({ id: 'CustomerTagHistory' })
export type TagHistory = z.infer<typeof TagHistory>

/** GET /api/customers/{customerNo}/similar (customer.read): the nearest in scope by tag values, and why. */
export const SimilarQuery = z.object({ limit: z.coerce.number().int().min(1).max(50).default(10) })
export const SimilarCustomers = z
  .object({
    items: z.array(
      z.object({
        customerNo: z.string(),
        name: z.string().nullable(),
        orgName: z.string(),
        /** Share of what the customer is compared by that is alike, from 0 to 1. */
        similarity: z.number(),
        reasons: z.array(
          z.object({ key: z.string(), name: Name, type: Type, value: z.string(), theirs: z.string() }),
        ),
      }),
    ),
    /** Tags they were compared by. */
    comparedBy: z.array(z.object({ key: z.string(), name: Name })),
    asOf: z.string(),
  })
  .meta({ id: 'SimilarCustomers' })
export type SimilarCustomers = z.infer<typeof SimilarCustomers>
