import type { AnalysisView } from './analysis-view.ts'
import {
  DistributionForm,
  FunnelForm,
  HeatForm,
  IntervalForm,
  PathForm,
  RetentionForm,
  SessionForm,
  TrendForm,
} from './forms.tsx'
import { distributionPanels, intervalPanels, retentionPanels } from './habit-panels.ts'
import { heatPanels, pathPanels, sessionPanels } from './journey-panels.ts'
import { funnelPanels, trendPanels } from './panels.ts'

const period = { days: 30 }

/** The pages of this feature's own analyses. */
export const ownViews: readonly AnalysisView[] = [
  {
    kind: 'trend',
    label: ['事件走势', 'Event trend'],
    hint: [
      '一件事随时间做了多少次、多少人，按什么拆开。',
      'How often and by how many over time, and broken down.',
    ],
    start: { event: { event: 'app_opened' }, size: 'day', compare: true, top: 10, period },
    Form: TrendForm,
    panels: trendPanels,
  },
  {
    kind: 'funnel',
    label: ['漏斗', 'Funnel'],
    hint: [
      '按顺序走过几步，在哪一步停下，用了多久。',
      'Ordered steps: where customers stop, and how long they take.',
    ],
    start: {
      steps: [{ event: 'app_opened' }, { event: 'page_viewed' }, { event: 'product_purchased' }],
      ...{ window: { days: 7 }, exclude: [], top: 10, period },
    },
    Form: FunnelForm,
    panels: funnelPanels,
  },
  {
    kind: 'retention',
    label: ['留存', 'Retention'],
    hint: ['开始之后的每一期，有多少人回来。', 'How many come back in each period after they began.'],
    start: {
      ...{ start: { event: 'app_opened' }, returning: { event: 'app_opened' }, size: 'week' },
      ...{ periods: 8, cohort: 'recurring', period: { days: 90 } },
    },
    Form: RetentionForm,
    panels: retentionPanels,
  },
  {
    kind: 'path',
    label: ['路径', 'Path'],
    hint: [
      '从一步出发去了哪里，或怎样走到这一步。',
      'Where customers go from a step, or how they came to it.',
    ],
    start: {
      ...{ anchor: { event: 'app_opened' }, direction: 'from', depth: 4, gapMinutes: 30, collapse: true },
      ...{ events: [], detail: [{ event: 'page_viewed', prop: 'page' }], top: 6, period: { days: 7 } },
    },
    Form: PathForm,
    panels: pathPanels,
  },
  {
    kind: 'session',
    label: ['会话', 'Sessions'],
    hint: ['来了几次、停留多久、做了多少。', 'How often they come, how long they stay, how much they do.'],
    start: { gapMinutes: 30, events: [], size: 'day', period },
    Form: SessionForm,
    panels: sessionPanels,
  },
  {
    kind: 'heat',
    label: ['点击热力', 'Click-heat'],
    hint: ['一页上哪些元素和位置被点得最多。', 'Which elements and positions of a page are clicked most.'],
    start: {
      ...{ event: { event: 'slot_clicked' }, page: 'slot', element: 'campaign', position: 'position' },
      ...{ pages: 10, spots: 40, period: { days: 90 } },
    },
    Form: HeatForm,
    panels: heatPanels,
  },
  {
    kind: 'distribution',
    label: ['分布', 'Distribution'],
    hint: ['每位客户做了多少次、多少天、多少金额。', 'How customers are spread by times, days or amounts.'],
    start: { event: { event: 'app_opened' }, of: 'count', bins: 20, zero: false, period },
    Form: DistributionForm,
    panels: distributionPanels,
  },
  {
    kind: 'interval',
    label: ['间隔', 'Interval'],
    hint: ['从一件事到另一件事隔了多久。', 'How long it takes from one event to the next.'],
    start: {
      ...{ first: { event: 'salary_received' }, next: { event: 'money_out' } },
      ...{ within: { days: 30 }, period: { days: 60 } },
    },
    Form: IntervalForm,
    panels: intervalPanels,
  },
]
