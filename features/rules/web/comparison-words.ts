import { fieldName } from '#features/customers/common/event-words.ts'
import type { Comparison, Scalar, Where, Within } from '../common/rule.ts'

export type RuleLanguage = 'zh' | 'en'

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

export const quote = (value: Scalar | undefined, language: RuleLanguage): string => {
  if (typeof value === 'number')
    return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 6 }).format(
      value,
    )
  if (typeof value === 'boolean') return language === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no'
  return language === 'zh' ? `“${value ?? ''}”` : `"${value ?? ''}"`
}

export function comparisonWords(
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

/** Chinese runs on without a space; after Latin letters and figures it has one. */
export const spaced = (name: string, rest: string, language: RuleLanguage): string =>
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
