import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import type { DidLeaf, Rule, SequenceLeaf, StepReference, TagLeaf, Where } from '../common/rule.ts'
import {
  comparisonWords,
  operatorWords,
  quote,
  type RuleLanguage,
  spaced,
  whereWords,
  withinWords,
} from './comparison-words.ts'
import { type AnyLeaf, type LeafByKind, type LeafKind, leafKindOf } from './leaf-kinds.ts'

/** Names of the definitions a rule mentions; an unknown key is shown as it is. */
export type RuleNames = {
  tag: (key: string) => { name: string; type: 'bool' | 'enum' | 'number' | 'date' } | undefined
  segment: (key: string) => string | undefined
  list?: (key: string) => string | undefined
  org?: (code: string) => string | undefined
}

/** What words are made with; `sentence` says a rule inside a condition. */
type Speech = { names: RuleNames; language: RuleLanguage; sentence: (rule: Rule) => string }

const atWords = (name: string, at: string | undefined, language: RuleLanguage): string => {
  if (at === undefined) return name
  return language === 'zh' ? `${name}（${at} 日终）` : `${name} (at the end of ${at})`
}

function tagWords(leaf: TagLeaf, names: RuleNames, language: RuleLanguage): string {
  const tag = names.tag(leaf.tag)
  const name = atWords(tag?.name ?? leaf.tag, leaf.at, language)
  const isBool = tag?.type === 'bool' && leaf.is === 'eq'
  if (isBool && String(leaf.value) === 'true') return name
  if (isBool && String(leaf.value) === 'false') return language === 'zh' ? `${name}：否` : `${name}: no`
  return spaced(name, comparisonWords(leaf.is, leaf.value, language, tag?.type === 'date'), language)
}

const sumName = (prop: string, language: RuleLanguage): string =>
  language === 'zh' ? `${fieldName(prop, language)}合计` : `total ${fieldName(prop, language).toLowerCase()}`

function didWords(leaf: DidLeaf, isNegated: boolean, language: RuleLanguage): string {
  const zh = language === 'zh'
  const event = eventWords(leaf.did, whereWords(leaf.where, language), language)
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
  if (leaf.first) return firstWords({ event, window, conditions, isNegated }, language)
  if (conditions.length === 0) {
    if (zh) return `${window}${isNegated ? '没有发生过' : '发生过'}${event}`
    return `${isNegated ? 'never did' : 'did'} ${event}${window ? ` ${window}` : ''}`
  }
  if (zh) return `${isNegated ? '并非：' : ''}${window}${event}的${conditions.join('，且')}`
  return `${isNegated ? 'not: ' : ''}${event}${window ? ` ${window}` : ''}: ${conditions.join(' and ')}`
}

const eventWords = (did: string, where: string, language: RuleLanguage): string =>
  language === 'zh'
    ? `「${eventName(did, language)}」${where ? `（${where}）` : ''}`
    : `"${eventName(did, language)}"${where ? ` (${where})` : ''}`

type First = { event: string; window: string; conditions: string[]; isNegated: boolean }

/** The very first such event of a customer lies in the window. */
function firstWords({ event, window, conditions, isNegated }: First, language: RuleLanguage): string {
  if (language === 'zh') {
    const more = conditions.length > 0 ? `，且${conditions.join('，且')}` : ''
    return `${isNegated ? '并非：' : ''}${window}首次发生${event}${more}`
  }
  const more = conditions.length > 0 ? ` and ${conditions.join(' and ')}` : ''
  return `${isNegated ? 'not: ' : ''}did ${event} for the first time ever${window ? ` ${window}` : ''}${more}`
}

function stepWhereWords(
  where: readonly (Where | StepReference)[] | undefined,
  language: RuleLanguage,
): string {
  const zh = language === 'zh'
  return (where ?? [])
    .map((one) => {
      if (!('step' in one)) return whereWords([one], language)
      const other = zh
        ? `第 ${one.step + 1} 步的${fieldName(one.of, language)}`
        : `${fieldName(one.of, language).toLowerCase()} of step ${one.step + 1}`
      return spaced(
        fieldName(one.prop, language),
        `${operatorWords(one.is, language)}${zh ? '' : ' '}${other}`,
        language,
      )
    })
    .join(zh ? '，且' : ' and ')
}

const units = {
  zh: { days: '天', hours: '小时', minutes: '分钟' },
  en: { days: 'days', hours: 'hours', minutes: 'minutes' },
} as const

function durationWords(duration: SequenceLeaf['duration'], language: RuleLanguage): string {
  for (const unit of ['days', 'hours', 'minutes'] as const) {
    if (!duration || !(unit in duration)) continue
    const n = (duration as Record<string, number>)[unit]
    return language === 'zh'
      ? `首尾相隔不超过 ${n} ${units.zh[unit]}`
      : `at most ${n} ${units.en[unit]} from first to last`
  }
  return ''
}

function sequenceWords(leaf: SequenceLeaf, isNegated: boolean, language: RuleLanguage): string {
  const zh = language === 'zh'
  const steps = leaf.sequence.map(({ did, where }) =>
    eventWords(did, stepWhereWords(where, language), language),
  )
  const window = withinWords(leaf.within, language)
  const same =
    leaf.same &&
    (zh
      ? `同一${fieldName(leaf.same, language)}`
      : `all with the same ${fieldName(leaf.same, language).toLowerCase()}`)
  const more = [same, durationWords(leaf.duration, language)].filter((part) => part)
  if (zh) return `${window}${isNegated ? '没有' : ''}依次发生：${[steps.join(' → '), ...more].join('，')}`
  const text = [`${steps.join(', then ')}${window ? ` ${window}` : ''}`, ...more].join(', ')
  return `${isNegated ? 'never did in this order: ' : 'did in this order: '}${text}`
}

function nearWords(
  { near, did, within }: LeafByKind['near'],
  isNegated: boolean,
  language: RuleLanguage,
): string {
  const place = `${near.lat}, ${near.lng}`
  if (language === 'zh') {
    const around = `${place} 周边 ${near.km} 公里内`
    if (did === undefined) return `${isNegated ? '不在' : '在'} ${around}`
    return `${withinWords(within, language)}${isNegated ? '没有' : ''}在 ${around}发生过${eventWords(did, '', language)}`
  }
  const around = `within ${near.km} km of ${place}`
  if (did === undefined) return isNegated ? `not ${around}` : around
  const window = withinWords(within, language)
  return `${isNegated ? 'never did' : 'did'} ${eventWords(did, '', language)} ${around}${window ? ` ${window}` : ''}`
}

function topWords(
  { top }: LeafByKind['top'],
  isNegated: boolean,
  { names, language, sentence }: Speech,
): string {
  const name = names.tag(top.tag)?.name ?? top.tag
  const n = quote(top.n, language)
  if (language === 'zh') {
    const among = top.of ? `在「${sentence(top.of)}」的客户里，` : ''
    return `${isNegated ? '并非：' : ''}${among}${spaced(name, `${top.order === 'asc' ? '最低' : '最高'}的 ${n} 位客户`, language)}`
  }
  const among = top.of ? ` among those for whom: ${sentence(top.of)}` : ''
  return `${isNegated ? 'not ' : ''}one of the ${n} customers with the ${top.order === 'asc' ? 'lowest' : 'highest'} ${name}${among}`
}

const inNamed = (
  what: readonly [string, string],
  name: string,
  isNegated: boolean,
  language: RuleLanguage,
): string =>
  language === 'zh'
    ? `${isNegated ? '不在' : '在'}${what[0]}「${name}」中`
    : `${isNegated ? 'not in' : 'in'} the ${what[1]} "${name}"`

type Say<K extends LeafKind> = (leaf: LeafByKind[K], isNegated: boolean, speech: Speech) => string

const negated = (text: string, isNegated: boolean, language: RuleLanguage): string =>
  isNegated ? `${language === 'zh' ? '并非：' : 'not: '}${text}` : text

const say: { readonly [K in LeafKind]: Say<K> } = {
  tag: (leaf, isNegated, { names, language }) =>
    negated(tagWords(leaf, names, language), isNegated, language),
  did: (leaf, isNegated, { language }) => didWords(leaf, isNegated, language),
  sequence: (leaf, isNegated, { language }) => sequenceWords(leaf, isNegated, language),
  segment: ({ segment }, isNegated, { names, language }) =>
    inNamed(['客群', 'segment'], names.segment(segment) ?? segment, isNegated, language),
  list: ({ list }, isNegated, { names, language }) =>
    inNamed(['名单', 'list'], names.list?.(list) ?? list, isNegated, language),
  org: ({ org }, isNegated, { names, language }) => {
    const name = names.org?.(org) ?? org
    if (language === 'zh') return `${isNegated ? '不属于' : '属于'}机构「${name}」及其下级`
    return `${isNegated ? 'not a customer' : 'a customer'} of "${name}" or a unit below it`
  },
  near: (leaf, isNegated, { language }) => nearWords(leaf, isNegated, language),
  top: topWords,
  sample: ({ sample }, isNegated, { language }) => {
    if (language === 'zh') return `${isNegated ? '不在' : '在'}抽样「${sample.salt}」的 ${sample.percent}% 中`
    return `${isNegated ? 'not in' : 'in'} the ${sample.percent}% sample "${sample.salt}"`
  },
}

/** One condition in words. */
export function leafWords(leaf: AnyLeaf, isNegated: boolean, speech: Speech): string {
  const kind = leafKindOf(leaf)
  return (say[kind] as Say<LeafKind>)(leaf as never, isNegated, speech)
}
