import { Select } from 'antd'
import { useText } from '#platform/web/text.ts'
import { useEditor } from './editor-context.ts'
import { ruleText } from './rule-text.ts'

/** Whether the condition must hold or must not. */
export function Polarity(props: { id: string; isNegated: boolean; yes: string; no: string }) {
  const t = useText(ruleText)
  const { act } = useEditor()
  return (
    <Select
      aria-label={t.polarity}
      value={props.isNegated}
      onChange={() => act(props.id, 'negate')}
      options={[
        { value: false, label: props.yes },
        { value: true, label: props.no },
      ]}
      popupMatchSelectWidth={false}
      style={{ minWidth: 88 }}
    />
  )
}
