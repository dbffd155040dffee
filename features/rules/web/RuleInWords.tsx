import { useMemo } from 'react'
import { useLanguage } from '#platform/web/language.ts'
import type { Rule } from '../common/rule.ts'
import { type Phrase, ruleWords } from './rule-words.ts'
import { useVocabulary } from './use-vocabulary.ts'
import './rule-editor.css'

/** A rule in plain words of the reader's language. */
export function RuleInWords({ rule }: { rule: Rule }) {
  const language = useLanguage()
  const { names } = useVocabulary()
  const phrase = useMemo(() => ruleWords(rule, names, language), [rule, names, language])
  return (
    <div className="rule-words" data-testid="rule-words">
      <Lines phrase={phrase} />
    </div>
  )
}

function Lines({ phrase }: { phrase: Phrase }) {
  return (
    <>
      <span>{phrase.text}</span>
      {phrase.children.length > 0 && (
        <ul>
          {phrase.children.map((child, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
            <li key={index}>
              <Lines phrase={child} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
