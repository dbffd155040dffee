import { RuleInWords, useVocabulary } from '#features/rules/web/index.ts'
import { useLanguage } from '#platform/web/language.ts'
import type { TagSource } from '../common/tag-source.ts'
import { sourceSentence } from './source-words.ts'

/** Where a tag's values come from, in words. */
export function SourceInWords({ source }: { source: TagSource }) {
  const language = useLanguage()
  const { names } = useVocabulary()
  if ('rule' in source) return <RuleInWords rule={source.rule} />
  if ('sql' in source) return <pre className="json">{source.sql}</pre>
  return <span style={{ whiteSpace: 'pre-line' }}>{sourceSentence(source, { names, language })}</span>
}
