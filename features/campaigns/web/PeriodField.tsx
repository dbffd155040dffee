import { Button, Card, Flex, Form } from 'antd'
import { bankClockOf, momentOfBankClock } from '#platform/web/bank-clock.ts'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import type { PartProps } from './GoalFields.tsx'

const dayMs = 86_400_000

/** From when to when, by the bank's clock. */
export function PeriodField({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const format = useFormat()
  const from = Date.parse(draft.from)
  const days = (Date.parse(draft.to) - from) / dayMs
  const presets = [
    { label: t.weeks2, days: 14 },
    { label: t.month, days: 30 },
    { label: t.quarter, days: 90 },
  ]
  const box = (field: 'from' | 'to') => (
    <FormField id={`campaign-${field}`} label={t[field]} path={field} problems={problems} hint={t.bankTime}>
      <DateBox
        id={`campaign-${field}`}
        testId={`campaign-${field}`}
        hasTime
        value={bankClockOf(draft[field])}
        onChange={(minute) => onChange({ ...draft, [field]: momentOfBankClock(minute) ?? '' })}
      />
    </FormField>
  )
  return (
    <Card size="small" title={t.period}>
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid two-columns">
        {box('from')}
        {box('to')}
      </Form>
      <Flex gap={8} align="center" wrap>
        {presets.map((preset) => (
          <Button
            key={preset.days}
            size="small"
            disabled={Number.isNaN(from)}
            onClick={() => onChange({ ...draft, to: new Date(from + preset.days * dayMs).toISOString() })}
          >
            {preset.label}
          </Button>
        ))}
        {days > 0 && <span className="quiet">{t.lasts(format.number(Math.round(days * 10) / 10))}</span>}
      </Flex>
    </Card>
  )
}
