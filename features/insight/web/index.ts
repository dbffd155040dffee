import { DashboardOutlined, FundOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { Dashboard } from '../common/dashboard.ts'
import { addAnalysisView } from './analysis-view.ts'
import { ownViews } from './views.ts'

for (const view of ownViews) addAnalysisView(view)

/** Pages of insight: a workbench for each analysis, and dashboards. */
export const insight: WebFeature = {
  routes: [
    {
      path: '/insight',
      permission: 'insight.read',
      load: async () => (await import('./AnalysisPage.tsx')).AnalysisPage,
    },
    {
      path: '/insight/dashboards',
      permission: 'insight.read',
      load: async () => (await import('./DashboardListPage.tsx')).DashboardListPage,
    },
    {
      path: '/insight/dashboards/:key',
      permission: 'insight.read',
      load: async () => (await import('./DashboardPage.tsx')).DashboardPage,
    },
    {
      path: '/insight/:kind',
      permission: 'insight.read',
      load: async () => (await import('./AnalysisPage.tsx')).AnalysisPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/insight',
      label: ['洞察', 'Insight'],
      icon: FundOutlined,
      permission: 'insight.read',
      keywords: 'dc dongcha analysis funnel retention louodu liucun',
    },
    {
      centre: 'customers',
      path: '/insight/dashboards',
      label: ['看板', 'Dashboards'],
      icon: DashboardOutlined,
      permission: 'insight.read',
      keywords: 'kb kanban dashboard',
    },
  ],
  search: [
    {
      label: ['看板', 'Dashboards'],
      permission: 'insight.read',
      find: async (q, signal) => {
        const found = await api.get<Page<Dashboard>>('/api/insight/dashboards', { q, limit: 6 }, signal)
        return found.items.map(({ key, name }) => ({
          path: `/insight/dashboards/${key}`,
          title: name,
          hint: key,
        }))
      },
    },
  ],
  errors: {
    INSIGHT_ANALYSIS_UNKNOWN: ['没有这种分析。', 'There is no such analysis.'],
    INSIGHT_TOO_MANY_BUCKETS: [
      '时间太长、步长太小，请加大步长或缩短时间。',
      'The period is too long for that step; choose a larger step or a shorter period.',
    ],
    INSIGHT_TOO_MANY_GROUPS: [
      '不同的取值太多，无法拆分；请换一个属性或加条件。',
      'There are too many different values to break down by; choose another property or add a condition.',
    ],
    INSIGHT_PERIOD_OPEN: ['请给时间一个开始。', 'The period needs a beginning.'],
    INSIGHT_CELL_UNKNOWN: [
      '这个数已不在分析里，请重新计算。',
      'That number is no longer part of the answer; compute again.',
    ],
    INSIGHT_BALANCE_NEEDED: ['这个标签需要查看余额的权限。', 'That tag needs permission to see balances.'],
    INSIGHT_NOBODY: [
      '这个数里没有客户，无法保存。',
      'That number counts nobody, so there is nobody to keep.',
    ],
    DASHBOARD_NOT_FOUND: [
      '没有这个看板，或没有分享给您。',
      'There is no such dashboard, or it is not shared with you.',
    ],
    DASHBOARD_KEY_TAKEN: ['这个编码已被其他看板使用。', 'Another dashboard has this key.'],
    DASHBOARD_NOT_YOURS: [
      '只有创建人可以修改，请先复制一份。',
      'Only its maker may change it; make a copy of your own.',
    ],
    DASHBOARD_CHANGED: [
      '这个看板刚被修改过，请刷新后再改。',
      'The dashboard was changed meanwhile; reload it first.',
    ],
    DASHBOARD_CARD_INVALID: ['有一张卡的条件不完整。', 'A card asks what its analysis cannot answer.'],
  },
}
