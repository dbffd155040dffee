import { CloseOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Select } from 'antd'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { SequenceStep, StepReference, Where } from '../common/rule.ts'
import { PropertyInput, WhereList } from './EventFields.tsx'
import { ruleText } from './rule-text.ts'
import { operatorWords } from './rule-words.ts'

type Condition = Where | StepReference
const isReference = (one: Condition): one is StepReference => 'step' in one

type Props = {
  steps: readonly SequenceStep[]
  index: number
  onChange: (step: SequenceStep, field: string) => void
}

/** Conditions of one step: on its own properties, and against those of an earlier step. */
export function StepWhere({ steps, index, onChange }: Props) {
  const t = useText(ruleText)
  const step = steps[index]
  if (!step) return null
  const own = (step.where ?? []).filter((one): one is Where => !isReference(one))
  const references = (step.where ?? []).filter(isReference)
  const set = (next: Condition[], field: string) =>
    onChange({ did: step.did, ...(next.length > 0 ? { where: next } : {}) }, field)
  return (
    <>
      <WhereList
        event={step.did}
        where={own}
        onChange={(next, field) => set([...next, ...references], field)}
      />
      {references.map((one, at) => (
        <Reference
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
          key={at}
          {...{ steps, index }}
          value={one}
          onChange={(next) =>
            set([...own, ...references.toSpliced(at, 1, ...(next ? [next] : []))], `reference ${at}`)
          }
        />
      ))}
      <Flex gap={4} wrap className="rule-detail">
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          onClick={() => set([...own, { prop: '', is: 'eq' }, ...references], 'where')}
        >
          {t.addWhere}
        </Button>
        {index > 0 && (
          <Button
            type="link"
            size="small"
            icon={<PlusOutlined />}
            onClick={() => set([...own, ...references, { prop: '', is: 'eq', step: 0, of: '' }], 'where')}
          >
            {t.compareStep}
          </Button>
        )}
      </Flex>
    </>
  )
}

function Reference(props: {
  steps: readonly SequenceStep[]
  index: number
  value: StepReference
  onChange: (next: StepReference | undefined) => void
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { steps, index, value, onChange } = props
  return (
    <Flex gap={8} align="center" wrap className="rule-detail">
      <span className="quiet rule-detail-label">{t.where}</span>
      <PropertyInput
        event={steps[index]?.did ?? ''}
        value={value.prop}
        onChange={(prop) => onChange({ ...value, prop })}
      />
      <Select
        aria-label={t.operator}
        value={value.is}
        onChange={(is: StepReference['is']) => onChange({ ...value, is })}
        options={(['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const).map((is) => ({
          value: is,
          label: operatorWords(is, language),
        }))}
        popupMatchSelectWidth={false}
      />
      <Select
        aria-label={t.step}
        value={value.step}
        onChange={(step: number) => onChange({ ...value, step })}
        options={steps.slice(0, index).map((_, at) => ({ value: at, label: t.stepN(at + 1) }))}
        popupMatchSelectWidth={false}
      />
      <PropertyInput
        event={steps[value.step]?.did ?? ''}
        value={value.of}
        onChange={(of) => onChange({ ...value, of })}
      />
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={`${t.remove} ${t.compareStep}`}
        onClick={() => onChange(undefined)}
      />
    </Flex>
  )
}
