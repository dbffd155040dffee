import { Alert, Card, Flex, Form, InputNumber, Slider } from 'antd'
import { useEstimate } from '#features/rules/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import type { PartProps } from './GoalFields.tsx'

const marks = { 0: '0', 10: '10%', 20: '20%', 50: '50%', 90: '90%' }
const fewest = 100

/** How many are left out at random, and what that means for this audience. */
export function HoldoutField({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const set = (holdoutPercent: number | null) => onChange({ ...draft, holdoutPercent })
  return (
    <Card size="small" title={t.holdout}>
      <Form layout="vertical" requiredMark={false} component="div">
        <FormField id="holdout" path="holdoutPercent" problems={problems} hint={t.holdoutHint}>
          <Flex gap={24} align="flex-start" wrap>
            <Slider
              aria-label={t.holdout}
              style={{ flex: '1 1 220px' }}
              min={0}
              max={90}
              marks={marks}
              value={draft.holdoutPercent ?? 0}
              onChange={set}
            />
            <InputNumber
              id="holdout"
              data-testid="holdout"
              aria-label={t.holdout}
              min={0}
              max={90}
              precision={2}
              suffix="%"
              value={draft.holdoutPercent}
              onChange={set}
              style={{ width: 104 }}
              formatter={(value) => (value === undefined ? '' : String(Number(value)))}
            />
          </Flex>
        </FormField>
        <Meaning draft={draft} />
      </Form>
    </Card>
  )
}

function Meaning({ draft }: Pick<PartProps, 'draft'>) {
  const t = useText(decideText)
  const format = useFormat()
  const { data, isComplete } = useEstimate(draft.audience)
  const share = (draft.holdoutPercent ?? 0) / 100
  if (share === 0) return <Alert type="warning" showIcon title={t.holdoutNone} />
  if (!data || !isComplete) return null
  const held = Math.round(data.count * share)
  return (
    <Flex vertical gap={8}>
      <span data-testid="holdout-meaning">
        {t.holdoutPeople(format.number(data.count - held), format.number(held))}
      </span>
      {held < fewest && <Alert type="warning" showIcon title={t.holdoutSmall} />}
    </Flex>
  )
}
