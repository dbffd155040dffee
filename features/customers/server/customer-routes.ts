import { z } from 'zod'
import {
  BalanceQuery,
  BalanceSeries,
  CustomerCount,
  CustomerDetail,
  CustomerPage,
  CustomerQuery,
  CustomerTags,
  Holdings,
  type TagOfCustomer,
  TimelinePage,
  TimelineQuery,
  Unmask,
  Unmasked,
} from '#features/customers/common/customer.ts'
import type { Customers } from '#features/customers/server/customers.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Http } from '#platform/server/http.ts'

/** What the tags feature answers for one customer; class C2 only when asked. */
export type TagsOfCustomer = (
  customerId: number,
  options: { includeC2: boolean },
) => Promise<z.infer<typeof TagOfCustomer>[]>

type Deps = { customers: Customers; tagsOfCustomer: TagsOfCustomer }

const params = z.object({ customerNo: z.string() })
const tags = ['customers']
const one = '/api/customers/:customerNo'

const balanceScopeOf = (caller: Caller): OrgScope | undefined =>
  caller.permissions.has('balance.read') ? caller.scopeOf('balance.read') : undefined

/** The HTTP API of customers; `tagsOfCustomer` comes from the tags feature, which is built after this one. */
export function registerCustomerRoutes(http: Http, deps: Deps): void {
  registerLists(http, deps)
  registerPage(http, deps)
  registerHistory(http, deps)
}

function registerLists(http: Http, { customers }: Deps): void {
  http.get(
    '/api/customers',
    {
      config: { permission: 'customer.read' },
      schema: {
        operationId: 'listCustomers',
        tags,
        querystring: CustomerQuery,
        response: { 200: CustomerPage },
      },
    },
    async (request) => customers.list(request.scope, balanceScopeOf(request.caller), request.query),
  )
  http.get(
    '/api/customers/count',
    {
      config: { permission: 'customer.read' },
      schema: {
        operationId: 'countCustomers',
        tags,
        querystring: CustomerQuery,
        response: { 200: CustomerCount },
      },
    },
    async (request) => ({ count: await customers.count(request.scope, request.query) }),
  )
}

function registerPage(http: Http, { customers, tagsOfCustomer }: Deps): void {
  http.get(
    one,
    {
      config: { permission: 'customer.read' },
      schema: { operationId: 'getCustomer', tags, params, response: { 200: CustomerDetail } },
    },
    async (request) =>
      customers.detail(request.scope, balanceScopeOf(request.caller), request.params.customerNo),
  )
  http.get(
    `${one}/tags`,
    {
      config: { permission: 'customer.read' },
      schema: { operationId: 'listTagsOfCustomer', tags, params, response: { 200: CustomerTags } },
    },
    async (request) => {
      const { customerId } = await customers.getByNo(request.scope, request.params.customerNo)
      const balanceScope = balanceScopeOf(request.caller)
      const includeC2 =
        balanceScope !== undefined && (await customers.names(balanceScope, [customerId])).has(customerId)
      return { items: await tagsOfCustomer(customerId, { includeC2 }) }
    },
  )
  http.post(
    `${one}/unmask`,
    {
      config: { permission: 'customer.unmask' },
      schema: { operationId: 'unmaskCustomer', tags, params, body: Unmask, response: { 200: Unmasked } },
    },
    async (request) => ({
      kind: request.body.kind,
      values: await customers.unmask(request.caller, request.scope, request.params.customerNo, request.body),
    }),
  )
}

function registerHistory(http: Http, { customers }: Deps): void {
  http.get(
    `${one}/holdings`,
    {
      config: { permission: 'balance.read' },
      schema: { operationId: 'listHoldingsOfCustomer', tags, params, response: { 200: Holdings } },
    },
    async (request) => ({ items: await customers.holdings(request.scope, request.params.customerNo) }),
  )
  http.get(
    `${one}/balances`,
    {
      config: { permission: 'balance.read' },
      schema: {
        operationId: 'getBalancesOfCustomer',
        tags,
        params,
        querystring: BalanceQuery,
        response: { 200: BalanceSeries },
      },
    },
    async (request) => customers.balances(request.scope, request.params.customerNo, request.query),
  )
  http.get(
    `${one}/timeline`,
    {
      config: { permission: 'event.read' },
      schema: {
        operationId: 'listTimelineOfCustomer',
        tags,
        params,
        querystring: TimelineQuery,
        response: { 200: TimelinePage },
      },
    },
    async (request) => customers.timeline(request.scope, request.params.customerNo, request.query),
  )
}
