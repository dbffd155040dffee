import type { z } from 'zod'
import { tierOf } from '#features/customers/common/aum-tier.ts'
import type { CustomerDetail, CustomerItem, CustomerQuery } from '#features/customers/common/customer.ts'
import { customerError } from '#features/customers/common/customer-errors.ts'
import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { createAumReads } from '#features/customers/server/aum.ts'
import type { CustomerFilter, createCustomerSearch } from '#features/customers/server/customer-search.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Page } from '#platform/common/http.ts'
import { httpError } from '#platform/common/http-errors.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { postgresScope } from '#platform/server/scope-sql.ts'

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

type ItemRow = {
  customer_id: number
  customer_no: string
  state: CustomerItem['state']
  is_provisional: boolean
  org_id: number
  rm_staff_id: number | null
  attributes: Record<string, string>
  created_at: Date
  org_name: string
  rm_name: string | null
  name: string | null
  shows_balance: boolean
}

/** Whose balances a caller may see: a post may allow one branch's customers and the balances of fewer. */
export type BalanceScope = OrgScope | undefined

/** Items of the customers a query names: it is cut to its page first, then joined. */
const selectItems = (balanceScope: BalanceScope, customers: Sql): Sql => sql`
  SELECT c.customer_id, c.customer_no, c.state, c.is_provisional, c.org_id, c.rm_staff_id, c.attributes, c.created_at,
    u.name AS org_name, s.name AS rm_name, (${balanceScope ? postgresScope(balanceScope, 'c') : sql`false`}) AS shows_balance,
    (SELECT x.masked FROM customer_identity AS x WHERE x.customer_id = c.customer_id AND x.kind = 'name'
      ORDER BY x.created_at DESC, x.hash LIMIT 1) AS name
  FROM (SELECT c.* FROM customer AS c WHERE ${customers}) AS c
  JOIN org_unit_current AS u ON u.org_id = c.org_id
  LEFT JOIN staff AS s ON s.staff_id = c.rm_staff_id
  ORDER BY c.customer_id`

const describeRef = (row: ItemRow): CustomerRef => ({
  customerId: row.customer_id,
  customerNo: row.customer_no,
  orgId: row.org_id,
  rmStaffId: row.rm_staff_id,
  state: row.state,
  isProvisional: row.is_provisional,
})

const describeItem = (row: ItemRow, aum: string | null): CustomerItem => ({
  customerNo: row.customer_no,
  name: row.name,
  state: row.state,
  isProvisional: row.is_provisional,
  orgId: row.org_id,
  orgName: row.org_name,
  rmName: row.rm_name,
  aum,
  tier: aum === null ? null : tierOf(aum).code,
})

const afterCursor = (cursor: string | undefined): number => {
  const [after] = decodeCursor(cursor, 1) ?? [0]
  if (Number.isSafeInteger(after)) return Number(after)
  throw httpError('CURSOR_INVALID', {})
}

/** What screens and other features read of customers; each read takes the caller's scope first. */
export function createCustomerReads(deps: {
  pg: Postgres
  aum: ReturnType<typeof createAumReads>
  search: ReturnType<typeof createCustomerSearch>
}) {
  const { pg, aum, search } = deps

  /** AUM by customer id of the rows whose balances the caller may see. */
  async function visibleAum(rows: readonly ItemRow[]): Promise<(row: ItemRow) => string | null> {
    const ids = rows.filter((row) => row.shows_balance).map((row) => row.customer_id)
    const amounts = await aum.of(ids)
    return (row) => (row.shows_balance ? (amounts.get(row.customer_id) ?? '0.00') : null)
  }

  async function findRow(scope: OrgScope, balanceScope: BalanceScope, customerNo: string) {
    if (!isCustomerNo(customerNo)) return undefined
    // A merged number leads to its survivor.
    const isTheOne = sql`${postgresScope(scope, 'c')} AND c.customer_id = (
      SELECT coalesce(h.home_id, o.customer_id) FROM customer AS o
      LEFT JOIN customer_home AS h ON h.customer_id = o.customer_id WHERE o.customer_no = ${customerNo}::text)`
    return pg.first<ItemRow>(selectItems(balanceScope, isTheOne))
  }

  async function getRow(scope: OrgScope, balanceScope: BalanceScope, customerNo: string): Promise<ItemRow> {
    const row = await findRow(scope, balanceScope, customerNo)
    if (!row) throw customerError('CUSTOMER_NOT_FOUND', {})
    return row
  }

  return {
    async findByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef | undefined> {
      const row = await findRow(scope, undefined, customerNo)
      return row && describeRef(row)
    },

    async getByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef> {
      return describeRef(await getRow(scope, undefined, customerNo))
    },

    async getOwnByNo(scope: OrgScope, customerNo: string): Promise<CustomerRef> {
      const isTheOne = sql`${postgresScope(scope, 'c')} AND c.customer_no = ${customerNo}::text`
      const row = isCustomerNo(customerNo)
        ? await pg.first<ItemRow>(selectItems(undefined, isTheOne))
        : undefined
      if (!row) throw customerError('CUSTOMER_NOT_FOUND', {})
      return describeRef(row)
    },

    async names(scope: OrgScope, customerIds: readonly number[]): Promise<Map<number, CustomerName>> {
      const areNamed = sql`${postgresScope(scope, 'c')} AND c.customer_id = ANY(${customerIds}::bigint[])`
      const rows = await pg.query<ItemRow>(selectItems(undefined, areNamed))
      return new Map(
        rows.map((row) => [
          row.customer_id,
          { customerNo: row.customer_no, name: row.name, orgName: row.org_name, rmName: row.rm_name },
        ]),
      )
    },

    async list(
      scope: OrgScope,
      balanceScope: BalanceScope,
      query: z.infer<typeof CustomerQuery>,
    ): Promise<Page<CustomerItem>> {
      const onPage = sql`${await search.condition(scope, query)} AND c.customer_id > ${afterCursor(query.cursor)}::bigint
        ORDER BY c.customer_id LIMIT ${query.limit + 1}::int`
      const rows = await pg.query<ItemRow>(selectItems(balanceScope, onPage))
      const aumOf = await visibleAum(rows)
      return toPage(
        rows,
        query.limit,
        (row) => [row.customer_id],
        (row) => describeItem(row, aumOf(row)),
      )
    },

    async count(scope: OrgScope, filter: CustomerFilter): Promise<number> {
      const row = await pg.first<{ count: number }>(sql`
        SELECT count(*) AS count FROM customer AS c WHERE ${await search.condition(scope, filter)}`)
      return row?.count ?? 0
    },

    async detail(scope: OrgScope, balanceScope: BalanceScope, customerNo: string): Promise<CustomerDetail> {
      const row = await getRow(scope, balanceScope, customerNo)
      const [aumOf, more] = await Promise.all([visibleAum([row]), readMore(pg, scope, row.customer_id)])
      return {
        ...describeItem(row, aumOf(row)),
        attributes: row.attributes,
        createdAt: row.created_at.toISOString(),
        ...more,
      }
    },
  }
}

type More = Omit<CustomerDetail, keyof CustomerItem | 'attributes' | 'createdAt'>

/** The lists of a customer's page, in one round trip. Linked persons outside the caller's scope are left out. */
async function readMore(pg: Postgres, scope: OrgScope, customerId: number): Promise<More> {
  const list = (rows: Sql) => sql`coalesce((SELECT jsonb_agg(to_jsonb(r)) FROM (${rows}) AS r), '[]')`
  const row = await pg.first<More>(sql`
    SELECT ${list(sql`
        SELECT x.kind, x.masked FROM customer_identity AS x WHERE x.customer_id = ${customerId}::bigint
        ORDER BY x.kind, x.created_at, x.hash`)} AS "identities",
      ${list(sql`
        SELECT u.name AS "orgName", s.name AS "rmName", o.valid_from AS "validFrom", o.valid_to AS "validTo"
        FROM customer_owner AS o JOIN org_unit_current AS u ON u.org_id = o.org_id
        LEFT JOIN staff AS s ON s.staff_id = o.rm_staff_id
        WHERE o.customer_id = ${customerId}::bigint ORDER BY o.valid_from DESC`)} AS "owners",
      ${list(sql`
        SELECT c.customer_no AS "customerNo", l.relation, l.reference
        FROM customer_link AS l JOIN customer AS c ON c.customer_id = l.linked_customer_id
        WHERE l.customer_id = ${customerId}::bigint AND ${postgresScope(scope, 'c')}
        ORDER BY l.relation, l.reference, c.customer_no`)} AS "links",
      ${list(sql`
        SELECT g.purpose, g.is_granted AS "isGranted", g.version,
          to_char(g.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "at"
        FROM consent AS g WHERE g.customer_id = ${customerId}::bigint ORDER BY g.purpose`)} AS "consents",
      EXISTS (SELECT 1 FROM do_not_contact AS d WHERE d.customer_id = ${customerId}::bigint) AS "isDoNotContact"`)
  if (!row) throw customerError('CUSTOMER_NOT_FOUND', {})
  return row
}
