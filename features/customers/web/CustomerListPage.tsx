export const CustomerListPage = () => null
