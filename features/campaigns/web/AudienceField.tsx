import { Card, Flex, Form, Segmented, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Rule } from '#features/rules/common/rule.ts'
import { RuleEditor, useVocabulary } from '#features/rules/web/index.ts'
import { useText } from '#platform/web/text.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import type { PartProps } from './GoalFields.tsx'

/** The segment a rule is, when it is nothing but one. */
const onlySegment = (rule: Rule): string | undefined => ('segment' in rule ? rule.segment : undefined)

/** Who it is for: one segment, or a rule of its own. */
export function AudienceField({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const segment = onlySegment(draft.audience)
  const [isRule, setRule] = useState(segment === undefined)
  const showRule = isRule || segment === undefined
  const set = (audience: Rule) => onChange({ ...draft, audience })
  const switchTo = (mode: 'segment' | 'rule') => {
    setRule(mode === 'rule')
    if (mode === 'rule' && segment !== undefined) set(segment === '' ? { all: [] } : { all: [{ segment }] })
    if (mode === 'segment' && segment === undefined) set({ segment: '' })
  }
  return (
    <Card
      size="small"
      title={t.audience}
      extra={
        <Segmented
          size="small"
          aria-label={t.audience}
          value={showRule ? 'rule' : 'segment'}
          onChange={switchTo}
          options={[
            { value: 'segment', label: t.bySegment },
            { value: 'rule', label: t.byRule },
          ]}
        />
      }
    >
      <Form layout="vertical" requiredMark={false} component="div">
        {showRule ? (
          <FormField path="audience" problems={problems}>
            <RuleEditor value={draft.audience} onChange={set} />
          </FormField>
        ) : (
          <FormField id="campaign-segment" label={t.segment} path="audience" problems={problems}>
            <SegmentSelect value={segment} onChange={(key) => set({ segment: key })} />
          </FormField>
        )}
      </Form>
    </Card>
  )
}

function SegmentSelect({ value, onChange }: { value: string; onChange: (key: string) => void }) {
  const t = useText(decideText)
  const { segments } = useVocabulary()
  return (
    <Flex gap={12} align="center" wrap>
      <Select
        id="campaign-segment"
        data-testid="campaign-audience-segment"
        aria-label={t.segment}
        placeholder={t.chooseSegment}
        style={{ flex: '1 1 240px', maxWidth: 420 }}
        showSearch={{ optionFilterProp: 'words' }}
        value={value || undefined}
        onChange={onChange}
        notFoundContent={t.noSegments}
        options={segments.map(({ key, name }) => ({ value: key, label: name, words: `${name} ${key}` }))}
        optionRender={({ data }) => (
          <Flex justify="space-between" gap={16}>
            <span>{data.label}</span>
            <span className="quiet small">{data.value}</span>
          </Flex>
        )}
      />
      {value && (
        <Link to={`/segments/${value}`} target="_blank">
          {t.openSegment}
        </Link>
      )}
    </Flex>
  )
}
