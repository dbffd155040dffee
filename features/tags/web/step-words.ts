import { eventName } from '#features/customers/common/event-words.ts'
import { readRule, ruleSentence } from '#features/rules/web/index.ts'
import type { RuleNames } from '#features/rules/web/rule-words.ts'
import { inLanguage, type Language } from '#platform/web/language.ts'
import type { TagKindName } from '../common/tag-source.ts'
import { holdingStatNames, kindNames } from './source-words.ts'

type Speech = { names: RuleNames; language: Language }

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Names are kept up to a length: of a long one only its kind is told.
    return undefined
  }
}

function rfmEvent(text: string): string | undefined {
  const [event] = [parsed(text)].flat()
  return typeof event === 'string' ? event : /^\["(\w+)"/.exec(text)?.[1]
}

const detailOf: { readonly [K in TagKindName]?: (text: string, speech: Speech) => string | undefined } = {
  event: (text, { language }) => eventName(text, language),
  balance: (text) => text,
  holding: (text, { language }) => (text === 'has' ? inLanguage(language, holdingStatNames.has) : undefined),
  bands: (text, { names }) => names.tag(text)?.name ?? text,
  rfm: (text, { language }) => {
    const event = rfmEvent(text)
    return event && eventName(event, language)
  },
  rule: (text, { names, language }) => {
    const read = readRule(text)
    return 'rule' in read ? ruleSentence(read.rule, names, language) : undefined
  },
  list: (text) => text,
  model: (text) => text,
}

/** A step of a run in words: the kind of its tags, and the scan they share. */
export function stepWords(name: string, speech: Speech): string {
  const [kind = '', ...rest] = name.split(':')
  const label = kindNames[kind as TagKindName]
  if (!label) return name
  const detail = detailOf[kind as TagKindName]?.(rest.join(':'), speech)
  return detail ? `${inLanguage(speech.language, label)} · ${detail}` : inLanguage(speech.language, label)
}
