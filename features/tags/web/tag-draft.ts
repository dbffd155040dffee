import { checkRule, checkWhere, checkWithin } from '#features/rules/web/index.ts'
import type { Pair } from '#platform/web/language.ts'
import type { CreateTag, Tag } from '../common/tag.ts'
import type { TagKindName, TagSource } from '../common/tag-source.ts'

/** A tag while it is written: the same as what is saved. */
export type TagDraft = Omit<CreateTag, 'draft' | 'template'> & { template?: string | null }

export const keyPattern = /^[a-z][a-z0-9_-]{0,63}$/

export const emptyTag: TagDraft = {
  key: '',
  name: { zh: '', en: '' },
  type: 'number',
  source: { event: '', agg: 'count', within: { days: 90 } },
  class: 'C1',
  description: '',
  unit: '',
  expiresAt: null,
  refreshEveryMinutes: 1440,
  directory: [],
}

/** What may be changed of a tag, as it is. */
export const draftOf = (tag: Tag): TagDraft => ({
  key: tag.key,
  name: tag.name,
  type: tag.type,
  source: tag.source,
  class: tag.class,
  description: tag.description,
  unit: tag.unit,
  expiresAt: tag.expiresAt,
  streaming: tag.streaming,
  refreshEveryMinutes: tag.refreshEveryMinutes,
  directory: tag.directory,
  owner: tag.owner,
})

/** What a kind of source starts with, and the type its values have. */
export const startOf: { readonly [K in TagKindName]: { source: TagSource; type?: Tag['type'] } } = {
  attribute: { source: { attribute: '' } },
  event: { source: { event: '', agg: 'count', within: { days: 90 } }, type: 'number' },
  rule: { source: { rule: { all: [] } }, type: 'bool' },
  balance: { source: { balance: 'aum', stat: 'monthAverage' }, type: 'number' },
  holding: { source: { holding: {}, stat: 'count' }, type: 'number' },
  bands: { source: { bands: { tag: '', cuts: [1000], labels: ['', ''] } }, type: 'enum' },
  cases: { source: { cases: [{ value: '', rule: { all: [] } }], else: '' }, type: 'enum' },
  lifecycle: {
    source: {
      lifecycle: { initial: '', transitions: [{ from: [], to: '', when: { all: [] } }], settle: true },
    },
    type: 'enum',
  },
  rfm: { source: { rfm: { event: '', prop: 'amount', within: { days: 90 }, part: 'cell' } }, type: 'enum' },
  list: { source: { list: '' } },
  model: { source: { model: '' }, type: 'number' },
  sql: { source: { sql: 'SELECT customer_id, count() AS value FROM event GROUP BY customer_id' } },
}

/** The one type a source gives, where there is only one. */
export function typeOf(source: TagSource): Tag['type'] | undefined {
  if ('rule' in source) return 'bool'
  if ('balance' in source || 'model' in source) return 'number'
  if ('holding' in source)
    return source.stat === 'has' ? 'bool' : source.stat === 'nextMaturity' ? 'date' : 'number'
  if ('bands' in source || 'lifecycle' in source) return 'enum'
  if ('rfm' in source) return source.rfm.part === 'cell' ? 'enum' : 'number'
  return undefined
}

/** What is still missing, in both languages; empty when it can be saved. */
export function problemsOf(draft: TagDraft): Pair[] {
  const problems: Pair[] = []
  if (!keyPattern.test(draft.key)) problems.push(['编码', 'key'])
  if (draft.name.zh.trim() === '') problems.push(['中文名称', 'Chinese name'])
  if (draft.name.en.trim() === '') problems.push(['英文名称', 'English name'])
  return [...problems, ...sourceProblems(draft.source)]
}

const rulesOf = (source: TagSource) => {
  if ('rule' in source) return [source.rule]
  if ('cases' in source) return source.cases.map((one) => one.rule)
  return 'lifecycle' in source ? source.lifecycle.transitions.map((one) => one.when) : []
}

/** Texts of a source that may not be empty. */
function textsOf(source: TagSource): [string | undefined, Pair][] {
  if ('attribute' in source) return [[source.attribute, ['属性名', 'attribute']]]
  if ('list' in source) return [[source.list, ['名单', 'list']]]
  if ('model' in source) return [[source.model, ['模型', 'model']]]
  if ('sql' in source) return [[source.sql, ['SQL', 'SQL']]]
  if ('rfm' in source) return [[source.rfm.event, ['事件', 'event']]]
  if ('bands' in source) {
    const labels = source.bands.labels.map((label): [string, Pair] => [
      label,
      ['分段名称', 'label of each band'],
    ])
    return [[source.bands.tag, ['标签', 'tag']], ...labels]
  }
  if ('cases' in source) return source.cases.map(({ value }) => [value, ['取值', 'value of each case']])
  if ('lifecycle' in source) {
    const { initial, transitions } = source.lifecycle
    const states = transitions.flatMap(({ from, to }) => [from[0], to])
    return [initial, ...states].map((state) => [state, ['状态', 'states']])
  }
  if ('event' in source) {
    const needsProp = !['count', 'days', 'streak'].includes(source.agg)
    return [
      [source.event, ['事件', 'event']],
      ...(needsProp
        ? [[source.prop, ['统计属性', 'property to compute']] as [string | undefined, Pair]]
        : []),
    ]
  }
  return []
}

function sourceProblems(source: TagSource): Pair[] {
  const missing = textsOf(source).flatMap(([text, name]) => (text?.trim() ? [] : [name]))
  const rules = rulesOf(source).flatMap((rule) =>
    checkRule(rule).map(({ zh, en }): Pair => [`规则：${zh}`, `rule: ${en}`]),
  )
  const inner =
    'event' in source
      ? [...checkWhere(source.where ?? [], ''), ...(source.within ? checkWithin(source.within, '') : [])]
      : []
  return [...missing, ...rules, ...inner.map(({ zh, en }): Pair => [zh, en])]
}
