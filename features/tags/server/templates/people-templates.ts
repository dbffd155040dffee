import {
  day,
  did,
  number,
  type Template,
  tagIs,
  templatesIn,
  text,
} from '#features/tags/server/templates/template.ts'

const basic = templatesIn('basic')
const life = templatesIn('lifecycle')
const group = templatesIn('value', 'customer_class')
const risk = templatesIn('risk')

/** Who a customer is: demographics, how long they are here, life-cycle, customer class, risk. */
export const peopleTemplates: readonly Template[] = [
  basic(
    'age',
    ['年龄', 'Age'],
    ['客户属性中的年龄。', 'The age among the attributes.'],
    { attribute: 'age' },
    {
      ...number('岁'),
      c2: true,
    },
  ),
  basic(
    'age_band',
    ['年龄段', 'Age band'],
    ['按 18、30、45、60 岁划分。', 'Cut at 18, 30, 45 and 60 years.'],
    {
      bands: {
        tag: 'age',
        cuts: [18, 30, 45, 60],
        labels: ['18岁以下', '18-29岁', '30-44岁', '45-59岁', '60岁及以上'],
      },
    },
    text,
  ),
  basic(
    'gender',
    ['性别', 'Gender'],
    ['客户属性中的性别。', 'The gender among the attributes.'],
    { attribute: 'gender' },
    text,
  ),
  basic(
    'job',
    ['职业', 'Job'],
    ['客户属性中的职业。', 'The job among the attributes.'],
    { attribute: 'job' },
    text,
  ),
  basic(
    'birth_month',
    ['生日月份', 'Birthday month'],
    ['生日所在的月份，用于生日关怀。', 'The month of the birthday, for greetings.'],
    { attribute: 'birth_month' },
    text,
  ),
  basic(
    'region',
    ['区域类型', 'Kind of region'],
    ['城区或县域。', 'Town or county.'],
    { attribute: 'region' },
    text,
  ),
  basic(
    'opened_on',
    ['开户日期', 'Opened on'],
    ['第一个账户的开户日期。', 'The day of the first account.'],
    { attribute: 'opened_on' },
    day,
  ),
  basic(
    'account_age',
    ['户龄', 'Account age'],
    ['开户至今的年数分段。', 'Years since the account was opened, in bands.'],
    {
      cases: [
        { value: '1年内', rule: did('account_opened', 365) },
        { value: '1-3年', rule: did('account_opened', 1095) },
        { value: '3-5年', rule: did('account_opened', 1825) },
        { value: '5-10年', rule: did('account_opened', 3650) },
      ],
      else: '10年以上',
    },
    text,
  ),
  basic(
    'new_customer_90d',
    ['新客户', 'New customer'],
    ['90 天内开户。', 'Opened an account within 90 days.'],
    { rule: did('account_opened', 90) },
  ),
  basic(
    'payroll',
    ['代发客户', 'Payroll customer'],
    ['单位通过本行代发工资。', 'The employer pays through the bank.'],
    { attribute: 'payroll' },
  ),
  group(
    'customer_group',
    ['客群分类', 'Customer class'],
    [
      '依次判断：老年、学生、代发、个体经营、县域、年轻，其余为大众。',
      'The first that holds: elder, student, payroll, self-employed, county, young; everyone else is general.',
    ],
    {
      cases: [
        { value: '老年客群', rule: tagIs('age', 'gte', 60) },
        { value: '学生客群', rule: tagIs('job', 'eq', '学生') },
        { value: '代发客群', rule: tagIs('payroll', 'eq', true) },
        { value: '个体经营客群', rule: tagIs('job', 'eq', '个体经营') },
        { value: '县域客群', rule: tagIs('region', 'eq', '县域') },
        { value: '年轻客群', rule: tagIs('age', 'lt', 30) },
      ],
      else: '大众客群',
    },
    text,
  ),
  life(
    'lifecycle',
    ['生命周期', 'Life-cycle'],
    [
      '新客→活跃→成熟→价值；流失预警、睡眠、流失按登录和资产变化判断。每位客户恰有一个状态。',
      'New → active → mature → value; at risk, dormant and lost follow from log-ins and assets. Every customer is in exactly one.',
    ],
    {
      lifecycle: {
        initial: '新客',
        settle: true,
        transitions: [
          {
            from: ['新客'],
            to: '活跃',
            when: { all: [{ not: did('account_opened', 90) }, did('app_opened', 30)] },
          },
          {
            from: ['新客'],
            to: '睡眠',
            when: { all: [{ not: did('account_opened', 90) }, { not: did('app_opened', 30) }] },
          },
          {
            from: ['睡眠'],
            to: '流失',
            when: { all: [{ not: did('app_opened', 85) }, tagIs('aum_month_avg', 'lt', 100)] },
          },
          { from: ['睡眠', '流失'], to: '活跃', when: did('app_opened', 30) },
          {
            from: ['活跃', '成熟', '价值', '流失预警'],
            to: '睡眠',
            when: { not: did('app_opened', 60) },
          },
          {
            from: ['活跃', '成熟', '价值'],
            to: '流失预警',
            when: { all: [tagIs('aum_change_rate_30d', 'lt', -0.5), tagIs('aum_month_avg', 'gte', 1000)] },
          },
          {
            from: ['流失预警'],
            to: '活跃',
            when: { all: [did('app_opened', 30), tagIs('aum_change_rate_30d', 'gte', -0.3)] },
          },
          {
            from: ['活跃'],
            to: '成熟',
            when: {
              any: [
                { did: 'app_opened', within: { days: 90 }, count: { is: 'gte', value: 12 } },
                tagIs('holding_count', 'gte', 1),
              ],
            },
          },
          { from: ['成熟'], to: '价值', when: tagIs('aum_month_avg', 'gte', 50_000) },
        ],
      },
    },
    text,
  ),
  life(
    'dormant_30d',
    ['30天未登录', 'No log-in for 30 days'],
    ['近 30 天没有打开手机银行。', 'The app was not opened in 30 days.'],
    { rule: { not: did('app_opened', 30) } },
  ),
  life(
    'dormant_60d',
    ['60天未登录', 'Dormant for 60 days'],
    ['近 60 天没有打开手机银行。', 'The app was not opened in 60 days.'],
    { rule: { not: did('app_opened', 60) } },
  ),
  life(
    'dormant_with_assets',
    ['有资产的睡眠客户', 'Dormant with assets'],
    [
      '60 天未登录且月日均资产不低于 1 万元。',
      'No log-in for 60 days and a month average of 10,000 or more.',
    ],
    { rule: { all: [{ not: did('app_opened', 60) }, tagIs('aum_month_avg', 'gte', 10_000)] } },
    { c2: true },
  ),
  life(
    'woken_up_30d',
    ['近期唤醒', 'Woken up'],
    [
      '近 30 天登录过，而此前 30 天没有登录。',
      'Opened the app in the last 30 days after 30 days without; days are of the last 60.',
    ],
    {
      rule: {
        all: [did('app_opened', 30), tagIs('app_days_60d', 'lte', 3), tagIs('app_opens_7d', 'gte', 1)],
      },
    },
  ),
  risk(
    'risk_level',
    ['风险承受能力', 'Risk capacity'],
    ['最近一次风险测评的等级 C1–C5。', 'The level of the last assessment, C1 to C5.'],
    { attribute: 'risk_level' },
    text,
  ),
  risk(
    'risk_expires_on',
    ['风评到期日', 'Assessment expires on'],
    ['风险测评的到期日。', 'The day the risk assessment expires.'],
    { attribute: 'risk_expires_on' },
    day,
  ),
  risk(
    'risk_due',
    ['风评即将到期', 'Assessment due'],
    [
      '335 天内没有做过风险测评，30 天内到期或已过期。',
      'Not assessed within 335 days: due within 30 days or over.',
    ],
    { rule: { not: did('risk_assessed', 335) } },
  ),
  risk(
    'may_buy_r3',
    ['可购买R3产品', 'May buy R3 products'],
    ['风险承受能力 C3 及以上且测评有效。', 'Risk capacity of C3 or above, from a valid assessment.'],
    { rule: { all: [tagIs('risk_level', 'in', ['C3', 'C4', 'C5']), did('risk_assessed', 365)] } },
  ),
]
