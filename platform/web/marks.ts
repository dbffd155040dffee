import { type Language, useLanguage } from './language.ts'

/** Joins words as each language punctuates: a label with its value, words with a note in brackets. */
export const marksOf = (language: Language) => ({
  /** 原因：已过期 or Reason: expired */
  labelled: (label: string, value: string) =>
    language === 'zh' ? `${label}：${value}` : `${label}: ${value}`,
  /** 总行（HO）or Head office (HO) */
  noted: (text: string, note: string) => (language === 'zh' ? `${text}（${note}）` : `${text} (${note})`),
  /** The label alone, for a value that is no text. */
  colon: language === 'zh' ? '：' : ': ',
})

const marks = { zh: marksOf('zh'), en: marksOf('en') }
/** Punctuation of the current language. */
export const useMarks = () => marks[useLanguage()]
