import { useMemo } from 'react'
import { inLanguage, type Language, type Pair, useLanguage } from './language.ts'

/** A string in both languages, or a function of values giving both. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments are inferred per entry from the table
type Entry = Pair | ((...values: any[]) => Pair)
type Table = Record<string, Entry>

/** The strings of one language: plain entries as text, functions as functions giving text. */
export type Words<T extends Table> = {
  readonly [K in keyof T]: T[K] extends (...values: infer V) => Pair ? (...values: V) => string : string
}

/** Declares the strings of a page: `{ customers: ['客户', 'Customers'], found: (n: number) => [`${n} 位`, `${n} found`] }`. */
export const defineText = <const T extends Table>(table: T): T => table

/** The table in one language; pages use `useText`. */
export function wordsOf<T extends Table>(table: T, language: Language): Words<T> {
  const words = Object.entries(table).map(([key, entry]) => [
    key,
    typeof entry === 'function'
      ? (...values: unknown[]) => inLanguage(language, entry(...values))
      : inLanguage(language, entry),
  ])
  return Object.fromEntries(words) as Words<T>
}

/** The table's strings in the current language. */
export function useText<T extends Table>(table: T): Words<T> {
  const language = useLanguage()
  return useMemo(() => wordsOf(table, language), [table, language])
}

/** A function that picks the current language of a pair or of a `{zh, en}` value from the server. */
export function usePick(): (text: Pair | { zh: string; en: string }) => string {
  const language = useLanguage()
  return (text) => ('zh' in text ? text[language] : inLanguage(language, text))
}
