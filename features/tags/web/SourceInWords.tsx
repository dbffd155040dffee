import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import { RuleInWords, whereWords, withinWords } from '#features/rules/web/index.ts'
import { useLanguage } from '#platform/web/language.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { TagSource } from '../common/tag.ts'
import { aggNames, tagText } from './tag-text.ts'

/** Where a tag's values come from, in words. */
export function SourceInWords({ source }: { source: TagSource }) {
  const t = useText(tagText)
  const pick = usePick()
  const language = useLanguage()
  if ('rule' in source) return <RuleInWords rule={source.rule} />
  if ('event' in source && source.event === '') return <span className="quiet">{t.needEvent}</span>
  if ('attribute' in source && source.attribute === '')
    return <span className="quiet">{t.needAttribute}</span>
  if ('attribute' in source) return <span>{t.byAttribute(fieldName(source.attribute, language))}</span>
  const prop = source.prop ? `${fieldName(source.prop, language)}${language === 'zh' ? '' : ' '}` : ''
  const agg = `${prop}${pick(aggNames[source.agg])}`
  return (
    <span>
      {t.byEvent(
        withinWords(source.within, language),
        eventName(source.event, language),
        agg,
        whereWords(source.where, language),
      )}
    </span>
  )
}
