import { Flex, InputNumber, Select } from 'antd'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useText } from '#platform/web/text.ts'
import type { Within } from '../common/rule.ts'
import { ruleText } from './rule-text.ts'

type Kind = 'any' | 'days' | 'hours' | 'minutes' | 'between'

const kindOf = (within: Within | undefined): Kind => {
  if (!within) return 'any'
  if ('days' in within) return 'days'
  if ('hours' in within) return 'hours'
  return 'minutes' in within ? 'minutes' : 'between'
}

const startOf: { readonly [K in Kind]: Within | undefined } = {
  any: undefined,
  days: { days: 30 },
  hours: { hours: 24 },
  minutes: { minutes: 60 },
  between: {},
}

/** A time window: any time, the last days, hours or minutes, or between two dates. */
export function WithinInput(props: {
  value: Within | undefined
  onChange: (within: Within | undefined, field: string) => void
}) {
  const t = useText(ruleText)
  const kind = kindOf(props.value)
  const labels = { any: t.anyTime, days: t.days, hours: t.hours, minutes: t.minutes, between: t.between }
  return (
    <Flex gap={4} align="center" wrap>
      <Select
        aria-label={t.window}
        value={kind}
        onChange={(next: Kind) => props.onChange(startOf[next], 'kind')}
        options={Object.entries(labels).map(([value, label]) => ({ value, label }))}
        popupMatchSelectWidth={false}
        style={{ minWidth: 112 }}
      />
      <WithinValue {...props} />
    </Flex>
  )
}

function WithinValue({
  value,
  onChange,
}: {
  value: Within | undefined
  onChange: (within: Within | undefined, field: string) => void
}) {
  const t = useText(ruleText)
  if (!value) return null
  const units = { days: t.daysUnit, hours: t.hoursUnit, minutes: t.minutesUnit }
  for (const unit of ['days', 'hours', 'minutes'] as const) {
    if (!(unit in value)) continue
    return (
      <>
        <InputNumber
          aria-label={t.window}
          min={1}
          precision={unit === 'days' ? 0 : undefined}
          value={(value as Record<string, number>)[unit]}
          onChange={(number) => number && onChange({ [unit]: number } as Within, unit)}
          style={{ width: 80 }}
        />
        <span>{units[unit]}</span>
      </>
    )
  }
  const dates = value as { from?: string; to?: string }
  const date = (field: 'from' | 'to', label: string) => (
    <DateBox
      label={label}
      value={dates[field]?.slice(0, 10) ?? ''}
      onChange={(day) => {
        const { [field]: _, ...other } = dates
        onChange(day ? { ...other, [field]: day } : other, field)
      }}
      style={{ width: 148 }}
    />
  )
  return (
    <>
      {date('from', t.valueFrom)}
      <span className="quiet">{t.until}</span>
      {date('to', t.until)}
    </>
  )
}
