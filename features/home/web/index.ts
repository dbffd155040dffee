import { HomeOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** The page everyone lands on. */
export const home: WebFeature = {
  routes: [
    { path: '/home', permission: 'self', load: async () => (await import('./HomePage.tsx')).HomePage },
  ],
  menu: [
    {
      centre: 'home',
      path: '/home',
      label: ['首页', 'Home'],
      icon: HomeOutlined,
      permission: 'self',
      keywords: 'sy shouye today',
    },
  ],
}
