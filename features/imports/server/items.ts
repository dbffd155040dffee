import type {
  BalanceInput,
  ConsentInput,
  CustomerInput,
  HoldingInput,
} from '#features/customers/server/index.ts'
import type { OrgUnitInput, StaffInput } from '#features/org/server/index.ts'

/** Refers to a customer by number until the batch knows the ids. */
type OfCustomer<T> = Omit<T, 'customerId'> & { customerNo: string }

export type CustomerItem = Omit<CustomerInput, 'orgId' | 'rmStaffId'> & {
  org: string | null
  rm: string | null
}
export type AttributesItem = { customerNo: string; attributes: Record<string, string> }
export type HoldingItem = OfCustomer<HoldingInput>
export type BalanceItem = OfCustomer<BalanceInput>
export type LinkItem = { customerNo: string; linkedCustomerNo: string; relation: string; reference: string }
export type ConsentItem = OfCustomer<ConsentInput>
export type EventItem = {
  customerNo: string
  name: string
  atMs: number
  messageId: string
  properties: Record<string, string>
}
export type CampaignMemberItem = {
  campaign: string
  customerNo: string
  arm: string
  contactedAt: Date | null
  outcomes: Record<string, number>
}

/** What the steps of a mapping make of rows, by target. */
export type ItemOf = {
  orgUnits: OrgUnitInput
  staff: StaffInput
  customers: CustomerItem
  attributes: AttributesItem
  holdings: HoldingItem
  balances: BalanceItem
  links: LinkItem
  consents: ConsentItem
  events: EventItem
  campaignMembers: CampaignMemberItem
}
export type Target = keyof ItemOf
