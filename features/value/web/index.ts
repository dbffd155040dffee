import { FundOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

export { type Cell, CellPanel } from './CellPanel.tsx'
export { useTierName } from './tier-name.ts'
export { useAnalysis } from './use-analysis.ts'

/** Pages of value analysis. */
export const value: WebFeature = {
  routes: [
    {
      path: '/value',
      permission: 'insight.read',
      load: async () => (await import('./ValuePage.tsx')).ValuePage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/value',
      label: ['价值分析', 'Value'],
      icon: FundOutlined,
      permission: 'insight.read',
      keywords: 'jzfx jiazhifenxi attribution ltv rfm guiyin qianyi',
    },
  ],
  errors: {
    VALUE_AMOUNTS: [
      '这项分析显示资产余额，需要“查看余额”权限。',
      'This analysis shows balances; it needs the permission to see them.',
    ],
  },
}
