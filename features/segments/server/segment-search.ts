import { pinyin } from 'pinyin-pro'

/** What a segment is also found by: its Chinese name as pinyin, in full and as initials. */
export function searchText(name: string): string {
  const options = { toneType: 'none', type: 'array', nonZh: 'consecutive', v: true } as const
  const syllables = pinyin(name, options)
  const initials = pinyin(name, { ...options, pattern: 'first' })
  return `${syllables.join('')}\n${initials.join('')}`.toLowerCase().replaceAll(' ', '')
}
