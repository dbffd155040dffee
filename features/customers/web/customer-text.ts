import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import { aumTiers } from '../common/aum-tier.ts'
import type { CustomerItem } from '../common/customer.ts'

export const customerText = defineText({
  customers: ['客户', 'Customers'],
  customersHint: [
    '您机构范围内的客户。姓名和联系方式已脱敏。',
    'Customers in your org units. Names and contacts are masked.',
  ],
  inScope: (n: string) => [`范围内共 ${n} 位`, `${n} in your scope`],
  search: ['客户号（可只输前几位）、姓名或手机号', 'Customer no. (or its start), full name or phone'],
  allStates: ['全部状态', 'All states'],
  allOrgs: ['全部机构', 'All org units'],
  customerNo: ['客户号', 'Customer no.'],
  name: ['姓名', 'Name'],
  state: ['状态', 'State'],
  org: ['机构', 'Org unit'],
  rm: ['客户经理', 'RM'],
  noRm: ['未分配', 'None'],
  aum: ['管理资产', 'AUM'],
  aumHint: ['存款、理财、基金等在本行的资产合计', 'All assets the customer holds with the bank'],
  tier: ['分层', 'Tier'],
  tierHint: ['按月日均管理资产划分', 'By monthly average AUM'],
  provisional: ['待核实', 'Provisional'],
  provisionalHint: [
    '先由事件带入、尚未从核心系统核实的客户',
    "Named by an event, not yet by the bank's own data",
  ],
  empty: ['您的范围内还没有客户', 'No customers in your scope yet'],
  emptyHint: [
    '可用命令 npx zhike import 导入，或用 npm run simulate 发送演示事件。',
    'Import some with npx zhike import, or send demo events with npm run simulate.',
  ],
  since: (date: string) => [`${date} 建档`, `Customer since ${date}`],
  overview: ['概览', 'Overview'],
  timeline: ['时间线', 'Timeline'],
  identities: ['标识', 'Identifiers'],
  attributes: ['属性', 'Attributes'],
  owners: ['归属', 'Owners'],
  consents: ['同意', 'Consents'],
  doNotContact: ['勿扰', 'Do not contact'],
  tags: ['标签', 'Tags'],
  noTags: ['还没有标签', 'No tags yet'],
  noFolder: ['未归类', 'In no folder'],
  tagSince: (day: string) => [`自 ${day}`, `since ${day}`],
  tagHistory: ['历史', 'History'],
  tagAsOf: (at: string) => [`截至 ${at}；点击看变化`, `As of ${at}; click for its history`],
  tagTrend: ['变化', 'Trend'],
  noValue: ['没有值', 'No value'],
  olderLeftOut: ['更早的变化没有列出。', 'Older changes are left out.'],
  similar: ['相似客户', 'Similar customers'],
  similarHint: [
    '按共同的标签取值（越少见越重要）和相近的数值，在您的范围内找最像的客户',
    'The nearest in your scope by shared tag values, rare ones counting more, and near numbers',
  ],
  findSimilar: ['查找相似客户', 'Find similar customers'],
  noSimilar: ['没有可比的客户', 'Nobody to compare with'],
  similarValues: (mine: string, theirs: string) => [
    `本客户 ${mine}，对方 ${theirs}`,
    `This one ${mine}, the other ${theirs}`,
  ],
  similarAsOf: (n: number, at: string) => [
    `按 ${n} 个标签比较，截至 ${at}`,
    `Compared by ${n} tags, as of ${at}`,
  ],
  filterEvent: ['事件', 'Event'],
  anyEvent: ['全部事件', 'Any event'],
  fromDay: ['从', 'From'],
  toDay: ['到', 'To'],
  holdings: ['持有产品', 'Holdings'],
  noHoldings: ['没有持有记录', 'No holdings'],
  showClosed: ['含已结清', 'Include closed'],
  product: ['产品', 'Product'],
  family: ['类别', 'Family'],
  amount: ['金额', 'Amount'],
  openedOn: ['起始日', 'Opened'],
  closedOn: ['结清日', 'Closed'],
  noPermission: ['您的岗位不能查看余额。', 'Your post does not include balances.'],
  balances: ['余额走势', 'Balances'],
  balanceRose: (change: string, days: number) => [
    `近 ${days} 天资产增加 ${change}`,
    `Assets grew by ${change} in ${days} days`,
  ],
  balanceFell: (change: string, days: number) => [
    `近 ${days} 天资产减少 ${change}`,
    `Assets fell by ${change} in ${days} days`,
  ],
  balanceSame: ['资产基本没有变化', 'Assets hardly changed'],
  total: ['合计', 'Total'],
  date: ['日期', 'Date'],
  noEvents: ['还没有发生过什么', 'Nothing happened yet'],
  kind: ['种类', 'Kind'],
  masked: ['脱敏值', 'Masked'],
  noIdentities: ['没有标识', 'No identifiers'],
  unmask: ['查看明文', 'Unmask'],
  unmaskTitle: (kind: string) => [`查看${kind}明文`, `Unmask: ${kind}`],
  unmaskHint: ['查看人、时间和理由会写入审计。', 'Who, when and why are written to the audit.'],
  unmaskReason: ['查看理由', 'Reason'],
  unmaskPlaceholder: [
    '例如：客户来电要求核对预留手机号',
    'For example: customer called to check the phone on file',
  ],
  unmaskTooShort: ['请至少写 5 个字', 'At least 5 characters'],
  close: ['关闭', 'Close'],
  noAttributes: ['没有属性', 'No attributes'],
  validFrom: ['起', 'From'],
  validTo: ['止', 'Until'],
  now: ['至今', 'now'],
  links: ['关联客户', 'Linked customers'],
  relation: ['关系', 'Relation'],
  reference: ['依据', 'Reference'],
  noConsents: [
    '没有同意记录，营销触达会被闸口拦下。',
    'No consent on record; the gate stops marketing to this customer.',
  ],
  purpose: ['用途', 'Purpose'],
  granted: ['已同意', 'Given'],
  withdrawn: ['已撤回', 'Withdrawn'],
  version: ['文本版本', 'Text version'],
  at: ['时间', 'Time'],
  yes: ['是', 'Yes'],
  no: ['否', 'No'],
})

export const stateNames: { readonly [S in CustomerItem['state']]: Pair } = {
  active: ['正常', 'Active'],
  frozen: ['冻结', 'Frozen'],
  deceased: ['身故', 'Deceased'],
  closed: ['销户', 'Closed'],
}
export const stateColors: { readonly [S in CustomerItem['state']]: string } = {
  active: 'success',
  frozen: 'warning',
  deceased: 'default',
  closed: 'default',
}

const table = (entries: Record<string, Pair>): ReadonlyMap<string, Pair> => new Map(Object.entries(entries))

const identityKinds = table({
  name: ['姓名', 'Name'],
  phone: ['手机号', 'Phone'],
  national_id: ['证件号', 'National id'],
  card: ['卡号', 'Card'],
  address: ['地址', 'Address'],
  email: ['邮箱', 'E-mail'],
  open_id: ['微信 openid', 'WeChat openid'],
  union_id: ['微信 unionid', 'WeChat unionid'],
  external_user_id: ['企微外部联系人', 'WeCom external contact'],
})

/** Classes of balances and families of products. */
const productClasses = table({
  aum: ['管理资产', 'AUM'],
  deposit: ['存款', 'Deposits'],
  demand: ['活期', 'Demand deposits'],
  demand_deposit: ['活期存款', 'Demand deposits'],
  current: ['活期', 'Current account'],
  account: ['账户', 'Account'],
  time: ['定期', 'Time deposits'],
  term: ['定期', 'Term deposits'],
  time_deposit: ['定期存款', 'Time deposits'],
  term_deposit: ['定期存款', 'Term deposits'],
  wealth: ['理财', 'Wealth products'],
  fund: ['基金', 'Funds'],
  insurance: ['保险', 'Insurance'],
  bond: ['债券', 'Bonds'],
  gold: ['贵金属', 'Precious metals'],
  trust: ['信托', 'Trusts'],
  loan: ['贷款', 'Loans'],
  card: ['卡', 'Cards'],
  debit_card: ['借记卡', 'Debit cards'],
  credit_card: ['信用卡', 'Credit cards'],
  order: ['代扣', 'Standing orders'],
  standing_order: ['代扣', 'Standing orders'],
})

const purposes = table({
  marketing: ['营销触达', 'Marketing'],
  service: ['服务通知', 'Service messages'],
  personalisation: ['个性化推荐', 'Personalisation'],
  personalization: ['个性化推荐', 'Personalisation'],
  profiling: ['画像分析', 'Profiling'],
  sharing: ['信息共享', 'Sharing'],
  location: ['位置信息', 'Location'],
})

const relations = table({
  disponent: ['账户支用人', 'Disponent'],
  owner: ['户主', 'Owner'],
  spouse: ['配偶', 'Spouse'],
  parent: ['父母', 'Parent'],
  child: ['子女', 'Child'],
})

const wordsIn =
  (words: ReadonlyMap<string, Pair>) =>
  (key: string): Pair =>
    words.get(key) ?? words.get(key.toLowerCase()) ?? [key, key]
export const identityName = wordsIn(identityKinds)
export const productClassName = wordsIn(productClasses)
export const purposeName = wordsIn(purposes)
export const relationName = wordsIn(relations)

/** The name of a tier by its code; an own tier of the bank shows its code. */
export const tierName = (code: string): { zh: string; en: string } =>
  aumTiers.find((tier) => tier.code === code)?.name ?? { zh: code, en: code }
