import type { Rule } from '../common/rule.ts'
import type { RuleLanguage } from './comparison-words.ts'
import { leafWords, type RuleNames } from './leaf-words.ts'

export { operatorWords, type RuleLanguage, whereWords, withinWords } from './comparison-words.ts'
export type { RuleNames } from './leaf-words.ts'

/** A rule in words: one line, and lines below it. */
export type Phrase = { text: string; children: readonly Phrase[] }

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
  const sentence = (inside: Rule) => ruleSentence(inside, names, language)
  if (!('all' in rule) && !('any' in rule))
    return { text: leafWords(rule, isNegated, { names, language, sentence }), children: [] }
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
