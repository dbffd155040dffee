import { LineChartOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { Metric } from '../common/metric.ts'

/** Pages of key figures. */
export const metrics: WebFeature = {
  routes: [
    {
      path: '/metrics',
      permission: 'metric.read',
      load: async () => (await import('./MetricListPage.tsx')).MetricListPage,
    },
    {
      path: '/metrics/:key',
      permission: 'metric.read',
      load: async () => (await import('./MetricPage.tsx')).MetricPage,
    },
  ],
  menu: [
    {
      centre: 'data',
      path: '/metrics',
      label: ['指标', 'Metrics'],
      icon: LineChartOutlined,
      permission: 'metric.read',
      keywords: 'zb zhibiao koujing kpi',
    },
  ],
  search: [
    {
      label: ['指标', 'Metrics'],
      permission: 'metric.read',
      find: async (q, signal) => {
        const found = await api.get<Page<Metric>>('/api/metrics', { q, limit: 6 }, signal)
        return found.items.map((metric) => ({
          path: `/metrics/${metric.key}`,
          title: metric.name.zh,
          hint: metric.key,
        }))
      },
    },
  ],
  errors: {
    METRIC_NOT_FOUND: ['没有这个指标。', 'There is no such metric.'],
    METRIC_KEY_TAKEN: ['这个编码已被其他指标使用。', 'Another metric has this key.'],
    METRIC_RATIO_PART: [
      '比率的分子和分母必须是本身可加的指标。',
      'Both parts of a ratio must be metrics that add up themselves.',
    ],
    METRIC_IN_USE: ['还有其他指标用到它。', 'Other metrics are made of it.'],
    METRIC_NOT_YOURS: ['这个指标属于您范围以外的机构。', 'The metric belongs to an org unit outside yours.'],
    METRIC_AMOUNTS: [
      '这个指标显示资产金额，需要“查看余额”权限。',
      'This metric shows balances; it needs the permission to see them.',
    ],
    METRIC_GRAIN: ['这个指标不按这个周期计算。', 'The metric is not kept by that grain.'],
    METRIC_ORG: [
      '历史值按机构保存，请选择您范围内的机构。',
      'Values are kept by org unit; choose one of yours.',
    ],
    METRIC_ALERT_NOT_FOUND: ['没有这条告警。', 'There is no such alert.'],
    METRIC_ALARM_DONE: ['这条告警已经确认过了。', 'The alarm has been acknowledged already.'],
  },
}
