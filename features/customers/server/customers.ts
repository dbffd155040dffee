import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type {
  BalanceSeries,
  CustomerDetail,
  CustomerItem,
  CustomerQuery,
  Holding,
  TimelineItem,
} from '#features/customers/common/customer.ts'
import type {
  AttributesInput,
  BalanceInput,
  ConsentInput,
  CustomerInput,
  DoNotContactInput,
  HoldingInput,
  LinkInput,
} from '#features/customers/server/customer-inputs.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page, PageQuery } from '#platform/common/http.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What other features need of a customer to work with one. */
export type CustomerRef = {
  customerId: number
  customerNo: string
  orgId: number
  rmStaffId: number | null
  state: CustomerItem['state']
  isProvisional: boolean
}

/** How a customer is shown in lists of other features; the name is masked. */
export type CustomerName = { customerNo: string; name: string | null; orgName: string; rmName: string | null }

export type CustomerDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  crypto: FieldCrypto
  audit: Audit
  timeZone: string
  /** Reserves `count` versions for warehouse rows and gives the first: always larger than any before. */
  newVer?: (count: number) => bigint
}

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
  /**
   * Ids by customer number. Unknown numbers become provisional customers of head office when asked, else they are left
   * out, as are impossible numbers. When it returns, the warehouse knows each of them.
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

  findByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef | undefined>
  /** As `findByNo`; throws CUSTOMER_NOT_FOUND, the same for unknown and for out of scope. */
  getByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef>
  /** Masked names by id, of those in scope (work that no person asked for passes `scopeOfEveryone`). */
  names(scope: OrgScope, customerIds: readonly number[]): Promise<Map<number, CustomerName>>

  /** `balanceScope`: whose AUM the caller may see; undefined: nobody's. */
  list(
    scope: OrgScope,
    balanceScope: OrgScope | undefined,
    query: z.infer<typeof CustomerQuery>,
  ): Promise<Page<CustomerItem>>
  count(scope: OrgScope, query: Pick<z.infer<typeof CustomerQuery>, 'q' | 'orgId' | 'state'>): Promise<number>
  detail(scope: OrgScope, balanceScope: OrgScope | undefined, customerNo: string): Promise<CustomerDetail>
  holdings(scope: OrgScope, customerNo: string): Promise<z.infer<typeof Holding>[]>
  /** Days are inclusive. */
  balances(scope: OrgScope, customerNo: string, days: { from?: string; to?: string }): Promise<BalanceSeries>
  timeline(scope: OrgScope, customerNo: string, page: PageQuery): Promise<Page<z.infer<typeof TimelineItem>>>
  /** Clear identifiers of one kind, audited with the reason. */
  unmask(
    caller: Caller,
    scope: OrgScope,
    customerNo: string,
    input: { kind: string; reason: string },
  ): Promise<string[]>
  /** AUM in CNY at the end of a day (default: today) by customer; those without a balance are left out. */
  aum(customerIds: readonly number[], asOf?: string): Promise<Map<number, string>>
}

export declare function createCustomers(deps: CustomerDeps): Customers
