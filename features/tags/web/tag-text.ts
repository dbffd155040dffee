import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'

export const tagText = defineText({
  tags: ['标签', 'Tags'],
  tagsHint: [
    '关于客户的一个个事实：属性、行为统计、规则。客群和活动都用它们来圈人。',
    'Facts about customers: attributes, event statistics, rules. Segments and campaigns are built from them.',
  ],
  create: ['新建标签', 'New tag'],
  search: ['名称或编码', 'Name or key'],
  allTypes: ['全部类型', 'All types'],
  name: ['名称', 'Name'],
  key: ['编码', 'Key'],
  type: ['类型', 'Type'],
  source: ['来源', 'Source'],
  coverage: ['覆盖', 'Coverage'],
  coverageHint: ['上次刷新时有值的客户数', 'Customers with a value at the last refresh'],
  refreshed: ['上次刷新', 'Last refresh'],
  neverRefreshed: ['尚未计算', 'Not computed yet'],
  failed: ['刷新失败', 'Refresh failed'],
  reason: ['技术原因：', 'Reason:'],
  failedHint: ['上次成功的结果仍在使用。', 'The values of the last good refresh stay in use.'],
  class: ['数据分级', 'Class'],
  owner: ['创建人', 'Made by'],
  empty: ['还没有标签', 'No tags yet'],
  emptyHint: [
    '例如：把“近 90 天转入金额合计”做成数值标签，再用它圈出潜力客户。',
    'For example: "sum of money in, last 90 days" as a number tag, then build a segment of promising customers on it.',
  ],
  edit: ['编辑', 'Edit'],
  refresh: ['立即刷新', 'Refresh now'],
  refreshing: ['刷新标签', 'Refreshing'],
  useIt: ['用它建客群', 'Build a segment on it'],
  distribution: ['分布', 'Distribution'],
  definition: ['口径', 'Definition'],
  version: (n: number) => [`第 ${n} 版`, `Version ${n}`],
  customers: ['客户数', 'Customers'],
  value: ['值', 'Value'],
  share: ['占比', 'Share'],
  refreshEvery: ['刷新频率', 'Refreshed'],
  manual: ['手动', 'By hand'],
  every: (minutes: number) =>
    minutes % 1440 === 0
      ? minutes === 1440
        ? ['每天', 'Daily']
        : [`每 ${minutes / 1440} 天`, `Every ${minutes / 1440} days`]
      : minutes % 60 === 0
        ? [`每 ${minutes / 60} 小时`, `Every ${minutes / 60} h`]
        : [`每 ${minutes} 分钟`, `Every ${minutes} min`],
  description: ['说明', 'Description'],
  createTitle: ['新建标签', 'New tag'],
  editTitle: (name: string) => [`编辑标签：${name}`, `Edit tag: ${name}`],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
  saved: ['已保存，正在计算', 'Saved; computing'],
  notSaved: ['没有保存成功', 'Not saved'],
  restored: ['已恢复您上次未保存的修改。', 'Your unsaved changes are back.'],
  discard: ['放弃修改', 'Discard them'],
  nameZh: ['中文名称', 'Chinese name'],
  nameEn: ['英文名称', 'English name'],
  keyHint: [
    '小写字母开头，可含数字、_ 和 -；建好后不能改',
    'Lower-case letters first; digits, _ and - allowed; fixed once made',
  ],
  keyWrong: [
    '以小写字母开头，只含小写字母、数字、_ 和 -，最多 64 个',
    'Start with a lower-case letter; only lower-case letters, digits, _ and -; at most 64',
  ],
  required: ['请填写', 'Fill this in'],
  sourceTitle: ['值从哪里来', 'Where its values come from'],
  attributeName: ['属性名', 'Attribute'],
  attributeHint: [
    '核心系统导入的客户属性，例如 age、job、risk_level',
    'A customer attribute as imported, such as age, job, risk_level',
  ],
  agg: ['统计方式', 'Statistic'],
  of: ['统计属性', 'Of property'],
  addWhere: ['添加属性条件', 'Add a property condition'],
  rank: ['第几位', 'Rank'],
  days: ['天', 'days'],
  balanceClass: ['余额类别', 'Balance class'],
  family: ['产品类别', 'Product family'],
  anyProduct: ['全部产品', 'Any product'],
  product: ['产品代码', 'Product code'],
  groups: ['分组数', 'Groups'],
  list: ['名单', 'List'],
  model: ['模型', 'Model'],
  sqlHint: [
    '一条 SELECT，给出 customer_id 和 value，每位客户一行；只读，保存后须由他人审批。',
    'One SELECT that gives customer_id and value, a row for each customer; read-only, approved by someone else.',
  ],
  bandsOf: ['按哪个数值标签分段', 'Number tag to cut into bands'],
  bandLabel: ['分段名称', 'Name of the band'],
  cut: ['界限', 'Cut'],
  addBand: ['添加分段', 'Add a band'],
  caseValue: ['取值', 'Value'],
  addCase: ['添加分类', 'Add a case'],
  otherwise: ['其余', 'Otherwise'],
  initial: ['初始状态', 'Begins as'],
  fromStates: ['从哪些状态', 'From states'],
  toState: ['到状态', 'To state'],
  addTransition: ['添加变化', 'Add a transition'],
  settle: ['首次计算时一直走到稳定的状态', 'Customers seen for the first time move on until nothing applies'],
  removeLine: ['删除', 'Remove'],
  customerNo: ['客户号', 'Customer number'],
  tryIt: ['试算', 'Try'],
  noValue: ['没有值', 'No value'],
  unreadable: (text: string) => [`“${text}”不是这种类型的值`, `"${text}" is no value of this type`],
  json: ['标签 JSON', 'Tag JSON'],
  jsonHint: ['保存时发给接口的内容', 'What is sent to the API on saving'],
  checks: ['还要补充', 'To complete'],
  classHint: [
    'C2 标签（如余额、金额）只有能看余额的岗位可见取值',
    'Values of C2 tags (balances, amounts) show only to posts that may see balances',
  ],
  topValue: (value: string, share: string) => [
    `${share} 的客户是“${value}”`,
    `${share} of customers are "${value}"`,
  ],
  topRange: (from: string, to: string, share: string) => [
    `人数最多的区间是 ${from} 到 ${to}，占 ${share}`,
    `Most are from ${from} to ${to}: ${share}`,
  ],
  coverageOf: (rate: string) => [`覆盖率 ${rate}`, `Coverage ${rate}`],
  scopeHint: ['您机构范围内有值的客户数和占比', 'Customers in your org units with a value, and their share'],
})

export const typeNames: { readonly [T in Tag['type']]: Pair } = {
  bool: ['是否', 'Yes / no'],
  enum: ['枚举', 'Choice'],
  number: ['数值', 'Number'],
  date: ['日期', 'Date'],
}

export const classNames: { readonly [C in Tag['class']]: Pair } = {
  C1: ['C1 一般', 'C1 general'],
  C2: ['C2 敏感', 'C2 sensitive'],
}

/** How often a tag is refreshed. */
export const refreshWords = (minutes: number | null, isStreaming: boolean): Pair => {
  const often: Pair =
    minutes === null
      ? ['手动', 'by hand']
      : minutes % 1440 === 0
        ? [`每 ${minutes / 1440} 天`, `every ${minutes / 1440} d`]
        : minutes % 60 === 0
          ? [`每 ${minutes / 60} 小时`, `every ${minutes / 60} h`]
          : [`每 ${minutes} 分钟`, `every ${minutes} min`]
  return isStreaming ? [`实时，${often[0]}核对`, `streaming, in full ${often[1]}`] : often
}
