import { checkRule, checkWhere, checkWithin } from '#features/rules/web/index.ts'
import type { Pair } from '#platform/web/language.ts'
import type { CreateTag, TagSource } from '../common/tag.ts'

/** A tag while it is written: the same as what is saved. */
export type TagDraft = CreateTag
export type SourceKind = 'attribute' | 'event' | 'rule'

export const keyPattern = /^[a-z][a-z0-9_-]{0,63}$/

export const emptyTag: TagDraft = {
  key: '',
  name: { zh: '', en: '' },
  type: 'number',
  source: { event: '', agg: 'count', within: { days: 90 } },
  class: 'C1',
  description: '',
  refreshEveryMinutes: 1440,
}

export const kindOf = (source: TagSource): SourceKind =>
  'attribute' in source ? 'attribute' : 'rule' in source ? 'rule' : 'event'

/** What a kind of source starts with. */
export const startOf: { readonly [K in SourceKind]: TagSource } = {
  attribute: { attribute: '' },
  event: { event: '', agg: 'count', within: { days: 90 } },
  rule: { rule: { all: [] } },
}

/** What is still missing, in both languages; empty when it can be saved. */
export function problemsOf(draft: TagDraft): Pair[] {
  const problems: Pair[] = []
  if (!keyPattern.test(draft.key)) problems.push(['编码', 'key'])
  if (draft.name.zh.trim() === '') problems.push(['中文名称', 'Chinese name'])
  if (draft.name.en.trim() === '') problems.push(['英文名称', 'English name'])
  return [...problems, ...sourceProblems(draft.source)]
}

function sourceProblems(source: TagSource): Pair[] {
  if ('attribute' in source) return source.attribute.trim() === '' ? [['属性名', 'attribute']] : []
  if ('rule' in source) return checkRule(source.rule).map(({ zh, en }) => [`规则：${zh}`, `rule: ${en}`])
  const problems: Pair[] = []
  if (source.event === '') problems.push(['事件', 'event'])
  if (source.agg !== 'count' && !source.prop) problems.push(['统计属性', 'property to compute'])
  const inner = [
    ...checkWhere(source.where ?? [], ''),
    ...(source.within ? checkWithin(source.within, '') : []),
  ]
  return [...problems, ...inner.map(({ zh, en }): Pair => [zh, en])]
}
