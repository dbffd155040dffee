/** Segments of the demo bank; its tags are those of the templates. */
export const demoSegments = [
  {
    key: 'dormant',
    name: '睡眠客户(60天未登录)',
    description: '60 天没有打开手机银行的成年客户。',
    rule: {
      all: [
        { tag: 'dormant_60d', is: 'eq', value: true },
        { tag: 'age', is: 'between', value: [18, 64] },
      ],
    },
  },
  {
    key: 'wealth_prospects',
    name: '理财潜客',
    description: '近 30 天看过理财两次以上,近 30 天没有购买。',
    rule: {
      all: [
        {
          did: 'page_viewed',
          where: [{ prop: 'page', is: 'eq', value: 'wealth' }],
          within: { days: 30 },
          count: { is: 'gte', value: 2 },
        },
        { not: { did: 'product_purchased', within: { days: 30 } } },
      ],
    },
  },
  {
    key: 'payroll_active',
    name: '活跃代发客户',
    description: '工资到账且近 30 天登录 5 次以上。',
    rule: {
      all: [
        { did: 'salary_received', within: { days: 35 } },
        { did: 'app_opened', within: { days: 30 }, count: { is: 'gte', value: 5 } },
      ],
    },
  },
] as const

const day = 86_400_000

/** A campaign of the demo bank's past: it started `startedDaysAgo` and runs or ran `days`. */
export type DemoCampaign = {
  startedDaysAgo: number
  days: number
  /** Among the touched: share exposed, then clicked, then converted within days. */
  behaviour: { exposed: number; clicked: number; converted: number }
  body: (now: Date) => Record<string, unknown>
}

const bodyOf = (fixed: Record<string, unknown>, days: number) => (now: Date) => ({
  ...fixed,
  from: new Date(now.getTime() - 60_000).toISOString(),
  to: new Date(now.getTime() + days * day).toISOString(),
})

export const demoCampaigns: readonly DemoCampaign[] = [
  {
    startedDaysAgo: 45,
    days: 30,
    behaviour: { exposed: 0.7, clicked: 0.2, converted: 0.45 },
    body: bodyOf(
      {
        key: 'national-day-wealth',
        name: '国庆理财节',
        objective: { event: 'product_purchased' },
        audience: { segment: 'wealth_prospects' },
        offer: {
          title: '国庆专享理财',
          body: '稳健理财产品,风险等级 R2。理财非存款,产品有风险,投资须谨慎。',
          link: '/h5/products/W01',
          productCode: 'W01',
        },
        rungs: [
          { kind: 'place', slot: 'home_top', inbox: true },
          { kind: 'task', after: { days: 3 }, title: '跟进理财意向', dueDays: 3 },
        ],
        holdoutPercent: 20,
      },
      30,
    ),
  },
  {
    startedDaysAgo: 9,
    days: 40,
    behaviour: { exposed: 0.6, clicked: 0.15, converted: 0.25 },
    body: bodyOf(
      {
        key: 'payroll-stay',
        name: '代发客户留存',
        objective: { aum: true },
        audience: { segment: 'payroll_active' },
        offer: {
          title: '工资理财,到账即享',
          body: '工资到账当天即可申购的稳健产品,风险等级 R2。投资须谨慎。',
          link: '/h5/products/W07',
          productCode: 'W07',
        },
        rungs: [
          { kind: 'place', slot: 'home_top', inbox: true },
          { kind: 'task', after: { days: 2 }, title: '工资留存跟进', dueDays: 5 },
        ],
        holdoutPercent: 10,
      },
      40,
    ),
  },
]
