import type { ContentRow } from '#features/approvals/web/index.ts'
import type { RuleNames } from '#features/rules/web/rule-words.ts'
import type { Format } from '#platform/web/format.ts'
import { inLanguage, type Language, type Pair } from '#platform/web/language.ts'
import type { ChangeTag } from '../common/tag.ts'
import { kindNames, kindOf, sourceSentence } from './source-words.ts'
import { classNames, refreshWords, typeNames } from './tag-text.ts'

type Reader = { names: RuleNames; language: Language; format: Pick<Format, 'time'> }

const labels = {
  nameZh: ['中文名称', 'Chinese name'],
  nameEn: ['英文名称', 'English name'],
  type: ['类型', 'Type'],
  kind: ['来源', 'Source'],
  source: ['口径', 'Definition'],
  class: ['数据分级', 'Class'],
  unit: ['单位', 'Unit'],
  refresh: ['刷新', 'Refresh'],
  expires: ['有效期至', 'Expires'],
  description: ['说明', 'Description'],
} as const satisfies Record<string, Pair>

/** Everything a version or a submission says of a tag, one row a thing. */
export function definitionRows(
  definition: Partial<ChangeTag> & Pick<ChangeTag, 'name' | 'type' | 'source' | 'class'>,
  { names, language, format }: Reader,
): ContentRow[] {
  const { name, type, source } = definition
  const rows: [keyof typeof labels, string | undefined][] = [
    ['nameZh', name.zh],
    ['nameEn', name.en],
    ['type', inLanguage(language, typeNames[type])],
    ['kind', inLanguage(language, kindNames[kindOf(source)])],
    ['source', sourceSentence(source, { names, language })],
    ['class', inLanguage(language, classNames[definition.class])],
    ['unit', definition.unit || undefined],
    [
      'refresh',
      inLanguage(
        language,
        refreshWords(definition.refreshEveryMinutes ?? null, definition.streaming ?? false),
      ),
    ],
    ['expires', definition.expiresAt ? format.time(definition.expiresAt) : undefined],
    ['description', definition.description || undefined],
  ]
  return rows.flatMap(([key, text]) => (text === undefined ? [] : [{ key, label: labels[key], text }]))
}
