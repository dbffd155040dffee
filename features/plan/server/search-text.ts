import { pinyin } from 'pinyin-pro'
import type { Definition } from '#features/plan/common/plan.ts'

/** What a search looks in: name and key, and the Chinese name as pinyin and as its initials. */
export function searchText(key: string, definition: Definition): string {
  const { zh, en } = definition.name
  const syllables = pinyin(zh, { toneType: 'none', type: 'array', nonZh: 'consecutive' })
  const initials = pinyin(zh, { pattern: 'first', toneType: 'none', type: 'array', nonZh: 'consecutive' })
  return [key, zh, en, syllables.join(''), initials.join(''), definition.owner].join('\n').toLowerCase()
}
