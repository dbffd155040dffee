import { z } from 'zod'
import { Money, PageQuery, pageOf } from '#platform/common/http.ts'

export const customerStates = ['active', 'frozen', 'deceased', 'closed'] as const
export type CustomerState = (typeof customerStates)[number]

/** A customer as lists show one. Direct identifiers are masked: 张**, 138****1234, last four. */
export const CustomerItem = z
  .object({
    customerNo: z.string(),
    name: z.string().nullable(),
    state: z.enum(customerStates),
    isProvisional: z.boolean(),
    orgId: z.number().int(),
    orgName: z.string(),
    rmName: z.string().nullable(),
    /** Only with balance.read. */
    aum: Money.nullable(),
    tier: z.string().nullable(),
  })
  .meta({ id: 'CustomerItem' })
export type CustomerItem = z.infer<typeof CustomerItem>

/**
 * GET /api/customers (customer.read): `q` matches the customer number exactly or by prefix, name, phone, national id and
 * card exactly; `orgId` takes the unit with all below it.
 * GET /api/customers/count → {count}.
 */
export const CustomerQuery = PageQuery.extend({
  q: z
    .string()
    .max(100)
    .regex(/^\P{Cc}*$/u, 'has control characters')
    .optional(),
  orgId: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  state: z.enum(customerStates).optional(),
})
export const CustomerPage = pageOf(CustomerItem)
export const CustomerCount = z.object({ count: z.number().int() })

export const MaskedIdentity = z.object({ kind: z.string(), masked: z.string() })
export const Holding = z.object({
  holdingNo: z.string(),
  productCode: z.string(),
  family: z.string(),
  currency: z.string(),
  amount: Money.nullable(),
  openedOn: z.string().nullable(),
  closedOn: z.string().nullable(),
  attributes: z.record(z.string(), z.string()),
})
export const TagOfCustomer = z.object({
  key: z.string(),
  name: z.object({ zh: z.string(), en: z.string() }),
  type: z.enum(['bool', 'enum', 'number', 'date']),
  value: z.string(),
  unit: z.string(),
  class: z.enum(['C1', 'C2']),
  /** Folder keys from the top. */
  directory: z.array(z.string()),
  /** A state of a life-cycle: its history is a path. */
  isLifecycle: z.boolean(),
  /** When it took this value; null where that is not known. */
  since: z.string().nullable(),
  refreshedAt: z.string(),
})

/** GET /api/customers/{customerNo} (customer.read) */
export const CustomerDetail = CustomerItem.extend({
  identities: z.array(MaskedIdentity),
  attributes: z.record(z.string(), z.string()),
  createdAt: z.string(),
  owners: z.array(
    z.object({
      orgName: z.string(),
      rmName: z.string().nullable(),
      validFrom: z.string(),
      validTo: z.string().nullable(),
    }),
  ),
  links: z.array(z.object({ customerNo: z.string(), relation: z.string(), reference: z.string() })),
  consents: z.array(
    z.object({ purpose: z.string(), isGranted: z.boolean(), version: z.string(), at: z.string() }),
  ),
  isDoNotContact: z.boolean(),
}).meta({ id: 'CustomerDetail' })
export type CustomerDetail = z.infer<typeof CustomerDetail>

/** GET /api/customers/{customerNo}/holdings (balance.read) */
export const Holdings = z.object({ items: z.array(Holding) })
/** GET /api/customers/{customerNo}/tags (customer.read; class C2 tags only with balance.read) */
export const CustomerTags = z.object({ items: z.array(TagOfCustomer) })
/**
 * GET /api/customers/{customerNo}/balances?from&to (balance.read): a point per day something changed, AUM and by class;
 * what a class had before `from` stands as its point of that day. Days are inclusive.
 */
export const BalanceQuery = z.object({ from: z.iso.date().optional(), to: z.iso.date().optional() })
export const BalanceSeries = z.object({
  currency: z.string(),
  total: z.array(z.object({ date: z.string(), amount: Money })),
  byClass: z.array(
    z.object({ class: z.string(), points: z.array(z.object({ date: z.string(), amount: Money })) }),
  ),
})
export type BalanceSeries = z.infer<typeof BalanceSeries>

/** GET /api/customers/{customerNo}/timeline?name&from&to (event.read): what happened, newest first; days of the bank, inclusive. */
export const TimelineQuery = PageQuery.extend({
  name: z
    .string()
    .max(200)
    .refine((text) => text.isWellFormed() && !text.includes('\0'))
    .optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
})
export type TimelineQuery = z.output<typeof TimelineQuery>
export const TimelineItem = z
  .object({
    at: z.string(),
    name: z.string(),
    source: z.string(),
    messageId: z.string(),
    properties: z.record(z.string(), z.string()),
  })
  .meta({ id: 'TimelineItem' })
export const TimelinePage = pageOf(TimelineItem)

/** POST /api/customers/{customerNo}/unmask (customer.unmask): clear identifiers, for a logged reason. */
export const Unmask = z.object({
  kind: z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, 'lower-case letters, digits and _'),
  reason: z.string().trim().min(5).max(500),
})
export const Unmasked = z.object({ kind: z.string(), values: z.array(z.string()) })
