import { FileProtectOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** The audit, for auditors. */
export const audit: WebFeature = {
  routes: [
    {
      path: '/audit',
      permission: 'audit.read',
      load: async () => (await import('./AuditPage.tsx')).AuditPage,
    },
  ],
  menu: [
    {
      centre: 'governance',
      path: '/audit',
      label: ['审计', 'Audit'],
      icon: FileProtectOutlined,
      permission: 'audit.read',
      keywords: 'sj shenji log',
    },
  ],
}
