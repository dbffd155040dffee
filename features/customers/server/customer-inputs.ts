import type { CustomerState } from '#features/customers/common/customer.ts'

/** A direct identifier in the clear; it is encrypted before it is stored. */
export type IdentityInput = { kind: string; value: string }

/**
 * A customer as the bank's own data describes one. Left out means: as it is (new customers: head office, no RM, active).
 * Attributes are merged by name; identities replace those of the same kinds. Attributes that are direct identifiers by
 * their name (phone, name, …) are stored as identities, never as attributes.
 */
export type CustomerInput = {
  customerNo: string
  orgId?: number | undefined
  /** null: no relationship manager. */
  rmStaffId?: number | null | undefined
  state?: CustomerState | undefined
  attributes?: Readonly<Record<string, string>> | undefined
  identities?: readonly IdentityInput[] | undefined
  /** First day of the first owner (YYYY-MM-DD); today when left out. */
  openedOn?: string | undefined
}

export type AttributesInput = { customerId: number; attributes: Readonly<Record<string, string>> }

/** A balance from its business date on; the same day again replaces. Amounts are decimal text with at most 2 decimals. */
export type BalanceInput = {
  customerId: number
  class: string
  businessDate: string
  currency: string
  amount: string
}

/** A product a customer has; the same (customer, family, holdingNo) again replaces. */
export type HoldingInput = {
  customerId: number
  holdingNo: string
  productCode: string
  family: string
  currency: string
  amount?: string | null | undefined
  openedOn?: string | null | undefined
  closedOn?: string | null | undefined
  attributes?: Readonly<Record<string, string>> | undefined
}

export type LinkInput = {
  customerId: number
  linkedCustomerId: number
  relation: string
  reference?: string | undefined
}

/** The newest statement of a customer on a purpose counts. */
export type ConsentInput = {
  customerId: number
  purpose: string
  isGranted: boolean
  version: string
  channel: string
  at: Date
}

/** `reason` null lifts it. */
export type DoNotContactInput = { customerId: number; reason: string | null; at: Date }
