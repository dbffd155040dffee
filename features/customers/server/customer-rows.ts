import { customerError } from '#features/customers/common/customer-errors.ts'
import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import { type IdentityKind, identityKindOf } from '#features/customers/common/mask.ts'
import type { CustomerInput, IdentityInput } from '#features/customers/server/customer-inputs.ts'

/** One customer of a batch, ready to be bound: null means as it is. */
export type CustomerRow = {
  customerNo: string
  orgId: number | null
  rmStaffId: number | null
  hasRm: boolean
  state: string | null
  /** JSON text. */
  attributes: string | null
  openedOn: string | null
  identities: readonly IdentityInput[]
}

/** PostgreSQL holds no NUL, and half a surrogate pair is no text: a broken value must not stop its whole batch. */
export const storable = (text: string): string =>
  (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text).toWellFormed()

/** Keeps attributes and puts those that identify a person aside, so that they never reach the warehouse. */
export function splitAttributes(attributes: Readonly<Record<string, string>>): {
  attributes: Record<string, string>
  identities: IdentityInput[]
} {
  const identities: IdentityInput[] = []
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(attributes)) {
    const kind: IdentityKind | undefined = identityKindOf(name, value)
    if (kind) identities.push({ kind, value })
    else kept.push([storable(name), storable(value)])
  }
  return { attributes: Object.fromEntries(kept), identities }
}

const later = (before: CustomerInput, after: CustomerInput): CustomerInput => ({
  customerNo: after.customerNo,
  orgId: after.orgId ?? before.orgId,
  rmStaffId: after.rmStaffId === undefined ? before.rmStaffId : after.rmStaffId,
  state: after.state ?? before.state,
  attributes: { ...before.attributes, ...after.attributes },
  identities: [...(before.identities ?? []), ...(after.identities ?? [])],
  openedOn: before.openedOn ?? after.openedOn,
})

const prepare = (input: CustomerInput): CustomerRow => {
  const split = input.attributes ? splitAttributes(input.attributes) : undefined
  const given = input.identities ?? []
  return {
    customerNo: input.customerNo,
    orgId: input.orgId ?? null,
    rmStaffId: input.rmStaffId ?? null,
    hasRm: input.rmStaffId !== undefined,
    state: input.state ?? null,
    attributes: split ? JSON.stringify(split.attributes) : null,
    openedOn: input.openedOn ?? null,
    identities: split?.identities.length ? [...split.identities, ...given] : given,
  }
}

/** Makes one row per customer number; of rows with the same number the later ones win, field by field. */
export function prepareCustomers(inputs: readonly CustomerInput[]): CustomerRow[] {
  const byNo = new Map<string, CustomerInput>()
  inputs.forEach((input, index) => {
    if (!isCustomerNo(input.customerNo)) throw customerError('CUSTOMER_NO_INVALID', { row: index })
    const before = byNo.get(input.customerNo)
    byNo.set(input.customerNo, before ? later(before, input) : input)
  })
  return Array.from(byNo.values(), prepare)
}
