import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import type { Comparison, DidLeaf, Rule, Scalar, TagLeaf, Where, Within } from '../common/rule.ts'

export type RuleLanguage = 'zh' | 'en'

/** Names of the definitions a rule mentions; an unknown key is shown as it is. */
export type RuleNames = {
  tag: (key: string) => { name: string; type: 'bool' | 'enum' | 'number' | 'date' } | undefined
  segment: (key: string) => string | undefined
}

/** A rule in words: one line, and lines below it. */
export type Phrase = { text: string; children: readonly Phrase[] }

const operators: { readonly [L in RuleLanguage]: { readonly [C in Comparison]: string } } = {
  zh: {
    eq: '等于',
    ne: '不等于',
    in: '是其中之一：',
    lt: '小于',
    lte: '不超过',
    gt: '大于',
    gte: '不低于',
    between: '在',
    exists: '有值',
  },
  en: {
    eq: 'is',
    ne: 'is not',
    in: 'is one of',
    lt: 'is below',
    lte: 'is at most',
    gt: 'is above',
    gte: 'is at least',
    between: 'is between',
    exists: 'has a value',
  },
}

const dateOperators: { readonly [L in RuleLanguage]: { readonly [C in Comparison]?: string } } = {
  zh: { lt: '早于', lte: '不晚于', gt: '晚于', gte: '不早于', eq: '就是' },
  en: { lt: 'is before', lte: 'is not after', gt: 'is after', gte: 'is not before' },
}

const operatorOf = (is: Comparison, language: RuleLanguage, isDate: boolean): string =>
  (isDate ? dateOperators[language][is] : undefined) ?? operators[language][is]

/** What a comparison is called; dates are earlier and later instead of smaller and larger. */
export const operatorWords = (is: Comparison, language: RuleLanguage, isDate = false): string =>
  is === 'between' && language === 'zh' ? '介于' : operatorOf(is, language, isDate).replace('：', '')

const quote = (value: Scalar | undefined, language: RuleLanguage): string => {
  if (typeof value === 'number')
    return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 6 }).format(
      value,
    )
  if (typeof value === 'boolean') return language === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no'
  return language === 'zh' ? `“${value ?? ''}”` : `"${value ?? ''}"`
}

function comparisonWords(
  is: Comparison,
  value: Scalar | readonly Scalar[] | undefined,
  language: RuleLanguage,
  isDate = false,
): string {
  const list = [value ?? ''].flat() as Scalar[]
  const words = list.map((one) => quote(one, language))
  const operator = operatorOf(is, language, isDate)
  if (is === 'exists') return operator
  if (is === 'between') {
    return language === 'zh'
      ? `${operator} ${words[0]} 到 ${words[1]} 之间（含）`
      : `${operator} ${words[0]} and ${words[1]}`
  }
  if (is === 'in')
    return language === 'zh' ? `${operator}${words.join('、')}` : `${operator} ${words.join(', ')}`
  return `${operator} ${words[0]}`
}

function tagWords(leaf: TagLeaf, names: RuleNames, language: RuleLanguage): string {
  const tag = names.tag(leaf.tag)
  const name = tag?.name ?? leaf.tag
  const isBool = tag?.type === 'bool' && leaf.is === 'eq'
  if (isBool && String(leaf.value) === 'true') return name
  if (isBool && String(leaf.value) === 'false') return language === 'zh' ? `${name}：否` : `${name}: no`
  return spaced(name, comparisonWords(leaf.is, leaf.value, language, tag?.type === 'date'), language)
}

/** Chinese runs on without a space; after Latin letters and figures it has one. */
const spaced = (name: string, rest: string, language: RuleLanguage): string =>
  `${name}${language === 'zh' && /[^\x20-\x7e]$/.test(name) ? '' : ' '}${rest}`

/** A time window in words; empty for all time. */
export function withinWords(within: Within | undefined, language: RuleLanguage): string {
  if (!within) return ''
  const zh = language === 'zh'
  if ('days' in within) {
    if (within.days === 1) return zh ? '今天' : 'today'
    return zh ? `近 ${within.days} 天（含今天）` : `in the last ${within.days} days, today included`
  }
  if ('hours' in within) return zh ? `近 ${within.hours} 小时` : `in the last ${within.hours} hours`
  if ('minutes' in within) return zh ? `近 ${within.minutes} 分钟` : `in the last ${within.minutes} minutes`
  const { from, to } = within
  if (from && to) return zh ? `${from} 起至 ${to} 前` : `from ${from} until before ${to}`
  if (from) return zh ? `${from} 起` : `since ${from}`
  return to ? (zh ? `${to} 前` : `before ${to}`) : ''
}

/** Conditions on an event's properties in words. */
export const whereWords = (where: readonly Where[] | undefined, language: RuleLanguage): string =>
  (where ?? [])
    .map((one) =>
      spaced(fieldName(one.prop, language), comparisonWords(one.is, one.value, language), language),
    )
    .join(language === 'zh' ? '，且' : ' and ')

const sumName = (prop: string, language: RuleLanguage): string =>
  language === 'zh' ? `${fieldName(prop, language)}合计` : `total ${fieldName(prop, language).toLowerCase()}`

function didWords(leaf: DidLeaf, isNegated: boolean, language: RuleLanguage): string {
  const zh = language === 'zh'
  const where = whereWords(leaf.where, language)
  const event = `${zh ? '「' : '"'}${eventName(leaf.did, language)}${zh ? '」' : '"'}${where ? (zh ? `（${where}）` : ` (${where})`) : ''}`
  const window = withinWords(leaf.within, language)
  const conditions = [
    leaf.count &&
      spaced(zh ? '次数' : 'count', comparisonWords(leaf.count.is, leaf.count.value, language), language),
    leaf.sum &&
      spaced(
        sumName(leaf.sum.prop, language),
        comparisonWords(leaf.sum.is, leaf.sum.value, language),
        language,
      ),
  ].filter((part) => part !== undefined)
  if (conditions.length === 0) {
    if (zh) return `${window}${isNegated ? '没有发生过' : '发生过'}${event}`
    return `${isNegated ? 'never did' : 'did'} ${event}${window ? ` ${window}` : ''}`
  }
  if (zh) return `${isNegated ? '并非：' : ''}${window}${event}的${conditions.join('，且')}`
  return `${isNegated ? 'not: ' : ''}${event}${window ? ` ${window}` : ''}: ${conditions.join(' and ')}`
}

function leafWords(
  rule: TagLeaf | DidLeaf | { segment: string },
  isNegated: boolean,
  names: RuleNames,
  language: RuleLanguage,
): string {
  const zh = language === 'zh'
  if ('did' in rule) return didWords(rule, isNegated, language)
  if ('segment' in rule) {
    const name = names.segment(rule.segment) ?? rule.segment
    if (zh) return `${isNegated ? '不在' : '在'}客群「${name}」中`
    return `${isNegated ? 'not in' : 'in'} the segment "${name}"`
  }
  const words = tagWords(rule, names, language)
  if (!isNegated) return words
  return zh ? `并非：${words}` : `not: ${words}`
}

function groupWords(mode: 'all' | 'any', count: number, isNegated: boolean, language: RuleLanguage): string {
  const zh = language === 'zh'
  if (count === 0)
    return (mode === 'all') !== isNegated
      ? zh
        ? '所有客户'
        : 'every customer'
      : zh
        ? '没有客户'
        : 'no customer'
  if (mode === 'all') {
    if (isNegated) return zh ? '以下不全部满足：' : 'not all of these:'
    return zh ? '同时满足：' : 'all of these:'
  }
  if (isNegated) return zh ? '以下都不满足：' : 'none of these:'
  return zh ? '满足任意一项：' : 'any of these:'
}

/** A rule in plain words, as nested lines. */
export function ruleWords(rule: Rule, names: RuleNames, language: RuleLanguage, isNegated = false): Phrase {
  if ('not' in rule) return ruleWords(rule.not, names, language, !isNegated)
  if (!('all' in rule) && !('any' in rule))
    return { text: leafWords(rule, isNegated, names, language), children: [] }
  const mode = 'all' in rule ? 'all' : 'any'
  const rules = 'all' in rule ? rule.all : rule.any
  const only = rules[0]
  // A group of one says nothing that its one part does not.
  if (only && rules.length === 1) return ruleWords(only, names, language, isNegated)
  return {
    text: groupWords(mode, rules.length, isNegated, language),
    children: rules.map((one) => ruleWords(one, names, language)),
  }
}

/** A rule in one line, for lists and titles. */
export function ruleSentence(rule: Rule, names: RuleNames, language: RuleLanguage): string {
  const [open, separator, close] = language === 'zh' ? ['（', '；', '）'] : [' (', '; ', ')']
  const flatten = ({ text, children }: Phrase): string =>
    children.length === 0
      ? text
      : `${text.replace(/[：:]$/, '')}${open}${children.map(flatten).join(separator)}${close}`
  return flatten(ruleWords(rule, names, language))
}
