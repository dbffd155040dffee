import { IdcardOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { CustomerItem } from '../common/customer.ts'

/** Pages of customers. */
export const customers: WebFeature = {
  routes: [
    {
      path: '/customers',
      permission: 'customer.read',
      load: async () => (await import('./CustomerListPage.tsx')).CustomerListPage,
    },
    {
      path: '/customers/:customerNo',
      permission: 'customer.read',
      load: async () => (await import('./CustomerPage.tsx')).CustomerPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/customers',
      label: ['客户', 'Customers'],
      icon: IdcardOutlined,
      permission: 'customer.read',
      keywords: 'kh kehu people',
    },
  ],
  search: [
    {
      label: ['客户', 'Customers'],
      permission: 'customer.read',
      find: async (q, signal) => {
        const found = await api.get<Page<CustomerItem>>('/api/customers', { q, limit: 6 }, signal)
        return found.items.map((customer) => ({
          path: `/customers/${encodeURIComponent(customer.customerNo)}`,
          title: `${customer.name ?? customer.customerNo} · ${customer.orgName}`,
          hint: customer.customerNo,
        }))
      },
    },
  ],
  errors: {
    CUSTOMER_MERGED_ALREADY: [
      '该客户号已并入其他客户号，请先拆分。',
      'This number is merged into another one; split it first.',
    ],
    CUSTOMER_MERGE_LOOP: ['客户号不能并入自己。', 'A number cannot be merged into itself.'],
    CUSTOMER_NOT_MERGED: ['该客户号没有并入其他客户号。', 'This number is not merged into another one.'],
    CUSTOMER_NOT_FOUND: [
      '没有找到这位客户，或不在您的机构范围内。',
      'No such customer, or outside your org units.',
    ],
  },
}
