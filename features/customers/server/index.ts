export { aumByCustomer } from '#features/customers/server/aum.ts'
export type {
  AttributesInput,
  BalanceInput,
  ConsentInput,
  CustomerInput,
  DoNotContactInput,
  HoldingInput,
  IdentityInput,
  LinkInput,
} from '#features/customers/server/customer-inputs.ts'
export type { CustomerName, CustomerRef } from '#features/customers/server/customer-reads.ts'
export { registerCustomerRoutes, type TagsOfCustomer } from '#features/customers/server/customer-routes.ts'
export { type CustomerDeps, type Customers, createCustomers } from '#features/customers/server/customers.ts'
