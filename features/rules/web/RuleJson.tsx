import { Input } from 'antd'
import { useEffect, useState } from 'react'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Rule } from '../common/rule.ts'
import { readRule } from './check-rule.ts'
import { ruleText } from './rule-text.ts'

/** The rule as JSON: a valid change takes effect, anything else is explained and waits. */
export function RuleJson({ rule, onChange }: { rule: Rule; onChange: (rule: Rule) => void }) {
  const t = useText(ruleText)
  const language = useLanguage()
  const [text, setText] = useState(() => JSON.stringify(rule, null, 2))
  const read = readRule(text)
  useEffect(() => {
    // A change from outside (undo, another view) shows; one's own typing keeps its layout.
    setText((typed) => {
      const typedRule = readRule(typed)
      const isSame = 'rule' in typedRule && JSON.stringify(typedRule.rule) === JSON.stringify(rule)
      return isSame || 'problems' in typedRule ? typed : JSON.stringify(rule, null, 2)
    })
  }, [rule])
  const type = (next: string) => {
    setText(next)
    const found = readRule(next)
    if ('rule' in found) onChange(found.rule)
  }
  return (
    <div>
      <Input.TextArea
        aria-label={t.json}
        data-testid="rule-json"
        value={text}
        onChange={(event) => type(event.target.value)}
        autoSize={{ minRows: 12, maxRows: 32 }}
        spellCheck={false}
        status={'problems' in read ? 'error' : undefined}
        style={{ fontFamily: 'ui-monospace, Menlo, Consolas, monospace', fontSize: 13 }}
      />
      <div className="small quiet">{t.jsonHint}</div>
      {'problems' in read && (
        <ul className="rule-problem small" role="status">
          {read.problems.map((problem) => (
            <li key={`${problem.path} ${problem.en}`}>
              {problem.path && <code>{problem.path}</code>} {problem[language]}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
