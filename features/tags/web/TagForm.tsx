import { useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { RuleEstimate } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { LeaveGuard } from '#platform/web/LeaveGuard.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useDraft } from '#platform/web/use-draft.ts'
import type { Tag } from '../common/tag.ts'
import { SourceFields } from './SourceFields.tsx'
import { SourceInWords } from './SourceInWords.tsx'
import { TagIdentity } from './TagIdentity.tsx'
import { TryCard } from './TryCard.tsx'
import { problemsOf, type TagDraft } from './tag-draft.ts'
import { tagText } from './tag-text.ts'

type Props = { draftKey: string; start: TagDraft; existing?: string }

/** A tag's names, source and refresh; in words and as JSON beside it. */
export function TagForm(props: Props) {
  const t = useText(tagText)
  const draft = useDraft<TagDraft>(props.draftKey, props.start)
  const { value } = draft
  const { error, isSaving, isTried, save } = useSave(props, draft)
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
      {isTried && <Missing draft={value} />}
      <div className="editor-grid">
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          <TagIdentity
            draft={value}
            isNew={props.existing === undefined}
            isTried={isTried}
            onChange={draft.set}
          />
          <SourceFields draft={value} onChange={draft.set} />
        </Flex>
        <Preview draft={value} />
      </div>
    </Flex>
  )
}

function FormHeader(props: Props & { isSaving: boolean; onSave: () => void; onCancel: () => void }) {
  const t = useText(tagText)
  const navigate = useNavigate()
  const back = props.existing === undefined ? '/tags' : `/tags/${props.start.key}`
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
          <Button type="primary" loading={props.isSaving} onClick={props.onSave} data-testid="tag-save">
            {t.save}
          </Button>
        </>
      }
    />
  )
}

function Missing({ draft }: { draft: TagDraft }) {
  const t = useText(tagText)
  const pick = usePick()
  const problems = problemsOf(draft)
  if (problems.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      title={t.checks}
      description={[...new Set(problems.map(pick))].join(' · ')}
    />
  )
}

function Preview({ draft }: { draft: TagDraft }) {
  const t = useText(tagText)
  return (
    <Flex vertical gap={16} className="editor-side">
      {'rule' in draft.source && (
        <Card size="small">
          <RuleEstimate rule={draft.source.rule} />
        </Card>
      )}
      <TryCard draft={draft} />
      <Card size="small" title={t.definition}>
        <SourceInWords source={draft.source} />
      </Card>
      <Card size="small" title={t.json}>
        <div className="quiet small">{t.jsonHint}</div>
        <pre className="json" data-testid="tag-json">
          {JSON.stringify(draft, null, 2)}
        </pre>
      </Card>
    </Flex>
  )
}

function useSave(props: Props, draft: ReturnType<typeof useDraft<TagDraft>>) {
  const t = useText(tagText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
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
      const { key, template, ...body } = draft.value
      const saved =
        props.existing === undefined
          ? await api.post<Tag>('/api/tags', { key, template, ...body })
          : await api.put<Tag>(pathOf`/api/tags/${props.start.key}`, body)
      draft.forget()
      await queries.invalidateQueries({ queryKey: ['/api/tags'] })
      void message.success(t.saved)
      void navigate(`/tags/${saved.key}`)
    } catch (failure) {
      setError(words(failure))
      setSaving(false)
    }
  }
  return { error, isSaving, isTried, save }
}
