import { DeleteOutlined, PlusOutlined, UpOutlined } from '@ant-design/icons'
import { Button, Flex } from 'antd'
import type { ReactNode } from 'react'
import { PropertyInput } from '#features/rules/web/index.ts'
import { useText } from '#platform/web/text.ts'
import type { DistributionQuery } from '../common/distribution.ts'
import type { EventFilter } from '../common/frame.ts'
import type { FunnelQuery } from '../common/funnel.ts'
import type { HeatQuery } from '../common/heat.ts'
import type { IntervalQuery } from '../common/interval.ts'
import type { PathQuery } from '../common/path.ts'
import type { RetentionQuery } from '../common/retention.ts'
import type { SessionQuery } from '../common/session.ts'
import type { TrendQuery } from '../common/trend.ts'
import {
  BreakdownField,
  ChoiceField,
  EventField,
  Field,
  FrameFields,
  LengthField,
  NumberField,
  SwitchField,
} from './fields.tsx'
import { insightText } from './insight-text.ts'

type FormOf<Q> = { value: Q; onChange: (value: Q) => void }

export function TrendForm({ value, onChange }: FormOf<TrendQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<TrendQuery>) => onChange({ ...value, ...change })
  const { prop: _, ...withoutProp } = value
  return (
    <>
      <EventField label={t.event} value={value.event} onChange={(event) => put({ event })} />
      <ChoiceField
        label={t.size}
        value={value.size}
        choices={{ hour: t.hour, day: t.day, week: t.week, month: t.month }}
        onChange={(size) => put({ size })}
      />
      <Field label={t.sumProp}>
        <PropertyInput
          event={value.event.event}
          value={value.prop ?? ''}
          isClearable
          onChange={(prop) => (prop ? put({ prop }) : onChange(withoutProp))}
        />
      </Field>
      <BreakdownField event={value.event.event} value={value.by} onChange={(by) => put({ by })} />
      <FrameFields value={value} onChange={onChange} />
      <SwitchField label={t.compare} value={value.compare} onChange={(compare) => put({ compare })} />
    </>
  )
}

function RowButton(props: { label: string; icon: ReactNode; onClick: () => void }) {
  return (
    <Button type="text" size="small" icon={props.icon} aria-label={props.label} onClick={props.onClick} />
  )
}

export function FunnelForm({ value, onChange }: FormOf<FunnelQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<FunnelQuery>) => onChange({ ...value, ...change })
  const { steps, exclude = [] } = value
  const setStep = (nth: number, step: EventFilter) => put({ steps: steps.toSpliced(nth, 1, step) })
  return (
    <>
      {steps.map((step, nth) => (
        <EventField
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
          key={nth}
          label={t.step(nth + 1)}
          value={step}
          onChange={(next) => setStep(nth, next)}
          extra={
            <>
              {nth > 0 && (
                <RowButton
                  label={`${t.up} ${t.step(nth + 1)}`}
                  icon={<UpOutlined />}
                  onClick={() => put({ steps: steps.toSpliced(nth - 1, 2, step, steps[nth - 1] ?? step) })}
                />
              )}
              {steps.length > 2 && (
                <RowButton
                  label={`${t.remove} ${t.step(nth + 1)}`}
                  icon={<DeleteOutlined />}
                  onClick={() => put({ steps: steps.toSpliced(nth, 1) })}
                />
              )}
            </>
          }
        />
      ))}
      <Flex gap={8} wrap>
        {steps.length < 10 && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => put({ steps: [...steps, { event: '' }] })}
          >
            {t.addStep}
          </Button>
        )}
        {exclude.length < 5 && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => put({ exclude: [...exclude, { event: '' }] })}
          >
            {t.addExclude}
          </Button>
        )}
      </Flex>
      {exclude.map((one, nth) => (
        <EventField
          // biome-ignore lint/suspicious/noArrayIndexKey: exclusions have no identity but their place
          key={nth}
          label={t.exclude}
          value={one}
          onChange={(next) => put({ exclude: exclude.toSpliced(nth, 1, next) })}
          extra={
            <RowButton
              label={`${t.remove} ${t.exclude}`}
              icon={<DeleteOutlined />}
              onClick={() => put({ exclude: exclude.toSpliced(nth, 1) })}
            />
          }
        />
      ))}
      <LengthField label={t.window} value={value.window} onChange={(window) => put({ window })} />
      <BreakdownField event={steps[0]?.event ?? ''} value={value.by} onChange={(by) => put({ by })} />
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function RetentionForm({ value, onChange }: FormOf<RetentionQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<RetentionQuery>) => onChange({ ...value, ...change })
  return (
    <>
      <EventField label={t.startEvent} value={value.start} onChange={(start) => put({ start })} />
      <EventField
        label={t.returnEvent}
        value={value.returning}
        onChange={(returning) => put({ returning })}
      />
      <ChoiceField
        label={t.size}
        value={value.size}
        choices={{ day: t.day, week: t.week, month: t.month }}
        onChange={(size) => put({ size })}
      />
      <ChoiceField
        label={t.cohortKind}
        value={value.cohort}
        choices={{ recurring: t.recurring, first: t.first }}
        onChange={(cohort) => put({ cohort })}
      />
      <NumberField
        label={t.periods}
        value={value.periods}
        max={30}
        onChange={(periods) => put({ periods })}
      />
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function PathForm({ value, onChange }: FormOf<PathQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<PathQuery>) => onChange({ ...value, ...change })
  const pages = [{ event: 'page_viewed', prop: 'page' }]
  return (
    <>
      <EventField label={t.anchor} value={value.anchor} onChange={(anchor) => put({ anchor })} />
      <ChoiceField
        label={t.direction}
        value={value.direction}
        choices={{ from: t.from, to: t.to }}
        onChange={(direction) => put({ direction })}
      />
      <NumberField label={t.depth} value={value.depth} max={6} onChange={(depth) => put({ depth })} />
      <NumberField label={t.top} value={value.top} max={20} onChange={(top) => put({ top })} />
      <NumberField
        label={t.gap}
        value={value.gapMinutes}
        max={43_200}
        onChange={(gapMinutes) => put({ gapMinutes })}
      />
      <SwitchField label={t.collapse} value={value.collapse} onChange={(collapse) => put({ collapse })} />
      <SwitchField
        label={t.detail}
        value={value.detail.length > 0}
        onChange={(isOn) => put({ detail: isOn ? pages : [] })}
      />
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function SessionForm({ value, onChange }: FormOf<SessionQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<SessionQuery>) => onChange({ ...value, ...change })
  return (
    <>
      <NumberField
        label={t.gap}
        value={value.gapMinutes}
        max={1440}
        onChange={(gapMinutes) => put({ gapMinutes })}
      />
      <ChoiceField
        label={t.size}
        value={value.size}
        choices={{ day: t.day, week: t.week, month: t.month }}
        onChange={(size) => put({ size })}
      />
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function HeatForm({ value, onChange }: FormOf<HeatQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<HeatQuery>) => onChange({ ...value, ...change })
  return (
    <>
      <EventField label={t.event} value={value.event} onChange={(event) => put({ event })} />
      {(['page', 'element', 'position'] as const).map((name) => (
        <Field key={name} label={t[name]}>
          <PropertyInput
            event={value.event.event}
            value={value[name]}
            onChange={(prop) => prop && put({ [name]: prop })}
          />
        </Field>
      ))}
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function DistributionForm({ value, onChange }: FormOf<DistributionQuery>) {
  const t = useText(insightText)
  const { prop, ...rest } = value
  const put = (change: Partial<DistributionQuery>) => onChange({ ...value, ...change })
  const choices = { count: t.count, days: t.daysActive, sum: t.sum, value: t.value }
  const needsProp = value.of === 'sum' || value.of === 'value'
  return (
    <>
      <EventField label={t.event} value={value.event} onChange={(event) => put({ event })} />
      <ChoiceField
        label={t.of}
        value={value.of}
        choices={choices}
        onChange={(of) =>
          onChange(of === 'sum' || of === 'value' ? { ...rest, of, prop: prop ?? 'amount' } : { ...rest, of })
        }
      />
      {needsProp && (
        <Field label={t.prop}>
          <PropertyInput
            event={value.event.event}
            value={prop ?? ''}
            onChange={(next) => next && put({ prop: next })}
          />
        </Field>
      )}
      <NumberField label={t.bins} value={value.bins} min={3} max={50} onChange={(bins) => put({ bins })} />
      {value.of !== 'value' && (
        <SwitchField label={t.zero} value={value.zero} onChange={(zero) => put({ zero })} />
      )}
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}

export function IntervalForm({ value, onChange }: FormOf<IntervalQuery>) {
  const t = useText(insightText)
  const put = (change: Partial<IntervalQuery>) => onChange({ ...value, ...change })
  return (
    <>
      <EventField label={t.firstEvent} value={value.first} onChange={(first) => put({ first })} />
      <EventField label={t.thenEvent} value={value.next} onChange={(next) => put({ next })} />
      <LengthField label={t.window} value={value.within} onChange={(within) => put({ within })} />
      <FrameFields value={value} onChange={onChange} />
    </>
  )
}
