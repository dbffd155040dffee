import { DisconnectOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** Pages of breakpoints. */
export const breakpoints: WebFeature = {
  routes: [
    {
      path: '/breakpoints',
      permission: 'insight.read',
      load: async () => (await import('./BreakpointPage.tsx')).BreakpointPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/breakpoints',
      label: ['断点', 'Breakpoints'],
      icon: DisconnectOutlined,
      permission: 'insight.read',
      keywords: 'dd duandian flow abandon',
    },
  ],
  errors: {
    FLOW_NOT_FOUND: ['没有这个流程。', 'There is no such flow.'],
    FLOW_KEY_TAKEN: ['这个编码已被其他流程使用。', 'Another flow has this key.'],
    FLOW_NOT_YOURS: ['这个流程属于您范围以外的机构。', 'The flow belongs to an org unit outside yours.'],
    FLOW_STEP_UNKNOWN: [
      '流程里没有这一步，或它是最后一步。',
      'The flow has no such step, or it is the last one.',
    ],
    FLOW_MINUTES_SHORT: [
      '分钟数要大于流程的静默时限。',
      'Ask for more minutes than the silence that counts as stopped.',
    ],
  },
}
