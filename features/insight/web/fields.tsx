import { PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Flex, InputNumber, Select } from 'antd'
import type { ReactNode } from 'react'
import type { Rule } from '#features/rules/common/rule.ts'
import {
  EventSelect,
  PropertyInput,
  RuleInWords,
  useVocabulary,
  WhereList,
  WithinInput,
} from '#features/rules/web/index.ts'
import { useText } from '#platform/web/text.ts'
import type { Breakdown, EventFilter, FrameQuery, Length } from '../common/frame.ts'
import { insightText } from './insight-text.ts'

/** A label over its control. */
export function Field(props: { label: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className="insight-field" aria-label={props.label}>
      <Flex justify="space-between" align="center" gap={4}>
        <span className="quiet small">{props.label}</span>
        <Flex>{props.extra}</Flex>
      </Flex>
      {props.children}
    </fieldset>
  )
}

/** An event with its conditions. */
export function EventField(props: {
  label: string
  value: EventFilter
  onChange: (value: EventFilter) => void
  extra?: ReactNode
}) {
  const t = useText(insightText)
  const { value, onChange } = props
  const where = value.where ?? []
  return (
    <Field label={props.label} extra={props.extra}>
      <Flex gap={4} align="center" wrap>
        <EventSelect value={value.event} onChange={(event) => onChange({ event })} />
        {value.event !== '' && (
          <Button
            type="text"
            size="small"
            icon={<PlusOutlined />}
            onClick={() => onChange({ ...value, where: [...where, { prop: '', is: 'eq', value: '' }] })}
          >
            {t.addWhere}
          </Button>
        )}
      </Flex>
      <WhereList event={value.event} where={where} onChange={(next) => onChange({ ...value, where: next })} />
    </Field>
  )
}

/** When and of whom. */
export function FrameFields<Q extends Partial<FrameQuery>>(props: {
  value: Q
  onChange: (value: Q) => void
}) {
  const t = useText(insightText)
  const { value, onChange } = props
  const { segments } = useVocabulary()
  const { audience, ...rest } = value
  const segment = audience && 'segment' in audience ? audience.segment : undefined
  const choose = (key: string | undefined) =>
    onChange((key ? { ...rest, audience: { segment: key } satisfies Rule } : rest) as Q)
  return (
    <>
      <Field label={t.period}>
        <WithinInput
          value={value.period}
          onChange={(period) => onChange({ ...value, period: period ?? { days: 30 } })}
        />
      </Field>
      <Field label={t.audience}>
        <Select
          aria-label={t.audience}
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          placeholder={audience && !segment ? t.ownRule : t.everyone}
          value={segment}
          onChange={choose}
          options={segments.map(({ key, name }) => ({ value: key, label: name }))}
        />
        {audience && !segment && <RuleInWords rule={audience} />}
      </Field>
    </>
  )
}

const kinds = ['prop', 'tag', 'segment', 'org'] as const
type Kind = (typeof kinds)[number]
const kindOf = (by: Breakdown | undefined): Kind | undefined => by && kinds.find((kind) => kind in by)

/** What divides the numbers into groups. */
export function BreakdownField(props: {
  event: string
  value: Breakdown | undefined
  onChange: (by: Breakdown | undefined) => void
}) {
  const t = useText(insightText)
  const { tags, segments, names } = useVocabulary()
  const { value, onChange } = props
  const kind = kindOf(value)
  const begin: { [K in Kind]: () => Breakdown } = {
    prop: () => ({ prop: '' }),
    tag: () => ({ tag: tags[0]?.key ?? '' }),
    segment: () => ({ segment: segments[0]?.key ?? '' }),
    org: () => ({ org: 'branch' }),
  }
  const search = { optionFilterProp: 'label' }
  return (
    <Field label={t.by}>
      <Flex gap={4} wrap>
        <Select
          aria-label={t.by}
          allowClear
          placeholder={t.none}
          value={kind}
          style={{ minWidth: 110 }}
          onChange={(next: Kind | undefined) => onChange(next && begin[next]())}
          options={[
            { value: 'prop', label: t.byProp },
            { value: 'tag', label: t.byTag },
            { value: 'segment', label: t.bySegment },
            { value: 'org', label: t.byOrg },
          ]}
        />
        {value && 'prop' in value && (
          <PropertyInput event={props.event} value={value.prop} onChange={(prop) => onChange({ prop })} />
        )}
        {value && 'tag' in value && (
          <Select
            aria-label={t.byTag}
            showSearch={search}
            value={value.tag}
            style={{ minWidth: 140 }}
            onChange={(tag: string) => onChange({ tag })}
            options={tags.map(({ key }) => ({ value: key, label: names.tag(key)?.name ?? key }))}
          />
        )}
        {value && 'segment' in value && (
          <Select
            aria-label={t.bySegment}
            showSearch={search}
            value={value.segment}
            style={{ minWidth: 140 }}
            onChange={(segment: string) => onChange({ segment })}
            options={segments.map(({ key, name }) => ({ value: key, label: name }))}
          />
        )}
        {value && 'org' in value && (
          <Select
            aria-label={t.byOrg}
            value={value.org}
            onChange={(org) => onChange({ org })}
            options={(['branch', 'sub_branch', 'outlet'] as const).map((org) => ({
              value: org,
              label: t[org],
            }))}
          />
        )}
      </Flex>
    </Field>
  )
}

/** A length of time. */
export function LengthField(props: { label: string; value: Length; onChange: (value: Length) => void }) {
  const t = useText(insightText)
  const [unit = 'days', amount = 1] = Object.entries(props.value)[0] as [keyof typeof units, number]
  const units = { days: t.days, hours: t.hours, minutes: t.minutes }
  const put = (name: string, count: number) => props.onChange({ [name]: count } as Length)
  return (
    <Field label={props.label}>
      <Flex gap={4}>
        <InputNumber
          aria-label={props.label}
          min={1}
          max={3660}
          value={amount}
          onChange={(count) => put(unit, count ?? 1)}
        />
        <Select
          aria-label={props.label}
          value={unit}
          onChange={(next: string) => put(next, amount)}
          options={Object.entries(units).map(([value, label]) => ({ value, label }))}
        />
      </Flex>
    </Field>
  )
}

/** One of a few. */
export function ChoiceField<V extends string>(props: {
  label: string
  value: V
  choices: Readonly<Record<V, string>>
  onChange: (value: V) => void
}) {
  return (
    <Field label={props.label}>
      <Select
        aria-label={props.label}
        value={props.value}
        onChange={props.onChange}
        options={Object.entries<string>(props.choices).map(([value, label]) => ({
          value: value as V,
          label,
        }))}
      />
    </Field>
  )
}

/** A whole number. */
export function NumberField(props: {
  label: string
  value: number
  min?: number
  max: number
  onChange: (value: number) => void
}) {
  const { label, value, min = 1, max } = props
  return (
    <Field label={label}>
      <InputNumber
        aria-label={label}
        min={min}
        max={max}
        value={value}
        onChange={(next) => props.onChange(next ?? min)}
      />
    </Field>
  )
}

/** Yes or no. */
export const SwitchField = (props: { label: string; value: boolean; onChange: (value: boolean) => void }) => (
  <Checkbox checked={props.value} onChange={(event) => props.onChange(event.target.checked)}>
    {props.label}
  </Checkbox>
)
