import type { z } from 'zod'
import type { TagOfCustomer } from '#features/customers/common/customer.ts'
import type { Customers } from '#features/customers/server/customers.ts'
import type { Http } from '#platform/server/http.ts'

/** What the tags feature answers for one customer; class C2 only when asked. */
export type TagsOfCustomer = (
  customerId: number,
  options: { includeC2: boolean },
) => Promise<z.infer<typeof TagOfCustomer>[]>

export declare function registerCustomerRoutes(
  http: Http,
  deps: { customers: Customers; tagsOfCustomer: TagsOfCustomer },
): void
