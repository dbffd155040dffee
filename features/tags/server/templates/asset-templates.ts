import {
  day,
  number,
  type Template,
  tagIs,
  templatesIn,
  text,
  yuan,
} from '#features/tags/server/templates/template.ts'

const tier = templatesIn('value', 'tier')
const balance = templatesIn('asset', 'balance')
const maturity = templatesIn('asset', 'maturity')
const held = templatesIn('asset', 'holding')
const grade = templatesIn('value', 'grade')

const between = (from: number, to: number) => ({
  all: [tagIs('aum_month_avg', 'gte', from), tagIs('aum_month_avg', 'lt', to)],
})

/** What a customer has: balances, tiers by month average, products held, what matures. */
export const assetTemplates: readonly Template[] = [
  balance(
    'aum_now',
    ['当前资产', 'AUM now'],
    ['今日 AUM 余额。', 'AUM at the end of today.'],
    { balance: 'aum', stat: 'last' },
    yuan,
  ),
  balance(
    'aum_month_avg',
    ['月日均资产', 'Month-average AUM'],
    ['本月每日余额之和除以天数。', "The month's daily balances over its days so far."],
    { balance: 'aum', stat: 'monthAverage' },
    yuan,
  ),
  balance(
    'aum_max_90d',
    ['近90天最高资产', 'Highest AUM in 90 days'],
    ['近 90 天每日余额的最高值。', 'The highest daily balance of 90 days.'],
    { balance: 'aum', stat: 'max', days: 90 },
    yuan,
  ),
  balance(
    'aum_min_90d',
    ['近90天最低资产', 'Lowest AUM in 90 days'],
    ['近 90 天每日余额的最低值。', 'The lowest daily balance of 90 days.'],
    { balance: 'aum', stat: 'min', days: 90 },
    yuan,
  ),
  balance(
    'aum_change_30d',
    ['近30天资产变动', 'AUM change in 30 days'],
    ['今日余额减 30 天前余额。', "Today's balance less that of 30 days ago."],
    { balance: 'aum', stat: 'change', days: 30 },
    yuan,
  ),
  balance(
    'aum_change_rate_30d',
    ['近30天资产变动率', 'AUM change rate in 30 days'],
    ['变动额除以 30 天前余额。', 'The change over the balance of 30 days ago.'],
    { balance: 'aum', stat: 'changeRate', days: 30 },
    { type: 'number', c2: true },
  ),
  balance(
    'demand_avg_30d',
    ['近30天活期日均', 'Demand average of 30 days'],
    ['近 30 天活期日均余额。', 'Average demand balance of 30 days.'],
    { balance: 'demand', stat: 'average', days: 30 },
    yuan,
  ),
  balance(
    'deposit_avg_30d',
    ['近30天定期日均', 'Time-deposit average of 30 days'],
    ['近 30 天定期日均余额。', 'Average time deposits of 30 days.'],
    { balance: 'time_deposit', stat: 'average', days: 30 },
    yuan,
  ),
  balance(
    'wealth_avg_30d',
    ['近30天理财日均', 'Wealth average of 30 days'],
    ['近 30 天理财日均余额。', 'Average wealth products of 30 days.'],
    { balance: 'wealth', stat: 'average', days: 30 },
    yuan,
  ),
  balance(
    'fund_avg_30d',
    ['近30天基金日均', 'Fund average of 30 days'],
    ['近 30 天基金日均余额。', 'Average funds of 30 days.'],
    { balance: 'fund', stat: 'average', days: 30 },
    yuan,
  ),
  balance(
    'idle_money',
    ['活期闲置资金', 'Idle money'],
    ['活期日均不低于 1 千元且没有持有产品。', 'A demand average of 1,000 or more and no product held.'],
    { rule: { all: [tagIs('demand_avg_30d', 'gte', 1000), { not: tagIs('holding_count', 'gte', 1) }] } },
    { c2: true },
  ),
  tier(
    'aum_tier',
    ['资产分层', 'AUM tier'],
    [
      '按月日均资产分 T0–T6，界限为 1千、5万、20万、50万、100万、600万。',
      'T0 to T6 by month-average AUM, cut at 1k, 50k, 200k, 500k, 1m and 6m.',
    ],
    {
      bands: {
        tag: 'aum_month_avg',
        cuts: [1000, 50_000, 200_000, 500_000, 1_000_000, 6_000_000],
        labels: ['T0', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6'],
      },
    },
    { ...text, c2: true },
  ),
  tier(
    'near_upgrade',
    ['临界提级', 'Near upgrade'],
    ['月日均资产在下一层界限的 80% 以上。', 'A month average of 80 % or more of the next tier.'],
    {
      cases: [
        { value: '临近T1', rule: between(800, 1000) },
        { value: '临近T2', rule: between(40_000, 50_000) },
        { value: '临近T3', rule: between(160_000, 200_000) },
        { value: '临近T4', rule: between(400_000, 500_000) },
        { value: '临近T5', rule: between(800_000, 1_000_000) },
        { value: '临近T6', rule: between(4_800_000, 6_000_000) },
      ],
    },
    { ...text, c2: true },
  ),
  tier(
    'long_tail',
    ['长尾客户', 'Long-tail customer'],
    ['月日均资产低于 5 万元。', 'A month average below 50,000.'],
    { rule: tagIs('aum_month_avg', 'lt', 50_000) },
    { c2: true },
  ),
  grade(
    'value_intent_grade',
    ['价值意愿分级', 'Grade by value and intent'],
    [
      'A 高价值高意愿，B 高价值低意愿，C 低价值高意愿，D 其余。高价值为 T2 及以上，高意愿为近 30 天看过理财 2 次以上。',
      'A: value and intent, B: value only, C: intent only, D: neither. Value is T2 or above, intent two wealth views in 30 days.',
    ],
    {
      cases: [
        {
          value: 'A',
          rule: {
            all: [
              tagIs('aum_tier', 'in', ['T2', 'T3', 'T4', 'T5', 'T6']),
              tagIs('wealth_views_30d', 'gte', 2),
            ],
          },
        },
        { value: 'B', rule: tagIs('aum_tier', 'in', ['T2', 'T3', 'T4', 'T5', 'T6']) },
        { value: 'C', rule: tagIs('wealth_views_30d', 'gte', 2) },
      ],
      else: 'D',
    },
    { ...text, c2: true },
  ),
  maturity(
    'maturing_7d',
    ['7天内到期产品数', 'Products maturing in 7 days'],
    ['今天起 7 天内到期的持有产品数。', 'Held products that mature within 7 days.'],
    { holding: {}, stat: 'maturing', days: 7 },
    number('个'),
  ),
  maturity(
    'maturing_30d',
    ['30天内到期产品数', 'Products maturing in 30 days'],
    ['今天起 30 天内到期的持有产品数。', 'Held products that mature within 30 days.'],
    { holding: {}, stat: 'maturing', days: 30 },
    number('个'),
  ),
  maturity(
    'next_maturity',
    ['最近到期日', 'Next maturity'],
    ['持有产品中最近的到期日。', 'The nearest day a held product matures.'],
    { holding: {}, stat: 'nextMaturity' },
    day,
  ),
  maturity(
    'deposit_maturing_30d',
    ['30天内到期定期数', 'Deposits maturing in 30 days'],
    ['30 天内到期的定期存款数。', 'Time deposits that mature within 30 days.'],
    { holding: { family: 'time_deposit' }, stat: 'maturing', days: 30 },
    number('个'),
  ),
  held(
    'holding_count',
    ['持有产品数', 'Products held'],
    ['当前持有的产品数。', 'Products held today.'],
    { holding: {}, stat: 'count' },
    number('个'),
  ),
  held('has_wealth', ['持有理财', 'Holds wealth products'], ['当前持有理财。', 'Holds a wealth product.'], {
    holding: { family: 'wealth' },
    stat: 'has',
  }),
  held('has_fund', ['持有基金', 'Holds funds'], ['当前持有基金。', 'Holds a fund.'], {
    holding: { family: 'fund' },
    stat: 'has',
  }),
  held('has_deposit', ['持有定期', 'Holds time deposits'], ['当前持有定期存款。', 'Holds a time deposit.'], {
    holding: { family: 'time_deposit' },
    stat: 'has',
  }),
  held(
    'held_amount',
    ['持有产品金额', 'Amount held'],
    ['当前持有产品的金额合计。', 'The amounts of products held today.'],
    { holding: {}, stat: 'amount' },
    yuan,
  ),
]
