import { ImportOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** What was imported. */
export const imports: WebFeature = {
  routes: [
    {
      path: '/imports',
      permission: 'import.read',
      load: async () => (await import('./ImportListPage.tsx')).ImportListPage,
    },
  ],
  menu: [
    {
      centre: 'data',
      path: '/imports',
      label: ['导入', 'Imports'],
      icon: ImportOutlined,
      permission: 'import.read',
      keywords: 'dr daoru csv',
    },
  ],
}
