import type { CreateMetric, Formula } from '#features/metrics/common/metric.ts'
import { ownerOf } from '#features/metrics/common/metric-owners.ts'

type Unit = CreateMetric['unit']
type Names = readonly [zh: string, en: string]

const metric = (
  key: string,
  name: Names,
  definition: Names,
  unit: Unit,
  owner: string,
  formula: Formula,
): CreateMetric => ({
  key,
  name: { zh: name[0], en: name[1] },
  definition: { zh: definition[0], en: definition[1] },
  formula,
  unit,
  grains: ['day', 'week', 'month'],
  owner,
})

const events = (event: string, of: 'count' | 'customers' | 'first' = 'customers'): Formula => ({
  events: { event, of },
})
const share = (of: string, to: string, factor = 1): Formula => ({ ratio: { of, to, factor } })
const platform = ownerOf('digital')
const assets = ownerOf('personal')
const front = ownerOf('branches')
const protection = ownerOf('protection')

const activity: readonly CreateMetric[] = [
  metric(
    'customers',
    ['客户数', 'Customers'],
    [
      '期末范围内的全部客户，含临时客户。',
      'All customers in scope at the end of the period, provisional ones included.',
    ],
    'customers',
    assets,
    { customers: {} },
  ),
  metric(
    'active_customers',
    ['活跃客户数', 'Active customers'],
    [
      '期内有过任意行为的客户数，去重；平台告知的事件（如进入客群、发出触达）不算。按日即 DAU，按月即 MAU。',
      'Distinct customers who did anything in the period; what the platform tells (segment entered, touch sent) is left out. By day the DAU, by month the MAU.',
    ],
    'customers',
    platform,
    { events: { event: '*', of: 'customers' } },
  ),
  metric(
    'events',
    ['事件数', 'Events'],
    ['期内客户事件数，同一消息只计一次。', "Customers' events in the period; a message counts once."],
    'events',
    platform,
    { events: { event: '*', of: 'count' } },
  ),
  metric(
    'app_active_customers',
    ['手机银行活跃客户', 'App active customers'],
    ['期内打开过手机银行的客户数，去重。', 'Distinct customers who opened the app in the period.'],
    'customers',
    platform,
    events('app_opened'),
  ),
  metric(
    'app_opens',
    ['手机银行打开次数', 'App opens'],
    ['期内打开手机银行的次数。', 'How often the app was opened in the period.'],
    'events',
    platform,
    events('app_opened', 'count'),
  ),
  metric(
    'opens_per_active',
    ['人均打开次数', 'Opens per active customer'],
    ['打开次数 ÷ 手机银行活跃客户。', 'App opens divided by app active customers.'],
    'number',
    platform,
    share('app_opens', 'app_active_customers'),
  ),
  metric(
    'new_app_customers',
    ['新增手机银行客户', 'New app customers'],
    ['有史以来第一次打开手机银行在期内的客户数。', 'Customers whose first ever app open lies in the period.'],
    'customers',
    platform,
    events('app_opened', 'first'),
  ),
  metric(
    'returned_customers',
    ['回流客户', 'Returned customers'],
    [
      '至少 60 个整日没有打开、期内又打开手机银行的客户数。',
      'Customers who opened the app again after at least 60 whole days without, having done so before.',
    ],
    'customers',
    platform,
    { events: { event: 'app_opened', of: 'returned', absentDays: 60 } },
  ),
  metric(
    'new_accounts',
    ['新开户客户', 'New account holders'],
    ['第一次开户在期内的客户数。', 'Customers whose first account was opened in the period.'],
    'customers',
    assets,
    events('account_opened', 'first'),
  ),
  metric(
    'activated_cards',
    ['激活卡片客户', 'Customers who activated a card'],
    ['期内激活过卡片的客户数。', 'Customers who activated a card in the period.'],
    'customers',
    assets,
    events('card_activated'),
  ),
  metric(
    'app_active_share',
    ['手机银行活跃率', 'App active share'],
    ['手机银行活跃客户 ÷ 活跃客户。', 'App active customers divided by active customers.'],
    'percent',
    platform,
    share('app_active_customers', 'active_customers'),
  ),
]

const value: readonly CreateMetric[] = [
  metric(
    'aum',
    ['AUM', 'AUM'],
    [
      '期末各账户人民币余额之和（期内则到今天）。',
      'Sum of the yuan balances of all accounts at the end of the period (today while it is under way).',
    ],
    'yuan',
    assets,
    { aum: { of: 'end' } },
  ),
  metric(
    'aum_average',
    ['期内日均 AUM', 'Average AUM'],
    [
      '期内每日日终 AUM 的平均；首笔余额之前按 0 计。',
      'Mean of the day-end AUM of the period; 0 before the first balance.',
    ],
    'yuan',
    assets,
    { aum: { of: 'average' } },
  ),
  metric(
    'aum_increment',
    ['AUM 增量', 'AUM increment'],
    ['期末 AUM 减期初（前一日）AUM。', 'AUM at the end less AUM on the day before the period.'],
    'yuan',
    assets,
    { aum: { of: 'increment' } },
  ),
  metric(
    'longtail_increment',
    ['长尾 AUM 增量', 'Long-tail AUM increment'],
    [
      '期初为 T0、T1 层（30 日日均低于 5 万元）的客户带来的 AUM 增量，不含期内新客户。',
      'Increment of customers in tiers T0 and T1 at the opening (30-day average below ¥50k), new ones left out.',
    ],
    'yuan',
    assets,
    { aum: { of: 'increment', tiers: ['T0', 'T1'] } },
  ),
  metric(
    'longtail_increment_share',
    ['长尾增量占比', 'Long-tail share of the increment'],
    [
      '长尾 AUM 增量 ÷ 全部 AUM 增量；总增量为负或很小时比例没有意义。',
      'Long-tail increment divided by the whole; it says nothing where the whole is negative or tiny.',
    ],
    'percent',
    assets,
    share('longtail_increment', 'aum_increment'),
  ),
  metric(
    'longtail_customers',
    ['长尾客户', 'Long-tail customers'],
    [
      '期末 30 日日均 AUM 在 1 千至 5 万元（T1）的客户数。',
      'Customers with a 30-day average AUM of ¥1k to ¥50k (T1) at the end.',
    ],
    'customers',
    assets,
    { aum: { of: 'customers', tiers: ['T1'] } },
  ),
  metric(
    'wealth_customers',
    ['财富及以上客户', 'Wealth customers and above'],
    [
      '期末 30 日日均 AUM 50 万元及以上的客户数。',
      'Customers with a 30-day average AUM of ¥500k or more at the end.',
    ],
    'customers',
    assets,
    { aum: { of: 'customers', tiers: ['T4', 'T5', 'T6'] } },
  ),
  metric(
    'tier_up',
    ['提级客户', 'Tier-up customers'],
    [
      '期末层级高于期初的客户数（30 日日均），不含新客户。',
      'Customers in a higher tier at the end than at the opening (30-day average), new ones left out.',
    ],
    'customers',
    assets,
    { aum: { of: 'tierUp' } },
  ),
  metric(
    'tier_down',
    ['降级客户', 'Tier-down customers'],
    ['期末层级低于期初的客户数。', 'Customers in a lower tier at the end than at the opening.'],
    'customers',
    assets,
    { aum: { of: 'tierDown' } },
  ),
  metric(
    'money_in',
    ['资金转入', 'Money in'],
    ['期内资金转入金额之和。', 'Sum of money that came in in the period.'],
    'yuan',
    assets,
    { events: { event: 'money_in', of: 'sum', prop: 'amount' } },
  ),
  metric(
    'purchase_amount',
    ['产品购买金额', 'Purchases'],
    ['期内产品购买金额之和。', 'Sum of product purchases in the period.'],
    'yuan',
    assets,
    { events: { event: 'product_purchased', of: 'sum', prop: 'amount' } },
  ),
  metric(
    'buyers',
    ['购买客户', 'Buyers'],
    ['期内购买过产品的客户数。', 'Customers who bought a product in the period.'],
    'customers',
    assets,
    events('product_purchased'),
  ),
]

const contact: readonly CreateMetric[] = [
  metric(
    'slot_exposures',
    ['运营位曝光客户', 'Customers who saw a slot'],
    ['期内看到运营位的客户数。', 'Customers who saw a slot in the period.'],
    'customers',
    platform,
    events('slot_exposed'),
  ),
  metric(
    'slot_clicks',
    ['运营位点击客户', 'Customers who clicked a slot'],
    ['期内点击运营位的客户数。', 'Customers who clicked a slot in the period.'],
    'customers',
    platform,
    events('slot_clicked'),
  ),
  metric(
    'slot_click_rate',
    ['运营位点击率', 'Slot click rate'],
    ['点击客户 ÷ 曝光客户。', 'Customers who clicked divided by those who saw.'],
    'percent',
    platform,
    share('slot_clicks', 'slot_exposures'),
  ),
  metric(
    'applications',
    ['申请客户', 'Applicants'],
    ['期内开始办理流程的客户数。', 'Customers who started a flow in the period.'],
    'customers',
    platform,
    events('flow_started'),
  ),
  metric(
    'click_to_apply',
    ['点击到申请', 'Click to application'],
    [
      '申请客户 ÷ 点击客户（同期人数之比，非逐人漏斗）。',
      'Applicants divided by those who clicked: head counts of one period, no funnel person by person.',
    ],
    'percent',
    platform,
    share('applications', 'slot_clicks'),
  ),
  metric(
    'reached_customers',
    ['触达客户', 'Customers reached'],
    ['期内发出过触达的客户数。', 'Customers to whom a touch was sent in the period.'],
    'customers',
    platform,
    events('touch_sent'),
  ),
  metric(
    'touches_stopped',
    ['闸口拦截次数', 'Touches stopped by the gate'],
    [
      '期内被触达闸口拦下的触达数（疲劳、同意、免打扰等）。',
      'Touches the contact gate stopped in the period: fatigue, consent, do-not-contact and so on.',
    ],
    'events',
    protection,
    events('touch_stopped', 'count'),
  ),
  metric(
    'opt_outs',
    ['退订客户', 'Opt-outs'],
    ['期内退订的客户数。', 'Customers who opted out in the period.'],
    'customers',
    protection,
    events('opted_out'),
  ),
  metric(
    'opt_outs_per_10k',
    ['每万人退订', 'Opt-outs per 10,000'],
    ['退订客户 ÷ 触达客户 × 10000。', 'Opt-outs divided by customers reached, times 10,000.'],
    'per10k',
    protection,
    share('opt_outs', 'reached_customers', 10_000),
  ),
  metric(
    'flows_abandoned',
    ['中途放弃客户', 'Customers who abandoned a flow'],
    ['期内中途放弃办理的客户数。', 'Customers who abandoned a flow in the period.'],
    'customers',
    platform,
    events('flow_abandoned'),
  ),
  metric(
    'leads',
    ['生成商机', 'Leads created'],
    ['期内生成的商机数。', 'Leads created in the period.'],
    'events',
    front,
    events('lead_created', 'count'),
  ),
  metric(
    'lead_accept_hours',
    ['商机接受用时', 'Hours to accept a lead'],
    [
      '期内接受的商机从生成到接受的平均小时数。',
      'Mean hours from creation to acceptance of leads accepted in the period.',
    ],
    'hours',
    front,
    { interval: { from: 'lead_created', to: 'lead_accepted', by: 'lead' } },
  ),
  metric(
    'lead_contact_hours',
    ['商机联系用时', 'Hours to contact a lead'],
    [
      '期内联系的商机从生成到首次联系的平均小时数。',
      'Mean hours from creation to the first contact of leads contacted in the period.',
    ],
    'hours',
    front,
    { interval: { from: 'lead_created', to: 'lead_contacted', by: 'lead' } },
  ),
  metric(
    'leads_won',
    ['成交商机', 'Leads won'],
    ['期内办结且成交的商机数。', 'Leads closed as won in the period.'],
    'events',
    front,
    { events: { event: 'lead_closed', of: 'count', where: [{ prop: 'outcome', is: 'eq', value: 'won' }] } },
  ),
  metric(
    'leads_closed',
    ['办结商机', 'Leads closed'],
    ['期内办结的商机数。', 'Leads closed in the period.'],
    'events',
    front,
    events('lead_closed', 'count'),
  ),
  metric(
    'lead_win_rate',
    ['商机成交率', 'Lead win rate'],
    ['成交商机 ÷ 办结商机。', 'Leads won divided by leads closed.'],
    'percent',
    front,
    share('leads_won', 'leads_closed'),
  ),
]

/** The key figures every retail bank has, as far as the platform's own data answers them. */
export const standardMetrics: readonly CreateMetric[] = [...activity, ...value, ...contact]
