import { ProfileOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import { getLanguage } from '#platform/web/language.ts'
import type { PlanEvent } from '../common/plan.ts'

/** Pages of the tracking plan. */
export const plan: WebFeature = {
  routes: [
    {
      path: '/plan',
      permission: 'plan.read',
      load: async () => (await import('./PlanListPage.tsx')).PlanListPage,
    },
    {
      path: '/plan/new',
      permission: 'plan.write',
      load: async () => (await import('./PlanEditPage.tsx')).PlanEditPage,
    },
    {
      path: '/plan/coverage',
      permission: 'event.read',
      load: async () => (await import('./CoveragePage.tsx')).CoveragePage,
    },
    {
      path: '/plan/modes',
      permission: 'plan.read',
      load: async () => (await import('./ModePage.tsx')).ModePage,
    },
    {
      path: '/plan/events/:key',
      permission: 'plan.read',
      load: async () => (await import('./PlanEventPage.tsx')).PlanEventPage,
    },
    {
      path: '/plan/events/:key/edit',
      permission: 'plan.write',
      load: async () => (await import('./PlanEditPage.tsx')).PlanEditPage,
    },
  ],
  menu: [
    {
      centre: 'data',
      path: '/plan',
      label: ['埋点方案', 'Tracking plan'],
      icon: ProfileOutlined,
      permission: 'plan.read',
      keywords: 'md maidian mdfa fangan tracking event',
    },
  ],
  search: [
    {
      label: ['埋点事件', 'Planned events'],
      permission: 'plan.read',
      find: async (q, signal) => {
        const found = await api.get<Page<PlanEvent>>('/api/plan/events', { q, limit: 6 }, signal)
        return found.items.map(({ key, draft }) => ({
          path: `/plan/events/${encodeURIComponent(key)}`,
          title: draft.name[getLanguage()],
          hint: key,
        }))
      },
    },
  ],
  errors: {
    PLAN_EVENT_NOT_FOUND: [
      '方案里没有这个事件，可能已被删除。',
      'The plan has no such event; it may be deleted.',
    ],
    PLAN_EVENT_TAKEN: ['方案里已有同名事件。', 'The plan already has an event of this name.'],
    PLAN_CHANGED: [
      '别人刚刚改过它。请重新打开，再做一次修改。',
      'Somebody else just changed it. Open it again and repeat your change.',
    ],
    PLAN_STATE: ['它现在的状态不允许这样做，请刷新。', 'Its state does not allow that now; reload the page.'],
    PLAN_NOTHING_TO_PUBLISH: ['没有需要发布的修改。', 'There is nothing to publish.'],
    PLAN_OWNER_UNKNOWN: [
      '没有这个用户名的员工，请检查负责人。',
      'Nobody has this user name; check the owner.',
    ],
    PLAN_SOURCE_NOT_FOUND: ['没有这个来源。', 'There is no such source.'],
    PLAN_TOO_LARGE: ['方案里的事件太多了。', 'The plan has too many events.'],
    PLAN_UNAVAILABLE: [
      '暂时读不到埋点方案，请稍后重试。',
      'The plan cannot be read right now; try again later.',
    ],
  },
}
