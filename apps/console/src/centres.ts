import type { Centre } from '#platform/web/feature.ts'
import type { Pair } from '#platform/web/language.ts'

/** Names of the groups in the side navigation. */
export const centreNames: { readonly [C in Centre]: Pair } = {
  home: ['首页', 'Home'],
  traffic: ['流量', 'Traffic'],
  customers: ['客户', 'Customers'],
  content: ['内容', 'Content'],
  campaigns: ['活动', 'Campaigns'],
  products: ['产品', 'Products'],
  data: ['数据', 'Data'],
  frontLine: ['一线', 'Front line'],
  governance: ['治理', 'Governance'],
}
