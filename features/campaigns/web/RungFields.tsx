import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { AutoComplete, Button, Card, Flex, Form, Input, InputNumber, Select, Switch, Tooltip } from 'antd'
import { useMarks } from '#platform/web/marks.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Rung } from '../common/campaign.ts'
import type { DraftProblem } from './campaign-draft.ts'
import { joinAfter, slotName, splitAfter } from './campaign-words.ts'
import { decideText } from './decide-text.ts'
import { FormField } from './FormField.tsx'
import type { PartProps } from './GoalFields.tsx'

type PlaceRung = Extract<Rung, { kind: 'place' }>
type TaskRung = Extract<Rung, { kind: 'task' }>
type Part<R> = { rung: R; path: string; problems: readonly DraftProblem[]; onChange: (rung: R) => void }

const most = 5
const slots = ['home_top']

/** The levels of escalation, one below the other. */
export function RungFields({ draft, problems, onChange }: PartProps) {
  const t = useText(decideText)
  const { rungs } = draft
  const set = (next: Rung[]) => onChange({ ...draft, rungs: next })
  const add = () =>
    set([...rungs, { kind: 'task', after: { days: 3 }, title: t.taskTitleDefault, dueDays: 3 }])
  return (
    <Card size="small" title={t.rungs}>
      <p className="quiet" style={{ marginTop: 0 }}>
        {t.rungsHint}
      </p>
      {rungs.map((rung, index) => {
        const change = (next: Rung) => set(rungs.map((one, at) => (at === index ? next : one)))
        const path = `rungs.${index}`
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rung is its place in the order
          <div className="rung" key={index}>
            <span className="rung-number" role="img" aria-label={t.rung(index + 1)}>
              {index + 1}
            </span>
            <div>
              <Flex justify="space-between" align="center" style={{ minHeight: 24, marginBottom: 8 }}>
                <strong>{rung.kind === 'place' ? t.place : t.task}</strong>
                {index > 0 && (
                  <Button
                    type="text"
                    size="small"
                    icon={<DeleteOutlined />}
                    aria-label={t.removeRung(index + 1)}
                    onClick={() => set(rungs.filter((_, at) => at !== index))}
                  />
                )}
              </Flex>
              {rung.kind === 'place' ? (
                <PlaceFields {...{ rung, path, problems, onChange: change }} />
              ) : (
                <TaskFields {...{ rung, path, problems, onChange: change }} />
              )}
            </div>
          </div>
        )
      })}
      {rungs.length < most && (
        <Button
          type="dashed"
          icon={<PlusOutlined />}
          onClick={add}
          style={{ marginTop: 16 }}
          data-testid="add-task-rung"
        >
          {t.addTask}
        </Button>
      )}
    </Card>
  )
}

function PlaceFields({ rung, path, problems, onChange }: Part<PlaceRung>) {
  const t = useText(decideText)
  const { noted } = useMarks()
  const pick = usePick()
  return (
    <Form layout="vertical" requiredMark={false} component="div" className="form-grid two-columns">
      <FormField id={`${path}-slot`} label={t.slot} path={`${path}.slot`} problems={problems}>
        <AutoComplete
          id={`${path}-slot`}
          value={rung.slot}
          maxLength={64}
          onChange={(slot: string) => onChange({ ...rung, slot })}
          options={slots.map((slot) => ({ value: slot, label: noted(pick(slotName(slot)), slot) }))}
        />
      </FormField>
      <FormField
        label={<Tooltip title={t.inboxHint}>{t.inbox}</Tooltip>}
        path={`${path}.inbox`}
        problems={problems}
      >
        <Switch
          aria-label={t.inbox}
          checked={rung.inbox}
          onChange={(inbox) => onChange({ ...rung, inbox })}
        />
      </FormField>
    </Form>
  )
}

function TaskFields({ rung, path, problems, onChange }: Part<TaskRung>) {
  const t = useText(decideText)
  const { count, unit } = splitAfter(rung.after)
  const ceiling = { days: 365, hours: 8760, minutes: 525_600 }[unit]
  return (
    <Form layout="vertical" requiredMark={false} component="div" className="form-grid two-columns">
      <FormField label={t.after} path={`${path}.after`} problems={problems}>
        <Flex gap={8} align="center" wrap>
          <InputNumber
            aria-label={t.after}
            data-testid="rung-after"
            min={0}
            max={ceiling}
            precision={0}
            value={count}
            onChange={(next) => onChange({ ...rung, after: joinAfter(next ?? 0, unit) })}
            style={{ width: 80 }}
          />
          <Select
            aria-label={t.after}
            data-testid="rung-after-unit"
            value={unit}
            onChange={(next) => onChange({ ...rung, after: joinAfter(count, next) })}
            options={(['days', 'hours', 'minutes'] as const).map((one) => ({ value: one, label: t[one] }))}
            style={{ width: 96 }}
          />
          <span>{t.afterEnd}</span>
        </Flex>
      </FormField>
      <FormField id={`${path}-due`} label={t.dueDays} path={`${path}.dueDays`} problems={problems}>
        <InputNumber
          id={`${path}-due`}
          min={1}
          max={90}
          precision={0}
          value={rung.dueDays}
          onChange={(dueDays) => onChange({ ...rung, dueDays: dueDays ?? 1 })}
          style={{ width: 80 }}
        />
      </FormField>
      <FormField id={`${path}-title`} label={t.taskTitle} path={`${path}.title`} problems={problems} isWide>
        <Input
          id={`${path}-title`}
          data-testid="rung-title"
          maxLength={100}
          value={rung.title}
          onChange={(event) => onChange({ ...rung, title: event.target.value })}
        />
      </FormField>
    </Form>
  )
}
