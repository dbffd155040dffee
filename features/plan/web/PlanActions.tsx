import { useMutation } from '@tanstack/react-query'
import { Alert, App, Button, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { PlanEvent } from '../common/plan.ts'
import { Differences } from './Differences.tsx'
import { useForgetPlan, usePlanChanges } from './plan-queries.ts'
import { planText, stateHints, useNames } from './plan-text.ts'

type Step = 'publish' | 'deprecate' | 'retire' | 'restore' | 'discard'

/** What may be done next with an event, by its state. */
const stepsOf = (event: PlanEvent): Step[] => [
  ...(event.hasChanges ? (['discard'] as const) : []),
  ...(event.state === 'deprecated' || event.state === 'retired' ? (['restore'] as const) : []),
  ...(event.state === 'active' ? (['deprecate'] as const) : []),
  ...(event.state === 'deprecated' ? (['retire'] as const) : []),
  ...(event.hasChanges && event.state !== 'retired' ? (['publish'] as const) : []),
]

export function PlanActions({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const may = useMay()
  const words = useStepWords(event)
  const [step, setStep] = useState<Step>()
  if (!may('plan.write')) return null
  return (
    <>
      {stepsOf(event).map((one) => (
        <Button
          key={one}
          type={one === 'publish' ? 'primary' : one === 'discard' ? 'text' : 'default'}
          danger={one === 'retire' || one === 'discard'}
          onClick={() => setStep(one)}
          data-testid={`plan-${one}`}
        >
          {words(one)}
        </Button>
      ))}
      {event.state !== 'retired' && (
        <Link to={`/plan/events/${encodeURIComponent(event.key)}/edit`}>
          <Button data-testid="plan-edit">{t.edit}</Button>
        </Link>
      )}
      {step && <StepDialog event={event} step={step} onClose={() => setStep(undefined)} />}
    </>
  )
}

function useStepWords(event: PlanEvent): (step: Step) => string {
  const t = useText(planText)
  return (step) => {
    if (step === 'discard') return event.version === 0 ? t.deleteDraft : t.discardDraft
    return t[step]
  }
}

function StepDialog({ event, step, onClose }: { event: PlanEvent; step: Step; onClose: () => void }) {
  const t = useText(planText)
  const words = useErrorWords()
  const title = useStepWords(event)(step)
  const [reason, setReason] = useState('')
  const run = useStep(event, step, onClose)
  return (
    <Modal
      open
      title={title}
      okText={title}
      cancelText={t.cancel}
      okButtonProps={{
        loading: run.isPending,
        danger: step === 'retire' || step === 'discard',
        ...{ 'data-testid': 'plan-confirm' },
      }}
      onOk={() => run.mutate(reason)}
      onCancel={onClose}
    >
      <Flex vertical gap={12}>
        {run.error && <Alert type="error" showIcon title={words(run.error)} />}
        <Consequences event={event} step={step} />
        <Input.TextArea
          aria-label={t.reason}
          placeholder={t.reason}
          maxLength={500}
          autoSize={{ minRows: 1, maxRows: 4 }}
          value={reason}
          onChange={(change) => setReason(change.target.value)}
        />
      </Flex>
    </Modal>
  )
}

function useStep(event: PlanEvent, step: Step, onClose: () => void) {
  const t = useText(planText)
  const forget = useForgetPlan()
  const navigate = useNavigate()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: (reason: string) =>
      api.post(`/api/plan/events/${encodeURIComponent(event.key)}/${step}`, {
        revision: event.revision,
        reason,
      }),
    onSuccess: async () => {
      void message.success(t.done)
      onClose()
      if (step === 'discard' && event.version === 0) await navigate('/plan')
      await forget()
    },
  })
}

/** What the step means: what publishing changes, who uses an event that is to go. */
function Consequences({ event, step }: { event: PlanEvent; step: Step }) {
  const t = useText(planText)
  const pick = usePick()
  const changes = usePlanChanges(event.key, event.revision)
  const isGoing = step === 'deprecate' || step === 'retire'
  const hint = { deprecate: stateHints.deprecated, retire: stateHints.retired, restore: stateHints.active }
  return (
    <>
      {step in hint && <span>{pick(hint[step as keyof typeof hint])}</span>}
      <Loaded query={changes} rows={2}>
        {({ differences, uses }) => (
          <>
            {(step === 'publish' || step === 'discard') && <Differences items={differences} />}
            {(isGoing || differences.some((one) => one.isStricter)) && uses.length > 0 && (
              <Alert
                type="warning"
                showIcon
                title={t.usedBy}
                description={uses.map((use) => `${pick(useNames[use.type])} ${use.name}`).join('、')}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  )
}
