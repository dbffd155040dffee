import { useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { RuleEstimate, RuleInWords } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { LeaveGuard } from '#platform/web/LeaveGuard.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useText } from '#platform/web/text.ts'
import { useDraft } from '#platform/web/use-draft.ts'
import type { Campaign } from '../common/campaign.ts'
import { AudienceField } from './AudienceField.tsx'
import { CampaignSteps } from './CampaignSteps.tsx'
import { bodyOf, type CampaignDraft, checkDraft, serverProblems } from './campaign-draft.ts'
import { campaignsKey } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { decideText } from './decide-text.ts'
import { GoalFields } from './GoalFields.tsx'
import { HoldoutField } from './HoldoutField.tsx'
import { OfferFields } from './OfferFields.tsx'
import { PeriodField } from './PeriodField.tsx'
import { PhonePreview } from './PhonePreview.tsx'
import { RungFields } from './RungFields.tsx'

type FormProps = { draftKey: string; start: CampaignDraft; existing?: Campaign }

/** Everything a campaign decides on one page, with the live count and the customer's view beside it. */
export function CampaignForm(props: FormProps) {
  const t = useText(decideText)
  const draft = useDraft<CampaignDraft>(props.draftKey, props.start)
  const { error, isSaving, problems, save } = useSave(props, draft)
  const { value, set } = draft
  const part = { draft: value, problems, onChange: set }
  const isNew = props.existing === undefined
  return (
    <Flex vertical gap={16}>
      <LeaveGuard isDirty={draft.isChanged && !isSaving} />
      <FormHeader {...{ ...props, draft, isSaving, save }} />
      <CampaignSteps state="draft" shown="decide" />
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
      {props.existing?.state === 'approved' && <Alert type="warning" showIcon title={t.voids} />}
      {error && <Alert type="error" showIcon title={t.notSaved} description={error} />}
      {!error && problems.length > 0 && <Alert type="warning" showIcon title={t.toFix(problems.length)} />}
      <div className="editor-grid">
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          <GoalFields {...part} isNew={isNew} />
          <AudienceField {...part} />
          <OfferFields {...part} />
          <RungFields {...part} />
          <HoldoutField {...part} />
          <PeriodField {...part} />
        </Flex>
        <FormSide draft={value} />
      </div>
    </Flex>
  )
}

function FormSide({ draft }: { draft: CampaignDraft }) {
  const t = useText(decideText)
  const words = useText(campaignText)
  return (
    <Flex vertical gap={16} className="editor-side">
      <Card size="small">
        <RuleEstimate rule={draft.audience} />
      </Card>
      <Card size="small" title={words.preview}>
        <PhonePreview
          offer={draft.offer}
          hasInbox={draft.rungs.some((rung) => rung.kind === 'place' && rung.inbox)}
        />
      </Card>
      <Card size="small" title={t.inWords}>
        <RuleInWords rule={draft.audience} />
      </Card>
    </Flex>
  )
}

function FormHeader(
  props: FormProps & {
    draft: ReturnType<typeof useDraft<CampaignDraft>>
    isSaving: boolean
    save: () => Promise<void>
  },
) {
  const t = useText(decideText)
  const navigate = useNavigate()
  const back = props.existing ? `/campaigns/${props.existing.key}` : '/campaigns'
  return (
    <PageHeader
      title={props.existing ? t.editTitle(props.existing.name) : t.createTitle}
      back={back}
      actions={
        <>
          <Button
            onClick={() => {
              props.draft.reset(props.start)
              void navigate(back)
            }}
          >
            {t.cancel}
          </Button>
          <Button
            type="primary"
            loading={props.isSaving}
            onClick={() => void props.save()}
            data-testid="save-campaign"
          >
            {t.save}
          </Button>
        </>
      }
    />
  )
}

function useSave({ existing }: FormProps, draft: ReturnType<typeof useDraft<CampaignDraft>>) {
  const t = useText(decideText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [failure, setFailure] = useState<unknown>()
  const [isSaving, setSaving] = useState(false)
  const [isTried, setTried] = useState(false)
  const own = isTried ? checkDraft(draft.value) : []
  const problems = [...own, ...serverProblems(failure)]
  const save = async () => {
    setTried(true)
    setFailure(undefined)
    const [first] = checkDraft(draft.value)
    if (first) return showProblem(first.path)
    setSaving(true)
    try {
      const body = bodyOf(draft.value)
      const saved = existing
        ? await api.put<Campaign>(pathOf`/api/campaigns/${existing.key}`, body)
        : await api.post<Campaign>('/api/campaigns', body)
      draft.forget()
      await queries.invalidateQueries({ queryKey: [campaignsKey] })
      void message.success(t.saved)
      void navigate(`/campaigns/${saved.key}`)
    } catch (error) {
      setFailure(error)
      setSaving(false)
    }
  }
  return { error: failure === undefined ? undefined : words(failure), isSaving, problems, save }
}

/** Brings the first field to complete into view, once its words are there. */
function showProblem(path: string): void {
  requestAnimationFrame(() =>
    document.querySelector(`[data-testid="problem-${path}"]`)?.scrollIntoView({ block: 'center' }),
  )
}
