import { CloseOutlined } from '@ant-design/icons'
import { Button, Flex, Select } from 'antd'
import { useState } from 'react'
import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Where } from '../common/rule.ts'
import { ChoiceSelect } from './ChoiceSelect.tsx'
import { ruleText } from './rule-text.ts'
import { useEventProperties, useVocabulary } from './use-vocabulary.ts'
import { ComparisonInput } from './ValueInput.tsx'

/** Chooses an event by its words in either language or by its own name; the number says how many were seen. */
export function EventSelect(props: {
  value: string
  isFresh?: boolean
  placeholder?: string
  isClearable?: boolean
  onChange: (event: string) => void
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const format = useFormat()
  const { events } = useVocabulary()
  return (
    <ChoiceSelect
      label={t.event}
      isFresh={props.isFresh ?? false}
      placeholder={props.placeholder}
      isClearable={props.isClearable}
      value={props.value}
      onChange={props.onChange}
      choices={events.map(({ name, count }) => ({
        value: name,
        label: eventName(name, language),
        texts: [eventName(name, 'zh'), eventName(name, 'en')],
        hint: format.compact(count),
      }))}
    />
  )
}

/** Names a property: those seen on the event are offered, any other can be typed. */
export function PropertyInput(props: {
  event: string
  value: string
  isClearable?: boolean
  onChange: (prop: string) => void
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const properties = useEventProperties(props.event)
  const [typed, setTyped] = useState('')
  const seen = properties.map(({ name, examples }) => ({ name, examples: examples.slice(0, 2).join(', ') }))
  const own = [props.value, typed.trim()]
    .filter(
      (name, index, all) =>
        name !== '' && all.indexOf(name) === index && !seen.some((one) => one.name === name),
    )
    .map((name) => ({ name, examples: '' }))
  return (
    <Select
      aria-label={t.prop}
      placeholder={t.prop}
      showSearch={{ optionFilterProp: 'words', onSearch: setTyped }}
      value={props.value || undefined}
      allowClear={props.isClearable ?? false}
      onChange={(prop?: string) => props.onChange(prop ?? '')}
      options={[...seen, ...own].map(({ name, examples }) => ({
        value: name,
        label: fieldName(name, language),
        words: `${name} ${fieldName(name, 'zh')} ${fieldName(name, 'en')}`,
        examples,
      }))}
      optionRender={({ data }) => (
        <Flex justify="space-between" gap={16}>
          <span>
            {data.label} {data.label !== data.value && <span className="quiet small">{data.value}</span>}
          </span>
          <span className="quiet small">{data.examples}</span>
        </Flex>
      )}
      popupMatchSelectWidth={false}
      style={{ minWidth: 120, maxWidth: 240 }}
    />
  )
}

/** Conditions on the properties of an event. */
export function WhereList(props: {
  event: string
  where: readonly Where[]
  onChange: (where: Where[], field: string) => void
}) {
  const t = useText(ruleText)
  const properties = useEventProperties(props.event)
  const put = (index: number, where: Where, field: string) =>
    props.onChange(props.where.toSpliced(index, 1, where), `where ${index} ${field}`)
  return props.where.map((where, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
    <Flex key={index} gap={8} align="center" wrap className="rule-detail">
      <span className="quiet rule-detail-label">{t.where}</span>
      <PropertyInput
        event={props.event}
        value={where.prop}
        onChange={(prop) => put(index, { ...where, prop }, 'prop')}
      />
      <ComparisonInput
        kind="text"
        condition={where}
        suggestions={properties.find(({ name }) => name === where.prop)?.examples.map((value) => ({ value }))}
        onChange={({ is, value }, field) =>
          put(index, { prop: where.prop, is, ...(value === undefined ? {} : { value }) }, field)
        }
      />
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={`${t.remove} ${t.addWhere}`}
        onClick={() => props.onChange(props.where.toSpliced(index, 1), 'where')}
      />
    </Flex>
  ))
}
