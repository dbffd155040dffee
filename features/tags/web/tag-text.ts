import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { Tag, TagSource } from '../common/tag.ts'

export const tagText = defineText({
  tags: ['标签', 'Tags'],
  tagsHint: ['关于客户的一个个事实：属性、行为统计、规则。客群和活动都用它们来圈人。', 'Facts about customers: attributes, event statistics, rules. Segments and campaigns are built from them.'],
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
  failedHint: ['上次成功的结果仍在使用。', 'The values of the last good refresh stay in use.'],
  class: ['数据分级', 'Class'],
  owner: ['创建人', 'Made by'],
  empty: ['还没有标签', 'No tags yet'],
  emptyHint: ['例如：把“近 90 天转入金额合计”做成数值标签，再用它圈出潜力客户。', 'For example: "sum of money in, last 90 days" as a number tag, then build a segment of promising customers on it.'],
  edit: ['编辑', 'Edit'],
  refresh: ['立即刷新', 'Refresh now'],
  refreshing: ['刷新标签', 'Refreshing'],
  useIt: ['用它建客群', 'Build a segment on it'],
  distribution: ['分布', 'Distribution'],
  definition: ['口径', 'Definition'],
  usedBy: ['被谁使用', 'Used by'],
  notUsed: ['还没有客群、标签或活动使用它。', 'No segment, tag or campaign uses it yet.'],
  versions: ['版本', 'Versions'],
  version: (n: number) => [`第 ${n} 版`, `Version ${n}`],
  customers: ['客户数', 'Customers'],
  value: ['值', 'Value'],
  share: ['占比', 'Share'],
  noValue: ['没有值', 'No value'],
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
  changedBy: (who: string, when: string) => [`${who} 于 ${when}`, `${who}, ${when}`],
  showJson: ['查看 JSON', 'Show JSON'],
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

/** What kind of source a tag has. */
export const sourceName = (source: TagSource): Pair => {
  if ('attribute' in source) return ['客户属性', 'Attribute']
  return 'rule' in source ? ['规则', 'Rule'] : ['行为统计', 'Event statistic']
}
