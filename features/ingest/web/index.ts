import {
  ApiOutlined,
  DashboardOutlined,
  DeleteOutlined,
  EyeOutlined,
  StopOutlined,
  ThunderboltOutlined,
} from '@ant-design/icons'
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
      path: '/sources/:source',
      permission: 'source.read',
      load: async () => (await import('./SourceDetailPage.tsx')).SourceDetailPage,
    },
    {
      path: '/rejects',
      permission: 'source.read',
      load: async () => (await import('./RejectListPage.tsx')).RejectListPage,
    },
    {
      path: '/rejects/:rejectId',
      permission: 'reject.read',
      load: async () => (await import('./RejectPage.tsx')).RejectPage,
    },
    {
      path: '/debug',
      permission: 'debug.watch',
      load: async () => (await import('./DebugPage.tsx')).DebugPage,
    },
    {
      path: '/ingest-status',
      permission: 'system.read',
      load: async () => (await import('./IngestStatusPage.tsx')).IngestStatusPage,
    },
    {
      path: '/retention',
      permission: 'system.read',
      load: async () => (await import('./RetentionPage.tsx')).RetentionPage,
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
      path: '/rejects',
      label: ['拒收', 'Rejects'],
      icon: StopOutlined,
      permission: 'source.read',
      keywords: 'js jushou replay chongfa',
    },
    {
      centre: 'data',
      path: '/debug',
      label: ['实时查看', 'Live view'],
      icon: EyeOutlined,
      permission: 'debug.watch',
      keywords: 'ss shishi debug tiaoshi',
    },
    {
      centre: 'data',
      path: '/ingest-status',
      label: ['接入状态', 'Collecting'],
      icon: DashboardOutlined,
      permission: 'system.read',
      keywords: 'jr jieru spool',
    },
    {
      centre: 'data',
      path: '/retention',
      label: ['数据保留', 'Retention'],
      icon: DeleteOutlined,
      permission: 'system.read',
      keywords: 'bl baoliu purge qingli',
    },
  ],
  errors: {
    SOURCE_TAKEN: ['已有同名的来源。', 'There is a source of this name already.'],
    SOURCE_RESERVED: [
      '这个名称留给平台使用，请换一个。',
      'This name belongs to the platform; choose another.',
    ],
    SOURCE_NOT_FOUND: ['没有这个来源。', 'There is no such source.'],
    SOURCE_REVOKED: ['这个来源已被吊销，请先重新启用。', 'This source is revoked; reactivate it first.'],
    SOURCE_JWKS_INVALID: ['公钥不是有效的 JWKS。', 'The key set is not a valid JWKS.'],
    SOURCE_KEYS_TOO_MANY: ['密钥太多，先吊销不用的。', 'Too many keys.'],
    KEY_LAST_ACTIVE: [
      '这是最后一个可用的密钥：先添加新密钥，或吊销整个来源。',
      'This is the last active key: add a new one first, or revoke the source.',
    ],
    KEY_REVOKED_LONG_AGO: [
      '吊销已超过 24 小时，不能撤回，请添加新密钥。',
      'It was revoked more than 24 hours ago; add a new key.',
    ],
    HEAD_OFFICE_ONLY: ['只有总行人员可以查看。', 'Only for people of head office.'],
    REJECT_NOT_FOUND: ['没有这条拒收，可能已过保留期。', 'There is no such reject; it may be past its time.'],
    REJECT_WITHOUT_ORIGINAL: ['没有保留原文，不能重发。', 'No copy was kept, so it cannot be sent again.'],
    REJECT_DONE: ['这条拒收已经处理过了。', 'This reject has been dealt with.'],
    REJECT_IDENTITY_CHANGED: [
      '消息属于谁、是什么类型不能改。',
      'Whose message it is and of what type cannot be changed.',
    ],
    REJECT_IDENTITY_MASKED: [
      '标识在保留原文时被去除了（*），请先填上正确的值。',
      'An identifier was masked (*): put the right value in first.',
    ],
    DEBUG_BUSY: ['同时查看的人太多，请稍后再试。', 'Too many people are watching; try again later.'],
    RETENTION_OFF: ['规则未启用，不能清理。', 'The rule is off; switch it on before purging.'],
  },
}
