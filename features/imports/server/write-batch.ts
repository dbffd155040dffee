import type { Campaigns, ImportedMember } from '#features/campaigns/server/index.ts'
import type { Customers } from '#features/customers/server/index.ts'
import type { FinishedCampaign } from '#features/imports/common/mapping.ts'
import { insertEvents } from '#features/imports/server/event-rows.ts'
import type { ItemOf, Target } from '#features/imports/server/items.ts'
import type { Batch } from '#features/imports/server/read-batches.ts'
import type { References } from '#features/imports/server/references.ts'
import { unitsToWrite } from '#features/imports/server/unit-rows.ts'
import type { Org } from '#features/org/server/index.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type WriterDeps = {
  pg: Postgres
  ch: ClickHouse
  org: Org
  customers: Customers
  references: References
  source: string
  /** Day from which imported org units and posts hold. */
  validFrom: string
  nowMs: () => number
  campaigns: ReadonlyMap<string, { campaign: FinishedCampaign; campaignId: number }>
  imported: Campaigns['imported']
}

type Items = { [T in Target]: ItemOf[T][] }

function itemsByTarget(batch: Batch): Items {
  const items: Items = {
    orgUnits: [],
    staff: [],
    customers: [],
    attributes: [],
    holdings: [],
    balances: [],
    links: [],
    consents: [],
    events: [],
    campaignMembers: [],
  }
  for (const row of batch.accepted) {
    for (const { into, item } of row.items) (items[into] as unknown[]).push(item)
  }
  return items
}

/** What the first half of writing found out for the second. */
export type HalfWritten = { items: Items; ids: Map<string, number>; described: readonly number[] }

/**
 * Writes a batch in two halves: first PostgreSQL in one transaction, then the warehouse. Each may be repeated after a
 * crash: whatever is written has a key made of the data. While one batch's second half runs, the next's first may begin.
 */
export function createBatchWriter(deps: WriterDeps) {
  const { pg, ch, org, customers, references } = deps

  async function writeStructure(tx: PgRunner, items: Items): Promise<void> {
    if (items.orgUnits.length > 0) {
      const { units, aliases } = unitsToWrite(items.orgUnits, references.headOffice)
      if (units.length > 0) references.learnUnits(await org.tree.upsertMany(tx, units, deps.validFrom))
      references.learnUnits(aliases)
    }
    if (items.staff.length > 0) {
      const people = [...new Map(items.staff.map((person) => [person.staffNo, person])).values()]
      const ids = await org.staff.upsertMany(tx, people.map(withKnownUnit), { day: deps.validFrom })
      for (const [staffNo, staffId] of ids) references.staffIds.set(staffNo, staffId)
    }
  }

  /** The bank's own code of a unit that a file calls by another. */
  const withKnownUnit = <T extends { orgCode: string }>(person: T): T => {
    const { headOffice } = references
    return headOffice && references.orgIds.get(person.orgCode) === headOffice.orgId
      ? { ...person, orgCode: headOffice.code }
      : person
  }

  async function writeCustomers(
    tx: PgRunner,
    items: Items,
    ids: Map<string, number>,
  ): Promise<readonly number[]> {
    if (items.customers.length === 0) return []
    const described = await customers.upsertCustomers(
      tx,
      items.customers.map(({ org: code, rm, ...customer }) => ({
        ...customer,
        orgId: code === null ? undefined : references.orgIds.get(code),
        rmStaffId: rm === null ? undefined : references.staffIds.get(rm),
      })),
    )
    items.customers.forEach((customer, index) => {
      ids.set(customer.customerNo, described[index] ?? 0)
    })
    return described
  }

  const withIds = <T extends { customerNo: string }>(rows: readonly T[], ids: ReadonlyMap<string, number>) =>
    rows.map(({ customerNo, ...row }) => ({ ...row, customerId: ids.get(customerNo) ?? 0 }))

  async function writeMembers(
    rows: Items['campaignMembers'],
    ids: ReadonlyMap<string, number>,
  ): Promise<void> {
    for (const [key, { campaign, campaignId }] of deps.campaigns) {
      const members = rows
        .filter((row) => row.campaign === key)
        .map(
          ({ customerNo, arm, contactedAt, outcomes }): ImportedMember => ({
            customerId: ids.get(customerNo) ?? 0,
            arm,
            isControl: arm === campaign.controlArm,
            contactedAt,
            outcomes,
          }),
        )
      if (members.length > 0) await deps.imported.addImportedMembers(campaignId, members)
    }
  }

  return {
    async writeFirst(batch: Batch): Promise<HalfWritten> {
      const ids = await references.check(batch)
      const items = itemsByTarget(batch)
      const isForPostgres =
        items.orgUnits.length +
          items.staff.length +
          items.customers.length +
          items.links.length +
          items.consents.length >
        0
      if (!isForPostgres) return { items, ids, described: [] }
      const described = await pg.transaction(async (tx) => {
        await writeStructure(tx, items)
        const written = await writeCustomers(tx, items, ids)
        const links = items.links.map(({ linkedCustomerNo, ...link }) => ({
          ...link,
          linkedCustomerId: ids.get(linkedCustomerNo) ?? 0,
        }))
        if (links.length > 0) await customers.addLinks(tx, withIds(links, ids))
        if (items.consents.length > 0) await customers.setConsents(tx, withIds(items.consents, ids))
        return written
      })
      return { items, ids, described }
    },

    async writeSecond({ items, ids, described }: HalfWritten): Promise<void> {
      if (described.length > 0) await customers.syncCustomers()
      if (items.attributes.length > 0) await customers.mergeAttributes(withIds(items.attributes, ids))
      if (items.holdings.length > 0) await customers.addHoldings(withIds(items.holdings, ids))
      if (items.balances.length > 0) await customers.addBalances(withIds(items.balances, ids))
      if (items.events.length > 0)
        await insertEvents(ch, { source: deps.source, receivedAtMs: deps.nowMs() }, items.events, ids)
      if (items.campaignMembers.length > 0) await writeMembers(items.campaignMembers, ids)
    },
  }
}
