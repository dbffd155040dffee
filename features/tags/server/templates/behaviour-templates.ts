import {
  day,
  did,
  number,
  type Template,
  tagIs,
  templatesIn,
  text,
  yuan,
} from '#features/tags/server/templates/template.ts'

const app = templatesIn('behaviour', 'app')
const pages = templatesIn('behaviour', 'pages')
const money = templatesIn('trade', 'money')
const salary = templatesIn('trade', 'salary')
const bought = templatesIn('trade', 'purchase')
const rfm = templatesIn('value', 'rfm')
const reached = templatesIn('marketing')
const times = number('次')

const count = (event: string, days: number) => ({ event, within: { days }, agg: 'count' as const })
const rfmPart = (part: 'recency' | 'frequency' | 'monetary' | 'cell') => ({
  rfm: { event: 'money_out', prop: 'amount', within: { days: 90 }, part, groups: 5 },
})

/** What a customer does: the app, money in and out, purchases, and how they answer when they are addressed. */
export const behaviourTemplates: readonly Template[] = [
  app(
    'app_opens_7d',
    ['近7天打开次数', 'App opens in 7 days'],
    ['近 7 天打开手机银行的次数。', 'App openings in 7 days.'],
    count('app_opened', 7),
    times,
  ),
  app(
    'app_opens_30d',
    ['近30天打开次数', 'App opens in 30 days'],
    ['近 30 天打开手机银行的次数。', 'App openings in 30 days.'],
    count('app_opened', 30),
    times,
  ),
  app(
    'app_opens_90d',
    ['近90天打开次数', 'App opens in 90 days'],
    ['近 90 天打开手机银行的次数。', 'App openings in 90 days.'],
    count('app_opened', 90),
    times,
  ),
  app(
    'app_days_30d',
    ['近30天活跃天数', 'Active days in 30 days'],
    ['近 30 天打开过手机银行的天数。', 'Days with an app opening in 30 days.'],
    { event: 'app_opened', within: { days: 30 }, agg: 'days' },
    number('天'),
  ),
  app(
    'app_days_60d',
    ['近60天活跃天数', 'Active days in 60 days'],
    ['近 60 天打开过手机银行的天数。', 'Days with an app opening in 60 days.'],
    { event: 'app_opened', within: { days: 60 }, agg: 'days' },
    number('天'),
  ),
  app(
    'app_streak_90d',
    ['最长连续活跃天数', 'Longest streak'],
    ['近 90 天最长的连续打开天数。', 'The longest run of days with an app opening in 90 days.'],
    { event: 'app_opened', within: { days: 90 }, agg: 'streak' },
    number('天'),
  ),
  app(
    'last_app_open',
    ['最近打开日期', 'Last app opening'],
    ['最近一次打开手机银行的日期。', 'The day of the last app opening.'],
    { event: 'app_opened', agg: 'last' },
    day,
  ),
  app(
    'app_version',
    ['App版本', 'App version'],
    ['最近一次打开时的版本。', 'The version at the last opening.'],
    { event: 'app_opened', agg: 'last', prop: 'version' },
    text,
  ),
  app(
    'app_edition',
    ['App版式', 'App edition'],
    ['标准版、青春版或幸福生活版。', 'Standard, youth or elder edition.'],
    { attribute: 'app_edition' },
    text,
  ),
  app(
    'login_method',
    ['常用登录方式', 'Favourite log-in method'],
    ['近 90 天最常用的登录方式。', 'The most frequent log-in method of 90 days.'],
    { event: 'logged_in', within: { days: 90 }, agg: 'top', prop: 'method' },
    text,
  ),
  pages(
    'favourite_page',
    ['偏好页面', 'Favourite page'],
    ['近 30 天除首页外最常浏览的页面。', 'The page viewed most in 30 days, home aside.'],
    {
      event: 'page_viewed',
      where: [{ prop: 'page', is: 'ne', value: 'home' }],
      within: { days: 30 },
      agg: 'top',
      prop: 'page',
    },
    text,
  ),
  pages(
    'page_views_30d',
    ['近30天浏览次数', 'Page views in 30 days'],
    ['近 30 天页面浏览次数。', 'Page views in 30 days.'],
    count('page_viewed', 30),
    times,
  ),
  pages(
    'wealth_views_30d',
    ['近30天理财浏览', 'Wealth page views in 30 days'],
    ['近 30 天浏览理财页的次数。', 'Views of the wealth page in 30 days.'],
    {
      event: 'page_viewed',
      where: [{ prop: 'page', is: 'eq', value: 'wealth' }],
      within: { days: 30 },
      agg: 'count',
    },
    times,
  ),
  pages(
    'products_viewed_30d',
    ['近30天看过的产品数', 'Products viewed in 30 days'],
    ['近 30 天浏览过的不同产品数。', 'Different products viewed in 30 days.'],
    { event: 'page_viewed', within: { days: 30 }, agg: 'distinct', prop: 'product' },
    number('个'),
  ),
  pages(
    'opening_broken_off',
    ['开户中断', 'Broke off opening an account'],
    [
      '近 30 天中断开户流程且没有完成。',
      'Broke off opening an account within 30 days and has not completed it.',
    ],
    {
      rule: {
        all: [
          {
            did: 'flow_abandoned',
            where: [{ prop: 'flow', is: 'eq', value: 'account_opening' }],
            within: { days: 30 },
          },
          {
            not: {
              did: 'flow_completed',
              where: [{ prop: 'flow', is: 'eq', value: 'account_opening' }],
              within: { days: 30 },
            },
          },
        ],
      },
    },
  ),
  money(
    'money_out_30d',
    ['近30天转出金额', 'Money out in 30 days'],
    ['近 30 天转出金额合计。', 'Money sent in 30 days.'],
    { event: 'money_out', within: { days: 30 }, agg: 'sum', prop: 'amount' },
    yuan,
  ),
  money(
    'money_out_90d',
    ['近90天转出金额', 'Money out in 90 days'],
    ['近 90 天转出金额合计。', 'Money sent in 90 days.'],
    { event: 'money_out', within: { days: 90 }, agg: 'sum', prop: 'amount' },
    yuan,
  ),
  money(
    'money_in_90d',
    ['近90天转入金额', 'Money in in 90 days'],
    ['近 90 天转入金额合计。', 'Money received in 90 days.'],
    { event: 'money_in', within: { days: 90 }, agg: 'sum', prop: 'amount' },
    yuan,
  ),
  money(
    'out_count_30d',
    ['近30天转出笔数', 'Transfers out in 30 days'],
    ['近 30 天转出笔数。', 'Transfers out in 30 days.'],
    count('money_out', 30),
    number('笔'),
  ),
  money(
    'in_count_30d',
    ['近30天转入笔数', 'Transfers in in 30 days'],
    ['近 30 天转入笔数。', 'Transfers in in 30 days.'],
    count('money_in', 30),
    number('笔'),
  ),
  money(
    'largest_out_90d',
    ['近90天最大转出', 'Largest transfer out in 90 days'],
    ['近 90 天单笔最大转出金额。', 'The largest single transfer out of 90 days.'],
    { event: 'money_out', within: { days: 90 }, agg: 'max', prop: 'amount' },
    yuan,
  ),
  money(
    'large_outflow',
    ['大额流出', 'Large outflow'],
    ['近 30 天有单笔 5 万元及以上的转出。', 'A single transfer out of 50,000 or more within 30 days.'],
    {
      rule: { did: 'money_out', where: [{ prop: 'amount', is: 'gte', value: 50_000 }], within: { days: 30 } },
    },
    { c2: true },
  ),
  money(
    'counterparty',
    ['偏好收款对象', 'Favourite counterparty'],
    ['近 90 天最常见的收款方类型。', 'The most frequent kind of payee of 90 days.'],
    { event: 'money_out', within: { days: 90 }, agg: 'top', prop: 'counterparty_type' },
    text,
  ),
  money(
    'transfer_channel',
    ['偏好转账渠道', 'Favourite transfer channel'],
    ['近 90 天最常用的转账渠道。', 'The most frequent channel of transfers in 90 days.'],
    { event: 'money_out', within: { days: 90 }, agg: 'top', prop: 'channel' },
    text,
  ),
  salary(
    'last_salary',
    ['最近一次工资', 'Last salary'],
    ['最近一次代发工资金额。', 'The amount of the last salary.'],
    { event: 'salary_received', agg: 'last', prop: 'amount' },
    yuan,
  ),
  salary(
    'salary_avg_90d',
    ['近90天平均工资', 'Average salary in 90 days'],
    ['近 90 天代发工资的平均金额。', 'The average salary of 90 days.'],
    { event: 'salary_received', within: { days: 90 }, agg: 'avg', prop: 'amount' },
    yuan,
  ),
  salary(
    'salary_count_90d',
    ['近90天代发次数', 'Salaries in 90 days'],
    ['近 90 天代发工资的次数。', 'Salaries of 90 days.'],
    count('salary_received', 90),
    times,
  ),
  salary(
    'salary_this_month',
    ['近期工资到账', 'Salary arrived lately'],
    ['近 35 天有工资到账。', 'A salary arrived within 35 days.'],
    { rule: did('salary_received', 35) },
  ),
  salary(
    'payroll_lost',
    ['代发流失', 'Payroll lost'],
    ['近 90 天有过代发而近 45 天没有。', 'A salary within 90 days but none within 45.'],
    { rule: { all: [did('salary_received', 90), { not: did('salary_received', 45) }] } },
  ),
  bought(
    'purchases_90d',
    ['近90天购买次数', 'Purchases in 90 days'],
    ['近 90 天购买产品的次数。', 'Products bought in 90 days.'],
    count('product_purchased', 90),
    times,
  ),
  bought(
    'purchase_amount_90d',
    ['近90天购买金额', 'Amount bought in 90 days'],
    ['近 90 天购买产品金额合计。', 'The amounts of purchases in 90 days.'],
    { event: 'product_purchased', within: { days: 90 }, agg: 'sum', prop: 'amount' },
    yuan,
  ),
  bought(
    'last_purchase',
    ['最近购买日期', 'Last purchase'],
    ['最近一次购买产品的日期。', 'The day of the last purchase.'],
    { event: 'product_purchased', agg: 'last' },
    day,
  ),
  bought(
    'favourite_family',
    ['偏好产品类别', 'Favourite product family'],
    ['近 90 天购买最多的产品类别。', 'The product family bought most in 90 days.'],
    { event: 'product_purchased', within: { days: 90 }, agg: 'top', prop: 'family' },
    text,
  ),
  bought(
    'wealth_holder',
    ['近90天购买过产品', 'Bought a product in 90 days'],
    ['近 90 天购买过产品。', 'Bought a product within 90 days.'],
    { rule: did('product_purchased', 90) },
  ),
  bought(
    'viewed_not_bought',
    ['看过未买', 'Viewed but not bought'],
    ['近 30 天看理财 2 次以上而没有购买。', 'Two wealth views or more in 30 days and no purchase.'],
    { rule: { all: [tagIs('wealth_views_30d', 'gte', 2), { not: did('product_purchased', 30) }] } },
  ),
  rfm(
    'rfm_recency',
    ['RFM最近度', 'RFM recency'],
    ['近 90 天转出的最近度，1–5 组，5 为最近。', 'Recency of transfers in 90 days, 5 is the latest fifth.'],
    rfmPart('recency'),
    number('组'),
  ),
  rfm(
    'rfm_frequency',
    ['RFM频度', 'RFM frequency'],
    ['近 90 天转出的频度，1–5 组。', 'Frequency of transfers in 90 days, in fifths.'],
    rfmPart('frequency'),
    number('组'),
  ),
  rfm(
    'rfm_monetary',
    ['RFM金额', 'RFM monetary'],
    ['近 90 天转出金额，1–5 组。', 'Amount of transfers in 90 days, in fifths.'],
    rfmPart('monetary'),
    number('组'),
  ),
  rfm(
    'rfm_cell',
    ['RFM格', 'RFM cell'],
    ['三个组号连写，如 543。', 'The three groups behind one another, as in 543.'],
    rfmPart('cell'),
    text,
  ),
  reached(
    'slot_exposures_30d',
    ['近30天运营位曝光', 'Slot exposures in 30 days'],
    ['近 30 天运营位曝光次数。', 'Slot exposures in 30 days.'],
    count('slot_exposed', 30),
    times,
  ),
  reached(
    'slot_clicks_90d',
    ['近90天运营位点击', 'Slot clicks in 90 days'],
    ['近 90 天运营位点击次数。', 'Slot clicks in 90 days.'],
    count('slot_clicked', 90),
    times,
  ),
  reached(
    'slot_closes_30d',
    ['近30天运营位关闭', 'Slot closes in 30 days'],
    ['近 30 天主动关闭运营位的次数。', 'Slots closed by hand in 30 days.'],
    count('slot_closed', 30),
    times,
  ),
  reached(
    'touches_30d',
    ['近30天触达次数', 'Touches in 30 days'],
    ['近 30 天发送的触达次数。', 'Touches sent in 30 days.'],
    count('touch_sent', 30),
    times,
  ),
  reached(
    'last_touch',
    ['最近触达日期', 'Last touch'],
    ['最近一次触达的日期。', 'The day of the last touch.'],
    { event: 'touch_sent', agg: 'last' },
    day,
  ),
  reached(
    'responds',
    ['响应客户', 'Responds'],
    ['近 90 天触达后点击过运营位。', 'Clicked a slot within 90 days.'],
    { rule: did('slot_clicked', 90) },
  ),
  reached(
    'tired',
    ['触达疲劳', 'Tired of touches'],
    ['近 90 天曝光 2 次以上而没有点击。', 'Two exposures or more in 90 days and no click.'],
    {
      rule: {
        all: [
          { did: 'slot_exposed', within: { days: 90 }, count: { is: 'gte', value: 2 } },
          { not: did('slot_clicked', 90) },
        ],
      },
    },
  ),
  reached(
    'leads_90d',
    ['近90天商机数', 'Leads in 90 days'],
    ['近 90 天产生的商机数。', 'Leads created in 90 days.'],
    count('lead_created', 90),
    number('个'),
  ),
  reached(
    'last_lead',
    ['最近商机日期', 'Last lead'],
    ['最近一次产生商机的日期。', 'The day of the last lead.'],
    { event: 'lead_created', agg: 'last' },
    day,
  ),
]
