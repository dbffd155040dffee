import { ApiOutlined, DashboardOutlined, ThunderboltOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** Pages of collecting: events seen, who sends them, how it is doing. */
export const ingest: WebFeature = {
  routes: [
    {
      path: '/events',
      permission: 'event.read',
      load: async () => (await import('./EventListPage.tsx')).EventListPage,
    },
    {
      path: '/sources',
      permission: 'source.read',
      load: async () => (await import('./SourcePage.tsx')).SourcePage,
    },
    {
      path: '/ingest-status',
      permission: 'system.read',
      load: async () => (await import('./IngestStatusPage.tsx')).IngestStatusPage,
    },
  ],
  menu: [
    {
      centre: 'data',
      path: '/events',
      label: ['事件', 'Events'],
      icon: ThunderboltOutlined,
      permission: 'event.read',
      keywords: 'sj shijian',
    },
    {
      centre: 'data',
      path: '/sources',
      label: ['来源', 'Sources'],
      icon: ApiOutlined,
      permission: 'source.read',
      keywords: 'ly laiyuan key miyao',
    },
    {
      centre: 'data',
      path: '/ingest-status',
      label: ['接入状态', 'Collecting'],
      icon: DashboardOutlined,
      permission: 'system.read',
      keywords: 'jr jieru spool',
    },
  ],
  errors: {
    SOURCE_TAKEN: ['已有同名的来源。', 'There is a source of this name already.'],
    SOURCE_RESERVED: [
      '这个名称留给平台使用，请换一个。',
      'This name belongs to the platform; choose another.',
    ],
  },
}
