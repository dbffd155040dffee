import { ThunderboltOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** Pages of streaming. */
export const streaming: WebFeature = {
  routes: [
    {
      path: '/streaming',
      permission: 'segment.read',
      load: async () => (await import('./StreamingPage.tsx')).StreamingPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/streaming',
      label: ['实时客群', 'Live segments'],
      icon: ThunderboltOutlined,
      permission: 'segment.read',
      keywords: 'sskq shishikequn streaming drift',
    },
  ],
  errors: {
    SEGMENT_DRIFTED: [
      '受众所用客群的实时结果与全量重算偏差超过上限，暂停发送；请先核对或由负责人放行。',
      'A segment of the audience drifted past its limit, so nothing is sent to it; check it or have someone answer for it.',
    ],
    SEGMENT_OVERRIDE_UNCONFIRMED: ['输入的编码与客群不一致。', 'The key typed is not that of the segment.'],
    SEGMENT_NOT_BLOCKED: ['这个客群已经可以发送。', 'This segment can be sent to already.'],
  },
}
