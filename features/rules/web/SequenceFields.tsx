import {
  ArrowDownOutlined,
  ArrowUpOutlined,
  CloseOutlined,
  HolderOutlined,
  PlusOutlined,
} from '@ant-design/icons'
import { Button, Flex, InputNumber, Select } from 'antd'
import { type DragEvent, useState } from 'react'
import { useText } from '#platform/web/text.ts'
import type { SequenceLeaf, SequenceStep } from '../common/rule.ts'
import { EventSelect, PropertyInput } from './EventFields.tsx'
import { useEditor } from './editor-context.ts'
import { Polarity } from './Polarity.tsx'
import { ruleText } from './rule-text.ts'
import { StepWhere } from './StepWhere.tsx'
import { moveStep, removeStep } from './sequence-steps.ts'
import { WithinInput } from './WithinInput.tsx'

const mostSteps = 10

type Props = { id: string; leaf: SequenceLeaf; isNegated: boolean }

/** Events one after the other: which, in what order, within how long, about the same thing. */
export function SequenceFields({ id, leaf, isNegated }: Props) {
  const t = useText(ruleText)
  const { setLeaf } = useEditor()
  const set = (changed: Partial<SequenceLeaf>, field: string) =>
    setLeaf(id, compact({ ...leaf, ...changed }), field)
  const steps = leaf.sequence
  const change = (next: SequenceStep[], field: string) => set({ sequence: next }, field)
  return (
    <Flex vertical gap={8}>
      <Flex gap={8} align="center" wrap>
        <Polarity id={id} isNegated={isNegated} yes={t.didInOrder} no={t.didNotInOrder} />
        <WithinInput value={leaf.within} onChange={(within, field) => set({ within }, `within ${field}`)} />
      </Flex>
      <Steps id={id} steps={steps} onChange={change} />
      <Flex gap={4} wrap>
        {steps.length < mostSteps && (
          <Button
            type="link"
            size="small"
            icon={<PlusOutlined />}
            onClick={() => change([...steps, { did: '' }], 'steps')}
          >
            {t.addStep}
          </Button>
        )}
      </Flex>
      <SameAndDuration leaf={leaf} set={set} />
    </Flex>
  )
}

const compact = (leaf: SequenceLeaf): SequenceLeaf => ({
  sequence: leaf.sequence,
  ...(leaf.within ? { within: leaf.within } : {}),
  ...(leaf.duration ? { duration: leaf.duration } : {}),
  ...(leaf.same === undefined ? {} : { same: leaf.same }),
})

function Steps(props: {
  id: string
  steps: readonly SequenceStep[]
  onChange: (steps: SequenceStep[], field: string) => void
}) {
  const { steps, onChange } = props
  const [dragged, setDragged] = useState<number | null>(null)
  const { freshId } = useEditor()
  const drop = (to: number) => (event: DragEvent) => {
    event.preventDefault()
    if (dragged !== null && dragged !== to) onChange(moveStep(steps, dragged, to), 'order')
    setDragged(null)
  }
  return steps.map((step, index) => (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows beside it do the same by keyboard
    <div
      // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
      key={index}
      className={dragged === index ? 'rule-step is-dragged' : 'rule-step'}
      data-testid="rule-step"
      onDragOver={(event) => dragged !== null && event.preventDefault()}
      onDrop={drop(index)}
    >
      <Flex gap={8} align="center" wrap>
        <StepHandle index={index} onStart={() => setDragged(index)} onEnd={() => setDragged(null)} />
        <EventSelect
          value={step.did}
          isFresh={freshId === props.id && index === 0}
          onChange={(did) => onChange(steps.toSpliced(index, 1, { ...step, did }), `step ${index}`)}
        />
        <StepButtons index={index} count={steps.length} steps={steps} onChange={onChange} />
      </Flex>
      <StepWhere
        steps={steps}
        index={index}
        onChange={(next, field) => onChange(steps.toSpliced(index, 1, next), `step ${index} ${field}`)}
      />
    </div>
  ))
}

function StepHandle(props: { index: number; onStart: () => void; onEnd: () => void }) {
  const t = useText(ruleText)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows beside it do the same by keyboard
    <span
      className="rule-handle"
      draggable
      title={t.dragStep}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move'
        event.dataTransfer.setData('text/plain', String(props.index))
        props.onStart()
      }}
      onDragEnd={props.onEnd}
    >
      <HolderOutlined /> {props.index + 1}
    </span>
  )
}

function StepButtons(props: {
  index: number
  count: number
  steps: readonly SequenceStep[]
  onChange: (steps: SequenceStep[], field: string) => void
}) {
  const t = useText(ruleText)
  const { index, steps, onChange } = props
  const button = (label: string, icon: React.ReactNode, isOff: boolean, next: () => SequenceStep[]) => (
    <Button
      type="text"
      size="small"
      icon={icon}
      aria-label={`${label} ${index + 1}`}
      disabled={isOff}
      onClick={() => onChange(next(), 'steps')}
    />
  )
  return (
    <Flex>
      {button(t.up, <ArrowUpOutlined />, index === 0, () => moveStep(steps, index, index - 1))}
      {button(t.down, <ArrowDownOutlined />, index === props.count - 1, () =>
        moveStep(steps, index, index + 1),
      )}
      {button(t.removeStep, <CloseOutlined />, props.count === 1, () => removeStep(steps, index))}
    </Flex>
  )
}

type Unit = 'days' | 'hours' | 'minutes'
const unitOf = (duration: SequenceLeaf['duration']): Unit =>
  duration && 'days' in duration ? 'days' : duration && 'minutes' in duration ? 'minutes' : 'hours'

function SameAndDuration(props: {
  leaf: SequenceLeaf
  set: (changed: Partial<SequenceLeaf>, field: string) => void
}) {
  const t = useText(ruleText)
  const { leaf, set } = props
  const unit = unitOf(leaf.duration)
  const n = leaf.duration ? (leaf.duration as Record<string, number>)[unit] : undefined
  const duration = (value: number | null | undefined, next: Unit) =>
    set({ duration: value ? ({ [next]: value } as SequenceLeaf['duration']) : undefined }, 'duration')
  return (
    <Flex gap={8} align="center" wrap className="rule-detail">
      <span className="quiet">{t.same}</span>
      <PropertyInput
        event={leaf.sequence[0]?.did ?? ''}
        value={leaf.same ?? ''}
        isClearable
        onChange={(same) => set({ same: same || undefined }, 'same')}
      />
      <span className="quiet">{t.atMost}</span>
      <InputNumber
        aria-label={t.atMost}
        placeholder={t.anyLength}
        min={0}
        value={n ?? null}
        onChange={(value) => duration(value, unit)}
        style={{ width: 96 }}
      />
      <Select
        aria-label={t.durationUnit}
        value={unit}
        onChange={(next: Unit) => duration(n ?? 1, next)}
        options={(['days', 'hours', 'minutes'] as const).map((value) => ({
          value,
          label: { days: t.daysUnit, hours: t.hoursUnit, minutes: t.minutesUnit }[value],
        }))}
        popupMatchSelectWidth={false}
      />
    </Flex>
  )
}
