import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type {
  BalanceSeries,
  CustomerDetail,
  CustomerItem,
  CustomerQuery,
  Holding,
  TimelineItem,
  TimelineQuery,
} from '#features/customers/common/customer.ts'
import { createAumReads } from '#features/customers/server/aum.ts'
import { addLinks, setConsents, setDoNotContact } from '#features/customers/server/contact-facts.ts'
import { createCustomerFacts, createVersions } from '#features/customers/server/customer-facts.ts'
import { createCustomerHistory } from '#features/customers/server/customer-history.ts'
import { readHomes } from '#features/customers/server/customer-homes.ts'
import type {
  AttributesInput,
  BalanceInput,
  ConsentInput,
  CustomerInput,
  DoNotContactInput,
  HoldingInput,
  LinkInput,
} from '#features/customers/server/customer-inputs.ts'
import { type CustomerMerges, createCustomerMerges } from '#features/customers/server/customer-merges.ts'
import {
  type BalanceScope,
  type CustomerName,
  type CustomerRef,
  createCustomerReads,
} from '#features/customers/server/customer-reads.ts'
import { createCustomerResolver } from '#features/customers/server/customer-resolver.ts'
import { createCustomerSearch } from '#features/customers/server/customer-search.ts'
import { createCustomerSync } from '#features/customers/server/customer-sync.ts'
import { createCustomerWriter } from '#features/customers/server/customer-writer.ts'
import { checkFieldKey } from '#features/customers/server/field-key-check.ts'
import { createFreshCopies } from '#features/customers/server/fresh-copies.ts'
import type { MergeTable } from '#features/customers/server/merge-tables.ts'
import { createUnmask } from '#features/customers/server/unmask.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type CustomerDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  crypto: FieldCrypto
  audit: Audit
  timeZone: string
  /** Reserves `count` versions for warehouse rows and gives the first: always larger than any before. */
  newVer?: (count: number) => bigint
  /** Tables of other features whose rows follow their customer into a merge. */
  mergeTables?: readonly MergeTable[]
}

/** Writes and reads of customers; every read of a person takes the caller's scope first. */
export type Customers = {
  /** Checks the identifier key against this database and copies what a crash left uncopied to the warehouse. */
  start(): Promise<void>

  /**
   * Adds and changes customers in the caller's transaction, a few statements a batch (5,000 to 20,000 rows are good);
   * gives their ids in the order of the rows. Call `syncCustomers` after the commit.
   */
  upsertCustomers(tx: PgRunner, rows: readonly CustomerInput[]): Promise<number[]>
  /** Copies changed customers to the warehouse; gives how many. Harmless to call again or side by side. */
  syncCustomers(): Promise<number>
  /** Works all copied customers into the bitmaps that counting reads; false while too many copies are under way. */
  settleCustomers(): Promise<boolean>
  /**
   * Ids by customer number. Unknown numbers become provisional customers of head office when asked, else they are left
   * out, as are impossible numbers. When it returns, the warehouse knows each of them. Opens its own transaction.
   */
  resolveCustomerNos(
    customerNos: readonly string[],
    options: { createProvisional: boolean },
  ): Promise<Map<string, number>>
  /** Merges attributes by name, later rows over earlier, also in the warehouse. Direct identifiers fill empty kinds only. */
  mergeAttributes(rows: readonly AttributesInput[]): Promise<void>

  addBalances(rows: readonly BalanceInput[]): Promise<void>
  addHoldings(rows: readonly HoldingInput[]): Promise<void>
  addLinks(tx: PgRunner, rows: readonly LinkInput[]): Promise<void>
  setConsents(tx: PgRunner, rows: readonly ConsentInput[]): Promise<void>
  setDoNotContact(tx: PgRunner, rows: readonly DoNotContactInput[]): Promise<void>

  /** A merged number gives its survivor. */
  findByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef | undefined>
  /** As `findByNo`; throws CUSTOMER_NOT_FOUND, the same for unknown and for out of scope. */
  getByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef>
  /** The number itself, also while it is merged; throws CUSTOMER_NOT_FOUND. */
  getOwnByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef>
  /** Numbers of one person: merged and split as the core bank says. */
  merges: CustomerMerges
  /** Masked names by id, of those in scope (work that no person asked for passes `scopeOfEveryone`). */
  names(scope: OrgScope, customerIds: readonly number[]): Promise<Map<number, CustomerName>>
  /** AUM in CNY at the end of a day (default: today) by customer; those without a balance are left out. */
  aum(customerIds: readonly number[], asOf?: string): Promise<Map<number, string>>

  /** `balanceScope`: whose AUM the caller may see; undefined: nobody's. */
  list(
    scope: OrgScope,
    balanceScope: BalanceScope,
    query: z.infer<typeof CustomerQuery>,
  ): Promise<Page<CustomerItem>>
  count(
    scope: OrgScope,
    filter: Pick<z.infer<typeof CustomerQuery>, 'q' | 'orgId' | 'state'>,
  ): Promise<number>
  detail(scope: OrgScope, balanceScope: BalanceScope, customerNo: string): Promise<CustomerDetail>
  holdings(scope: OrgScope, customerNo: string): Promise<z.infer<typeof Holding>[]>
  /** Days are inclusive. */
  balances(
    scope: OrgScope,
    customerNo: string,
    days: { from?: string | undefined; to?: string | undefined },
  ): Promise<BalanceSeries>
  timeline(
    scope: OrgScope,
    customerNo: string,
    page: TimelineQuery,
  ): Promise<Page<z.infer<typeof TimelineItem>>>
  /** Clear identifiers of one kind, audited with the reason. */
  unmask(
    caller: Caller,
    scope: OrgScope,
    customerNo: string,
    input: { kind: string; reason: string },
  ): Promise<string[]>
}

/** Puts the parts of the feature together. */
export function createCustomers(deps: CustomerDeps): Customers {
  const fresh = createFreshCopies()
  const writer = createCustomerWriter({ ...deps, fresh })
  const sync = createCustomerSync({ ...deps, fresh })
  const facts = createCustomerFacts({
    ...deps,
    homesOf: (ids) => readHomes(deps.pg, ids),
    newVer: deps.newVer ?? createVersions(deps.clock),
  })
  const aum = createAumReads(deps)
  const reads = createCustomerReads({ pg: deps.pg, aum, search: createCustomerSearch(deps) })
  const history = createCustomerHistory(deps)
  const unmask = createUnmask(deps)
  return {
    async start() {
      await checkFieldKey(deps)
      await sync.syncAll()
    },
    upsertCustomers: writer.upsert,
    syncCustomers: sync.syncAll,
    settleCustomers: sync.settle,
    resolveCustomerNos: createCustomerResolver({ pg: deps.pg, writer, sync }),
    async mergeAttributes(rows) {
      const homes = await readHomes(
        deps.pg,
        rows.map((row) => row.customerId),
      )
      const counted =
        homes.size === 0
          ? rows
          : rows.map((row) => ({ ...row, customerId: homes.get(row.customerId) ?? row.customerId }))
      await sync.syncSome(await deps.pg.transaction((tx) => writer.mergeAttributes(tx, counted)))
    },
    ...facts,
    addLinks,
    setConsents,
    setDoNotContact,
    findByNo: reads.findByNo,
    getByNo: reads.getByNo,
    getOwnByNo: reads.getOwnByNo,
    merges: createCustomerMerges({ ...deps, tables: deps.mergeTables ?? [] }),
    names: reads.names,
    aum: aum.of,
    list: reads.list,
    count: reads.count,
    detail: reads.detail,
    holdings: async (scope, customerNo) =>
      history.holdings((await reads.getByNo(scope, customerNo)).customerId),
    balances: async (scope, customerNo, days) =>
      history.balances((await reads.getByNo(scope, customerNo)).customerId, days),
    timeline: async (scope, customerNo, page) =>
      history.timeline((await reads.getByNo(scope, customerNo)).customerId, page),
    unmask: async (caller, scope, customerNo, input) =>
      unmask(caller, await reads.getByNo(scope, customerNo), input),
  }
}
