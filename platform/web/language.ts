import { useSyncExternalStore } from 'react'

export type Language = 'zh' | 'en'
/** The same words in both languages, Chinese first. */
export type Pair = readonly [zh: string, en: string]

const storageKey = 'zhike.language'
const listeners = new Set<() => void>()
let current: Language = readStored()

function readStored(): Language {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}

/** The console's language now; Chinese until someone chooses otherwise. */
export const getLanguage = (): Language => current

/** Switches the language of every page at once and keeps it for the next visit. */
export function setLanguage(language: Language): void {
  current = language
  try {
    localStorage.setItem(storageKey, language)
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  for (const listener of listeners) listener()
}

/** The current language, following the switch. */
export const useLanguage = (): Language =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    getLanguage,
    () => 'zh',
  )

/** Picks one language of a pair. */
export const inLanguage = (language: Language, pair: Pair): string => (language === 'zh' ? pair[0] : pair[1])
