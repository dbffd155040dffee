import { AutoComplete, Flex, InputNumber, Select } from 'antd'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Comparison, Scalar } from '../common/rule.ts'
import { type ConditionValue, isOrdering, operatorsOf, reshape, type ValueKind } from './comparison-value.ts'
import { ruleText } from './rule-text.ts'
import { operatorWords } from './rule-words.ts'

export type Suggestion = { value: string; hint?: string }
type Condition<C extends Comparison> = { is: C; value?: ConditionValue }

/** An operator and the value it takes, asked for in the way of the kind of value. */
export function ComparisonInput<C extends Comparison>(props: {
  kind: ValueKind
  condition: Condition<C>
  onChange: (condition: Condition<C>, field: string) => void
  suggestions?: readonly Suggestion[]
  operators?: readonly C[]
  unit?: string
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { condition, kind } = props
  const isDate = kind === 'date'
  if (kind === 'bool' && (condition.is === 'eq' || condition.is === 'exists')) return <BoolInput {...props} />
  const known = (props.operators ?? operatorsOf[kind]) as readonly C[]
  const operators = known.includes(condition.is) ? known : [...known, condition.is]
  return (
    <>
      <Select
        aria-label={t.operator}
        value={condition.is}
        onChange={(is: C) => props.onChange({ is, value: reshape(is, condition.value) }, 'is')}
        options={operators.map((is) => ({ value: is, label: operatorWords(is, language, isDate) }))}
        popupMatchSelectWidth={false}
        style={{ minWidth: 104 }}
      />
      <Values {...props} />
      {props.unit && condition.is !== 'exists' && <span className="quiet">{props.unit}</span>}
    </>
  )
}

function BoolInput<C extends Comparison>(props: {
  condition: Condition<C>
  onChange: (condition: Condition<C>, field: string) => void
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { is, value } = props.condition
  const label = (word: boolean) => (language === 'zh' ? (word ? '是' : '否') : word ? 'yes' : 'no')
  return (
    <Select
      aria-label={t.value}
      value={is === 'exists' ? 'exists' : String(value)}
      onChange={(chosen: string) =>
        props.onChange(
          chosen === 'exists' ? { is: 'exists' as C } : { is: 'eq' as C, value: chosen === 'true' },
          'value',
        )
      }
      options={[
        { value: 'true', label: label(true) },
        { value: 'false', label: label(false) },
        { value: 'exists', label: operatorWords('exists', language) },
      ]}
      style={{ minWidth: 88 }}
    />
  )
}

function Values<C extends Comparison>(props: {
  kind: ValueKind
  condition: Condition<C>
  onChange: (condition: Condition<C>, field: string) => void
  suggestions?: readonly Suggestion[]
}) {
  const t = useText(ruleText)
  const { condition, kind } = props
  const list = condition.value === undefined ? [] : [condition.value].flat()
  const set = (value: ConditionValue) => props.onChange({ ...condition, value }, 'value')
  if (condition.is === 'exists') return null
  if (condition.is === 'in') {
    return (
      <ManyValues values={list} isNumber={kind === 'number'} suggestions={props.suggestions} onChange={set} />
    )
  }
  const one = { kind, is: condition.is, suggestions: props.suggestions }
  if (condition.is !== 'between') return <OneValue {...one} label={t.value} value={list[0]} onChange={set} />
  const setPlace = (index: 0 | 1, value: Scalar | undefined) => {
    const pair = [list[0], list[1]]
    pair[index] = value
    // Half a pair is kept in order; what is missing stays a hole that the check names.
    set(pair as Scalar[])
  }
  return (
    <Flex gap={4} align="center">
      <OneValue {...one} label={t.valueFrom} value={list[0]} onChange={(value) => setPlace(0, value)} />
      <span>–</span>
      <OneValue {...one} label={t.valueTo} value={list[1]} onChange={(value) => setPlace(1, value)} />
    </Flex>
  )
}

function OneValue(props: {
  kind: ValueKind
  is: Comparison
  label: string
  value: Scalar | undefined
  suggestions?: readonly Suggestion[]
  onChange: (value: Scalar | undefined) => void
}) {
  const { value, label, onChange, kind } = props
  if (kind === 'date') {
    return (
      <DateBox
        label={label}
        value={value === undefined ? '' : String(value)}
        onChange={(day) => onChange(day || undefined)}
        style={{ width: 148 }}
      />
    )
  }
  const isNumeric = value === undefined || value === null || !Number.isNaN(Number(value))
  if ((kind === 'number' || (kind === 'text' && isOrdering(props.is))) && isNumeric) {
    return (
      <InputNumber
        aria-label={label}
        placeholder={label}
        value={value === undefined || value === null ? null : Number(value)}
        onChange={(number) => onChange(number ?? undefined)}
        style={{ width: 128 }}
      />
    )
  }
  return (
    <AutoComplete
      aria-label={label}
      placeholder={label}
      value={value === undefined ? '' : String(value)}
      onChange={(text: string) => onChange(text === '' ? undefined : text)}
      options={options(props.suggestions)}
      showSearch={{ filterOption: (typed, option) => String(option?.value).includes(typed) }}
      popupMatchSelectWidth={false}
      style={{ width: 160 }}
    />
  )
}

function ManyValues(props: {
  values: readonly Scalar[]
  isNumber: boolean
  suggestions?: readonly Suggestion[]
  onChange: (values: Scalar[]) => void
}) {
  const t = useText(ruleText)
  const read = (text: string): Scalar =>
    props.isNumber && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
  return (
    <Select
      mode="tags"
      aria-label={t.value}
      placeholder={t.values}
      value={props.values.map(String)}
      onChange={(texts: string[]) => props.onChange(texts.map(read))}
      options={options(props.suggestions)}
      optionRender={withHint}
      tokenSeparators={[',', '，', '、', '\n']}
      popupMatchSelectWidth={false}
      style={{ minWidth: 200, maxWidth: 420 }}
    />
  )
}

const options = (suggestions: readonly Suggestion[] = []) =>
  suggestions.map(({ value, hint }) => ({ value, label: value, hint }))

const withHint = ({ data }: { data: { label?: string; hint?: string } }) => (
  <Flex justify="space-between" gap={16}>
    <span>{data.label}</span>
    <span className="quiet small">{data.hint}</span>
  </Flex>
)
