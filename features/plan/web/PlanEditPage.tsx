import { Alert, App, Button, Card, Flex, Form, Input } from 'antd'
import { useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { LeaveGuard } from '#platform/web/LeaveGuard.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useUser } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useDraft } from '#platform/web/use-draft.ts'
import type { PlanEvent } from '../common/plan.ts'
import { PlaceRows } from './PlaceRows.tsx'
import { PropertyRows } from './PropertyRows.tsx'
import { cleanDraft, emptyDraft, type PlanDraft, problemsOf } from './plan-draft.ts'
import { useForgetPlan, usePlanEvent } from './plan-queries.ts'
import { planText } from './plan-text.ts'
import './plan.css'

/** One page for a new event and for a change: the form does not know which. */
export function PlanEditPage() {
  const { key } = useParams()
  const [search] = useSearchParams()
  const user = useUser()
  if (key !== undefined) return <ChangeEvent eventKey={key} />
  const named = search.get('key') ?? ''
  const start = { ...emptyDraft, key: named, owner: user.username }
  return <PlanForm draftKey={`plan.new.${named}`} start={start} />
}

function ChangeEvent({ eventKey }: { eventKey: string }) {
  const pick = usePick()
  const event = usePlanEvent(eventKey)
  return (
    <Loaded query={event}>
      {({ key, revision, draft }) => (
        <PlanForm
          key={revision}
          draftKey={`plan.${key}.${revision}`}
          start={{ key, ...draft, revision }}
          existing={pick(draft.name)}
        />
      )}
    </Loaded>
  )
}

type Props = { draftKey: string; start: PlanDraft; existing?: string }

function PlanForm(props: Props) {
  const t = useText(planText)
  const draft = useDraft<PlanDraft>(props.draftKey, props.start)
  const { error, isSaving, isTried, save } = useSave(props, draft)
  const set = (changed: Partial<PlanDraft>) => draft.set({ ...draft.value, ...changed })
  return (
    <Flex vertical gap={16}>
      <LeaveGuard isDirty={draft.isChanged && !isSaving} />
      <FormHeader
        {...props}
        isSaving={isSaving}
        onSave={() => void save()}
        onCancel={() => draft.reset(props.start)}
      />
      {draft.isRestored && (
        <Alert
          type="info"
          showIcon
          title={t.restored}
          action={
            <Button size="small" onClick={() => draft.reset(props.start)}>
              {t.discard}
            </Button>
          }
        />
      )}
      {error && <Alert type="error" showIcon title={t.notSaved} description={error} />}
      {isTried && <Missing draft={draft.value} />}
      <Identity draft={draft.value} isNew={props.existing === undefined} onChange={set} />
      <PropertyRows properties={draft.value.properties} onChange={(properties) => set({ properties })} />
      <PlaceRows places={draft.value.places} onChange={(places) => set({ places })} />
    </Flex>
  )
}

function FormHeader(props: Props & { isSaving: boolean; onSave: () => void; onCancel: () => void }) {
  const t = useText(planText)
  const navigate = useNavigate()
  const back = props.existing === undefined ? '/plan' : `/plan/events/${encodeURIComponent(props.start.key)}`
  return (
    <PageHeader
      title={props.existing === undefined ? t.createTitle : t.editTitle(props.existing)}
      back={back}
      actions={
        <>
          <Button
            onClick={() => {
              props.onCancel()
              void navigate(back)
            }}
          >
            {t.cancel}
          </Button>
          <Button type="primary" loading={props.isSaving} onClick={props.onSave} data-testid="plan-save">
            {t.save}
          </Button>
        </>
      }
    />
  )
}

function Missing({ draft }: { draft: PlanDraft }) {
  const t = useText(planText)
  const pick = usePick()
  const problems = problemsOf(draft)
  if (problems.length === 0) return null
  return <Alert type="warning" showIcon title={t.checks} description={problems.map(pick).join(' · ')} />
}

function Identity(props: {
  draft: PlanDraft
  isNew: boolean
  onChange: (changed: Partial<PlanDraft>) => void
}) {
  const t = useText(planText)
  const { draft, onChange, isNew } = props
  const field = (
    id: string,
    label: string,
    value: string,
    set: (text: string) => void,
    more: object = {},
  ) => (
    <Form.Item label={label} htmlFor={id}>
      <Input
        id={id}
        data-testid={id}
        maxLength={200}
        value={value}
        onChange={(change) => set(change.target.value)}
        {...more}
      />
    </Form.Item>
  )
  return (
    <Card size="small">
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid">
        {field('plan-key', t.key, draft.key, (key) => onChange({ key }), {
          disabled: !isNew,
          placeholder: 'money_out',
        })}
        {field('plan-name-zh', t.nameZh, draft.name.zh, (zh) => onChange({ name: { ...draft.name, zh } }))}
        {field('plan-name-en', t.nameEn, draft.name.en, (en) => onChange({ name: { ...draft.name, en } }))}
        {field('plan-owner', t.owner, draft.owner, (owner) => onChange({ owner }), {
          maxLength: 64,
          placeholder: t.ownerHint,
        })}
        <Form.Item
          label={t.description}
          htmlFor="plan-description"
          className="form-wide"
          style={{ marginBottom: 0 }}
        >
          <Input.TextArea
            id="plan-description"
            autoSize={{ minRows: 1, maxRows: 4 }}
            maxLength={2000}
            value={draft.description}
            onChange={(change) => onChange({ description: change.target.value })}
          />
        </Form.Item>
      </Form>
    </Card>
  )
}

function useSave(props: Props, draft: ReturnType<typeof useDraft<PlanDraft>>) {
  const t = useText(planText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const forget = useForgetPlan()
  const { message } = App.useApp()
  const [error, setError] = useState<string>()
  const [isSaving, setSaving] = useState(false)
  const [isTried, setTried] = useState(false)
  const save = async () => {
    setTried(true)
    if (problemsOf(draft.value).length > 0) return
    setSaving(true)
    setError(undefined)
    try {
      const { key, revision, ...body } = cleanDraft(draft.value)
      const saved =
        props.existing === undefined
          ? await api.post<PlanEvent>('/api/plan/events', { key, ...body })
          : await api.put<PlanEvent>(pathOf`/api/plan/events/${key}`, { revision, ...body })
      draft.forget()
      void message.success(t.saved)
      // Left first: reading the event again would put a fresh form here.
      await navigate(`/plan/events/${encodeURIComponent(saved.key)}`)
      await forget()
    } catch (failure) {
      setError(words(failure))
      setSaving(false)
    }
  }
  return { error, isSaving, isTried, save }
}
