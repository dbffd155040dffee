import type { Customers } from '#features/customers/server/index.ts'
import type { Reject, RejectCode } from '#features/imports/common/reject.ts'
import type { PreparedItem } from '#features/imports/server/compile-file.ts'
import type { Batch, PreparedRow } from '#features/imports/server/read-batches.ts'
import type { Org } from '#features/org/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type References = Awaited<ReturnType<typeof openReferences>>

const unknown = (code: RejectCode, field: string, what: string): Reject => ({
  code,
  field,
  message: `there is no such ${what}`,
})

/** Numbers of the customers an item is about but does not describe. */
function customerNosOf(entry: PreparedItem): [field: string, customerNo: string][] {
  switch (entry.into) {
    case 'orgUnits':
    case 'staff':
    case 'customers':
      return []
    case 'links':
      return [
        ['customerNo', entry.item.customerNo],
        ['linkedCustomerNo', entry.item.linkedCustomerNo],
      ]
    default:
      return [['customerNo', entry.item.customerNo]]
  }
}

function orgCodeOf(entry: PreparedItem): [field: string, code: string | null] {
  if (entry.into === 'orgUnits') return ['parent', entry.item.parentCode]
  if (entry.into === 'staff') return ['org', entry.item.orgCode]
  return ['org', entry.into === 'customers' ? entry.item.org : null]
}

/** The org units, staff and customers that rows refer to by the bank's own codes. */
export async function openReferences(deps: { pg: Postgres; org: Org; customers: Customers }) {
  const { pg, org, customers } = deps
  const orgIds = new Map<string, number>()
  const staffIds = new Map<string, number>()
  const unknownStaff = new Set<string>()
  let headOffice = await org.tree.headOffice()
  for (const unit of await pg.query<{ code: string; org_id: number }>(
    sql`SELECT u.code, u.org_id FROM org_unit_current AS u`,
  )) {
    orgIds.set(unit.code, unit.org_id)
  }

  async function learnStaff(rows: readonly PreparedRow[]): Promise<void> {
    const wanted = new Set<string>()
    for (const { items } of rows) {
      for (const entry of items) {
        if (entry.into !== 'customers' || entry.item.rm === null) continue
        if (!staffIds.has(entry.item.rm) && !unknownStaff.has(entry.item.rm)) wanted.add(entry.item.rm)
      }
    }
    if (wanted.size === 0) return
    const found = await pg.query<{ staff_no: string; staff_id: number }>(
      sql`SELECT s.staff_no, s.staff_id FROM staff AS s WHERE s.staff_no = ANY(${[...wanted]}::text[])`,
    )
    for (const person of found) staffIds.set(person.staff_no, person.staff_id)
    for (const staffNo of wanted) if (!staffIds.has(staffNo)) unknownStaff.add(staffNo)
  }

  /** What the accepted rows of a batch bring themselves. */
  function broughtBy(rows: readonly PreparedRow[]) {
    const units = new Set<string>()
    const staff = new Set<string>()
    const described = new Set<string>()
    for (const { items } of rows) {
      for (const entry of items) {
        if (entry.into === 'orgUnits') units.add(entry.item.code)
        else if (entry.into === 'staff') staff.add(entry.item.staffNo)
        else if (entry.into === 'customers') described.add(entry.item.customerNo)
      }
    }
    return { units, staff, described }
  }

  async function resolveCustomers(rows: readonly PreparedRow[], described: ReadonlySet<string>) {
    const wanted = new Set<string>()
    for (const { items } of rows) {
      for (const entry of items) {
        for (const [, customerNo] of customerNosOf(entry))
          if (!described.has(customerNo)) wanted.add(customerNo)
      }
    }
    return wanted.size === 0
      ? new Map<string, number>()
      : customers.resolveCustomerNos([...wanted], { createProvisional: false })
  }

  /** Takes rows out whose references lead nowhere, until none is left: a row taken out may have been another's hold. */
  async function check(batch: Batch): Promise<Map<string, number>> {
    await learnStaff(batch.accepted)
    for (;;) {
      const { units, staff, described } = broughtBy(batch.accepted)
      const ids = await resolveCustomers(batch.accepted, described)
      const rejectOf = (entry: PreparedItem): Reject | undefined => {
        const [field, code] = orgCodeOf(entry)
        if (code !== null && !orgIds.has(code) && !units.has(code))
          return unknown('ORG_UNIT_UNKNOWN', field, 'org unit')
        if (
          entry.into === 'customers' &&
          entry.item.rm !== null &&
          !staffIds.has(entry.item.rm) &&
          !staff.has(entry.item.rm)
        )
          return unknown('STAFF_UNKNOWN', 'rm', 'member of staff')
        const lost = customerNosOf(entry).find(
          ([, customerNo]) => !ids.has(customerNo) && !described.has(customerNo),
        )
        return lost && unknown('CUSTOMER_UNKNOWN', lost[0], 'customer')
      }
      const before = batch.accepted.length
      batch.accepted = batch.accepted.filter(({ record, items }) => {
        for (const entry of items) {
          const reject = rejectOf(entry)
          if (!reject) continue
          batch.rejected.push({ record, reject })
          return false
        }
        return true
      })
      if (batch.accepted.length === before) return ids
    }
  }

  return {
    check,
    orgIds,
    staffIds,
    get headOffice() {
      return headOffice
    },
    /** Remembers units that were written; the bank's head office answers to the code a file gave it. */
    learnUnits(ids: ReadonlyMap<string, number>): void {
      for (const [code, orgId] of ids) orgIds.set(code, orgId)
    },
    async learnHeadOffice(): Promise<void> {
      headOffice = await org.tree.headOffice()
      if (headOffice) orgIds.set(headOffice.code, headOffice.orgId)
    },
  }
}
