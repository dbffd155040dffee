import { useQuery } from '@tanstack/react-query'

type ToPinyin = typeof import('pinyin-pro').pinyin

const known = new Map<string, string>()
const runs = /([\u3400-\u9fff]+)|([^\u3400-\u9fff]+)/g

/** What a Chinese text is also found by: its pinyin in full and its initials. Nothing for other texts. */
export function pinyinOf(text: string, toPinyin: ToPinyin): string {
  const found = known.get(text)
  if (found !== undefined) return found
  let full = ''
  let initials = ''
  let isChinese = false
  for (const [, chinese, other = ''] of text.matchAll(runs)) {
    const syllables = chinese ? toPinyin(chinese, { toneType: 'none', type: 'array', v: true }) : [other]
    isChinese ||= chinese !== undefined
    full += syllables.join('')
    initials += chinese ? syllables.map((one) => one.charAt(0)).join('') : other
  }
  const words = isChinese ? `${full} ${initials}`.toLowerCase() : ''
  known.set(text, words)
  return words
}

/**
 * Gives the texts a choice is found by, pinyin among them: "lcxs" and "licai" find 理财…. The dictionary is large, so it is
 * loaded when the first editor opens; until then texts are found as they are written.
 */
export function useSearchWords(): (...texts: readonly string[]) => string {
  const library = useQuery({
    queryKey: ['pinyin'],
    queryFn: async () => ({ toPinyin: (await import('pinyin-pro')).pinyin }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  const toPinyin = library.data?.toPinyin
  return (...texts) => {
    const plain = texts.join(' ').toLowerCase()
    return toPinyin ? `${plain} ${texts.map((text) => pinyinOf(text, toPinyin)).join(' ')}` : plain
  }
}

/** Whether a choice is meant: every word typed is among its words; without spaces as well, as pinyin is typed. */
export function isMeant(typed: string, words: string): boolean {
  const parts = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return parts.every((part) => words.includes(part)) || words.includes(parts.join(''))
}

/** How well it is meant, for the order of choices: the start of a name before the middle of one. */
export function closeness(typed: string, words: string): number {
  const sought = typed.toLowerCase().trim()
  if (words.startsWith(sought)) return 0
  return words.split(/\s+/).some((word) => word.startsWith(sought)) ? 1 : 2
}
