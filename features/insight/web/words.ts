import { eventName } from '#features/customers/common/event-words.ts'
import type { Format } from '#platform/web/format.ts'
import type { Language } from '#platform/web/language.ts'
import { wordsOf } from '#platform/web/text.ts'
import type { EventFilter, Group } from '../common/frame.ts'
import { insightText } from './insight-text.ts'

/** Words of the insight pages outside components. */
export const insightWords = (language: Language) => wordsOf(insightText, language)

/** A length of time as people say it. */
export function durationWords(ms: number, language: Language, format: Format): string {
  const t = insightWords(language)
  const units = [
    [86_400_000, t.days],
    [3_600_000, t.hours],
    [60_000, t.minutes],
  ] as const
  const unit = units.find(([size]) => ms >= size)
  if (!unit) return `${format.number(Math.round(ms / 1000))} ${language === 'zh' ? '秒' : 's'}`
  return `${format.number(Math.round((ms / unit[0]) * 10) / 10)} ${unit[1]}`
}

/** What a group is called. */
export function groupLabel(group: Group, language: Language): string {
  if (group.label) return group.label
  return group.item === '-' ? insightWords(language).noGroup : group.item.slice(1) || '""'
}

/** An event with the values of its conditions. */
export function filterLabel(filter: EventFilter, language: Language): string {
  const values = (filter.where ?? []).map((where) => String(where.value ?? '')).filter(Boolean)
  const name = eventName(filter.event, language)
  return values.length ? `${name} · ${values.join(', ')}` : name
}
