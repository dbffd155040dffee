import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import { productClassName } from '#features/customers/web/customer-text.ts'
import { whereWords, withinWords } from '#features/rules/web/index.ts'
import { type RuleNames, ruleSentence } from '#features/rules/web/rule-words.ts'
import { inLanguage, type Language, type Pair } from '#platform/web/language.ts'
import type { SourceByKind, TagKindName, TagSource } from '../common/tag-source.ts'

type Speech = { names: RuleNames; language: Language }

export const kindNames: { readonly [K in TagKindName]: Pair } = {
  attribute: ['客户属性', 'Attribute'],
  event: ['行为统计', 'Event statistic'],
  rule: ['规则', 'Rule'],
  balance: ['余额统计', 'Balance statistic'],
  holding: ['持有统计', 'Holding statistic'],
  bands: ['分层', 'Bands'],
  cases: ['分类', 'Cases'],
  lifecycle: ['生命周期', 'Life-cycle'],
  rfm: ['RFM', 'RFM'],
  list: ['名单', 'List'],
  model: ['模型', 'Model'],
  sql: ['SQL', 'SQL'],
}
export const kindOrder = Object.keys(kindNames) as TagKindName[]

/** Which kind a source is. */
export const kindOf = (source: TagSource): TagKindName =>
  kindOrder.find((kind) => Object.hasOwn(source, kind)) ?? 'attribute'

export const aggNames: { readonly [A in SourceByKind['event']['agg']]: Pair } = {
  count: ['次数', 'count'],
  sum: ['合计', 'sum'],
  avg: ['平均', 'average'],
  min: ['最小', 'minimum'],
  max: ['最大', 'maximum'],
  distinct: ['不同值个数', 'distinct values'],
  first: ['最早一次的值', 'first value'],
  last: ['最近一次的值', 'last value'],
  days: ['发生的天数', 'days it happened'],
  top: ['最常见的值', 'most frequent value'],
  streak: ['最长连续天数', 'longest run of days'],
}

export const balanceStatNames: { readonly [S in SourceByKind['balance']['stat']]: Pair } = {
  last: ['当前余额', 'balance now'],
  average: ['日均余额', 'daily average'],
  monthAverage: ['月日均余额', 'month average'],
  min: ['最低余额', 'lowest balance'],
  max: ['最高余额', 'highest balance'],
  change: ['变动额', 'change'],
  changeRate: ['变动率', 'rate of change'],
}

export const holdingStatNames: { readonly [S in SourceByKind['holding']['stat']]: Pair } = {
  count: ['持有个数', 'products held'],
  amount: ['持有金额', 'amount held'],
  has: ['是否持有', 'whether held'],
  maturing: ['到期个数', 'products maturing'],
  nextMaturity: ['最近到期日', 'next maturity'],
}

export const rfmPartNames: { readonly [P in SourceByKind['rfm']['rfm']['part']]: Pair } = {
  recency: ['最近度', 'recency'],
  frequency: ['频度', 'frequency'],
  monetary: ['金额', 'monetary'],
  cell: ['三项合写', 'cell of the three'],
}

const missing: Pair = ['（未填）', '(missing)']

type Say<K extends TagKindName> = (source: SourceByKind[K], speech: Speech) => string

const either = (language: Language, zh: string, en: string): string => (language === 'zh' ? zh : en)
const daysOf = (days: number | undefined, language: Language): string =>
  days === undefined ? '' : either(language, `近 ${days} 天`, `, last ${days} days`)

const say: { readonly [K in TagKindName]: Say<K> } = {
  attribute: ({ attribute }, { language }) => {
    const name = attribute ? fieldName(attribute, language) : inLanguage(language, missing)
    return either(language, `取客户属性“${name}”的值`, `The value of the customer attribute "${name}"`)
  },
  rule: ({ rule }, { names, language }) => ruleSentence(rule, names, language),
  event: (source, { language }) => {
    const prop = source.prop ? fieldName(source.prop, language) : ''
    const rank =
      source.rank && source.rank > 1
        ? either(language, `（第 ${source.rank} 位）`, ` (no. ${source.rank})`)
        : ''
    const agg =
      either(language, `${prop}${aggNames[source.agg][0]}`, `${prop} ${aggNames[source.agg][1]}`.trim()) +
      rank
    const window = withinWords(source.within, language)
    const event = source.event ? eventName(source.event, language) : inLanguage(language, missing)
    const where = whereWords(source.where, language)
    return either(
      language,
      `${window || '不限时间'}，「${event}」${where ? `（${where}）` : ''}的${agg}`,
      `${agg} of "${event}"${where ? ` (${where})` : ''}${window ? ` ${window}` : ', any time'}`,
    )
  },
  balance: ({ balance, stat, days, currency }, { language }) => {
    const what = balance === 'aum' ? 'AUM' : inLanguage(language, productClassName(balance))
    const statistic = inLanguage(language, balanceStatNames[stat])
    const money = currency ? ` ${currency}` : ''
    return either(
      language,
      `${daysOf(days, language)}${what}${money} 的${statistic}`,
      `${statistic} of ${what}${money}${daysOf(days, language)}`,
    )
  },
  holding: ({ holding, stat, days }, { language }) => {
    const family = holding.family && inLanguage(language, productClassName(holding.family))
    const what =
      [family, holding.product].filter(Boolean).join(' ') || either(language, '全部产品', 'all products')
    const ahead = days === undefined ? '' : either(language, `${days} 天内`, ` within ${days} days`)
    const statistic = inLanguage(language, holdingStatNames[stat])
    return either(language, `${what}${ahead}的${statistic}`, `${statistic} of ${what}${ahead}`)
  },
  bands: ({ bands }, { names, language }) => {
    const name = names.tag(bands.tag)?.name ?? bands.tag
    const cuts = bands.cuts.map((cut) => cut.toLocaleString('en')).join('、')
    return either(
      language,
      `按“${name}”分段，界限 ${cuts}，依次为 ${bands.labels.join('、')}`,
      `Bands of "${name}" cut at ${cuts}: ${bands.labels.join(', ')}`,
    )
  },
  cases: (source, { names, language }) => {
    const lines = source.cases.map(({ value, rule }) => `${value}：${ruleSentence(rule, names, language)}`)
    const rest = source.else === undefined ? [] : [`${either(language, '其余', 'Otherwise')}：${source.else}`]
    return [...lines, ...rest].join('\n')
  },
  lifecycle: ({ lifecycle }, { names, language }) => {
    const start = either(language, `初始状态：${lifecycle.initial}`, `Begins as: ${lifecycle.initial}`)
    const lines = lifecycle.transitions.map(
      ({ from, to, when }) => `${from.join('、')} → ${to}：${ruleSentence(when, names, language)}`,
    )
    return [start, ...lines].join('\n')
  },
  rfm: ({ rfm }, { language }) => {
    const window = withinWords(rfm.within, language)
    const groups = rfm.groups ?? 5
    return either(
      language,
      `${window || '不限时间'}「${eventName(rfm.event, language)}」的 RFM ${rfmPartNames[rfm.part][0]}，分 ${groups} 组`,
      `RFM ${rfmPartNames[rfm.part][1]} of "${eventName(rfm.event, language)}" ${window}, in ${groups} groups`,
    )
  },
  list: ({ list }, { language }) => either(language, `名单“${list}”`, `The list "${list}"`),
  model: ({ model }, { language }) =>
    either(language, `模型“${model}”的得分`, `The score of the model "${model}"`),
  sql: (source) => source.sql,
}

/** Where a tag's values come from, in words; long ones line by line. */
export function sourceSentence(source: TagSource, speech: Speech): string {
  const kind = kindOf(source)
  return (say[kind] as Say<TagKindName>)(source as never, speech)
}
