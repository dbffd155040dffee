import { pinyin } from 'pinyin-pro'

const isChinese = /\p{Script=Han}/u

/** A text's pinyin in full and by initials; what is not Chinese stays. */
function pinyinOf(text: string): { full: string; initials: string } {
  if (!isChinese.test(text)) return { full: '', initials: '' }
  const syllables = pinyin(text, { toneType: 'none', type: 'array', nonZh: 'consecutive', v: true })
  const initials = syllables.map((one) => (/^[a-z]+$/.test(one) ? one.slice(0, 1) : one))
  const joined = (parts: readonly string[]) => parts.join('').replace(/\s+/g, '')
  return { full: joined(syllables), initials: joined(initials) }
}

/** What the search looks through: key, both names and the pinyin of the Chinese one, line by line in lower case. */
export function searchText(key: string, name: { zh: string; en: string }): string {
  const { full, initials } = pinyinOf(name.zh)
  return [key, name.zh, name.en, full, initials].join('\n').toLowerCase()
}

/** The patterns of a search: each word has to occur. Blanks inside names do not matter to pinyin. */
export const searchPatterns = (q: string): string[] =>
  q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 8)
    .map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)
