/** Dashboards of the demo bank: what a branch looks at in the morning, and how wealth sales come about. */
export const demoDashboards: readonly Record<string, unknown>[] = [
  {
    key: 'daily-life',
    name: '客户活跃总览',
    description: '谁来了、来多久、还会不会来。',
    sharing: 'everyone',
    cards: [
      {
        ...{ id: 'opens', title: '打开应用', kind: 'trend', x: 0, y: 0, w: 8, h: 4 },
        query: { event: { event: 'app_opened' }, period: { days: 30 } },
      },
      {
        ...{ id: 'branches', title: '各分行打开应用', kind: 'trend', x: 8, y: 0, w: 4, h: 4 },
        query: { event: { event: 'app_opened' }, by: { org: 'branch' }, size: 'week', period: { days: 28 } },
      },
      {
        ...{ id: 'return', title: '每周回访', kind: 'retention', x: 0, y: 4, w: 6, h: 4 },
        query: { start: { event: 'app_opened' }, returning: { event: 'app_opened' }, period: { days: 70 } },
      },
      {
        ...{ id: 'stay', title: '会话', kind: 'session', x: 6, y: 4, w: 6, h: 4 },
        query: { period: { days: 14 } },
      },
    ],
  },
  {
    key: 'wealth-sales',
    name: '理财成交之路',
    description: '从打开应用到买入，在哪里停下。',
    sharing: 'roles',
    roles: ['hq_operator', 'branch_operator'],
    cards: [
      {
        ...{ id: 'funnel', title: '打开 → 看理财 → 买入', kind: 'funnel', x: 0, y: 0, w: 12, h: 4 },
        query: {
          steps: [
            { event: 'app_opened' },
            { event: 'page_viewed', where: [{ prop: 'page', is: 'eq', value: 'wealth' }] },
            { event: 'product_purchased' },
          ],
          ...{ window: { days: 7 }, by: { org: 'branch' }, period: { days: 60 } },
        },
      },
      {
        ...{ id: 'way', title: '怎样走到买入', kind: 'path', x: 0, y: 4, w: 8, h: 4 },
        query: {
          ...{ anchor: { event: 'product_purchased' }, direction: 'to', depth: 4, period: { days: 60 } },
          detail: [{ event: 'page_viewed', prop: 'page' }],
        },
      },
      {
        ...{ id: 'amount', title: '买入金额分布', kind: 'distribution', x: 8, y: 4, w: 4, h: 4 },
        query: { event: { event: 'product_purchased' }, of: 'sum', prop: 'amount', period: { days: 90 } },
      },
    ],
  },
]
