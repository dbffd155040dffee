import { useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Flex, Form, Input } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Rule } from '#features/rules/common/rule.ts'
import { checkRule, RuleEditor, RuleEstimate, RuleInWords } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { LeaveGuard } from '#platform/web/LeaveGuard.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useText } from '#platform/web/text.ts'
import { useDraft } from '#platform/web/use-draft.ts'
import type { Segment } from '../common/segment.ts'
import { RefreshFields, type Refreshing } from './RefreshFields.tsx'
import { segmentText } from './segment-text.ts'
import { sharingText } from './sharing-text.ts'

export type SegmentDraft = { key: string; name: string; description: string; rule: Rule } & Refreshing

const keyPattern = /^[a-z][a-z0-9_-]{0,63}$/

/** Name, rule, live estimate; kept as a draft while it is written. */
export function SegmentForm(props: { draftKey: string; start: SegmentDraft; existing?: string }) {
  const t = useText(segmentText)
  const s = useText(sharingText)
  const navigate = useNavigate()
  const draft = useDraft<SegmentDraft>(props.draftKey, props.start)
  const { error, isSaving, isTried, save } = useSave(props, draft)
  // A draft kept by an older page lacks what pages since then ask for.
  const value = { ...props.start, ...draft.value }
  const back = props.existing === undefined ? '/segments' : `/segments/${props.start.key}`
  return (
    <Flex vertical gap={16}>
      <LeaveGuard isDirty={draft.isChanged && !isSaving} />
      <PageHeader
        title={props.existing === undefined ? t.createTitle : t.editTitle(props.existing)}
        back={back}
        actions={
          <>
            <Button
              onClick={() => {
                draft.reset(props.start)
                void navigate(back)
              }}
            >
              {t.cancel}
            </Button>
            <Button type="primary" loading={isSaving} onClick={() => void save()} data-testid="segment-save">
              {t.save}
            </Button>
          </>
        }
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
      <div className="editor-grid">
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          <Identity
            draft={value}
            isNew={props.existing === undefined}
            isTried={isTried}
            onChange={draft.set}
          />
          <Card size="small" title={s.kept}>
            <RefreshFields value={value} onChange={(refreshing) => draft.set({ ...value, ...refreshing })} />
          </Card>
          <Card title={t.rule} size="small">
            <RuleEditor
              value={value.rule}
              withoutSegment={props.existing === undefined ? undefined : value.key}
              onChange={(rule) => draft.set({ ...value, rule })}
            />
          </Card>
        </Flex>
        <Flex vertical gap={16} className="editor-side editor-side-first">
          <Card size="small">
            <RuleEstimate rule={value.rule} withBranches />
          </Card>
          <Card size="small" title={t.inWords}>
            <RuleInWords rule={value.rule} />
          </Card>
        </Flex>
      </div>
    </Flex>
  )
}

function useSave(
  props: { start: SegmentDraft; existing?: string },
  draft: ReturnType<typeof useDraft<SegmentDraft>>,
) {
  const t = useText(segmentText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [error, setError] = useState<string>()
  const [isSaving, setSaving] = useState(false)
  const [isTried, setTried] = useState(false)
  const save = async () => {
    const { key, ...body } = draft.value
    const isNew = props.existing === undefined
    setTried(true)
    if (body.name.trim() === '' || (isNew && !keyPattern.test(key)) || checkRule(body.rule).length > 0) return
    setSaving(true)
    setError(undefined)
    try {
      const saved = isNew
        ? await api.post<Segment>('/api/segments', { key, ...body })
        : await api.put<Segment>(pathOf`/api/segments/${props.start.key}`, body)
      draft.forget()
      await queries.invalidateQueries({ queryKey: ['/api/segments'] })
      void message.success(t.saved)
      void navigate(`/segments/${saved.key}`)
    } catch (failure) {
      setError(words(failure))
      setSaving(false)
    }
  }
  return { error, isSaving, isTried, save }
}

function Identity(props: {
  draft: SegmentDraft
  isNew: boolean
  isTried: boolean
  onChange: (draft: SegmentDraft) => void
}) {
  const t = useText(segmentText)
  const { draft, onChange, isNew } = props
  const nameError = props.isTried && draft.name.trim() === '' ? t.required : undefined
  const isKeyWrong = isNew && !keyPattern.test(draft.key) && (props.isTried || draft.key !== '')
  return (
    <Card size="small">
      <Form layout="vertical" requiredMark={false} component="div" className="form-grid">
        <Form.Item
          label={t.name}
          htmlFor="segment-name"
          validateStatus={nameError && 'error'}
          help={nameError}
        >
          <Input
            id="segment-name"
            data-testid="segment-name"
            maxLength={200}
            placeholder={t.nameHint}
            value={draft.name}
            onChange={(event) => onChange({ ...draft, name: event.target.value })}
          />
        </Form.Item>
        <Form.Item
          label={t.key}
          htmlFor="segment-key"
          validateStatus={isKeyWrong ? 'error' : undefined}
          help={isKeyWrong ? t.keyWrong : undefined}
          tooltip={t.keyHint}
        >
          <Input
            id="segment-key"
            data-testid="segment-key"
            maxLength={64}
            disabled={!isNew}
            placeholder="dormant-promising"
            value={draft.key}
            onChange={(event) => onChange({ ...draft, key: event.target.value })}
          />
        </Form.Item>
        <Form.Item
          label={t.description}
          htmlFor="segment-description"
          className="form-wide"
          style={{ marginBottom: 0 }}
        >
          <Input.TextArea
            id="segment-description"
            autoSize={{ minRows: 1, maxRows: 4 }}
            maxLength={2000}
            value={draft.description}
            onChange={(event) => onChange({ ...draft, description: event.target.value })}
          />
        </Form.Item>
      </Form>
    </Card>
  )
}
