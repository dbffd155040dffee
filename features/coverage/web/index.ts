import { SafetyCertificateOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** The page of coverage. */
export const coverage: WebFeature = {
  routes: [
    {
      path: '/coverage',
      permission: 'insight.read',
      load: async () => (await import('./CoveragePage.tsx')).CoveragePage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/coverage',
      label: ['覆盖', 'Coverage'],
      icon: SafetyCertificateOutlined,
      permission: 'insight.read',
      keywords: 'fg fugai lifecycle strategy',
    },
  ],
}
