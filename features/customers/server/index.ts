export { aumByCustomer } from '#features/customers/server/aum.ts'
export {
  type CustomerUniverse,
  isCurrentSql,
  isTouchedSql,
  isUnbasedSql,
  readCustomerUniverse,
} from '#features/customers/server/customer-bitmaps.ts'
export { moveHoldings } from '#features/customers/server/customer-homes.ts'
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
export type { CustomerMerges, MergeItem } from '#features/customers/server/customer-merges.ts'
export type { CustomerName, CustomerRef } from '#features/customers/server/customer-reads.ts'
export { registerCustomerRoutes, type TagsOfCustomer } from '#features/customers/server/customer-routes.ts'
export { type CustomerDeps, type Customers, createCustomers } from '#features/customers/server/customers.ts'
export { nextIdentityVersion } from '#features/customers/server/identity-version.ts'
export type { MergeTable } from '#features/customers/server/merge-tables.ts'
export {
  createProfileOperations,
  type ProfileChange,
  type ProfileOperations,
} from '#features/customers/server/profile-operations.ts'
