import { App, Button, Flex } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useApprovalsOf } from '#features/approvals/web/index.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { campaignText } from './campaign-text.ts'
import { nextAction, type Stage } from './campaign-words.ts'
import { reviewTextId } from './ReviewEditor.tsx'
import { StartDialog } from './StartDialog.tsx'
import { StopDialog } from './StopDialog.tsx'
import { SubmitDialog } from './SubmitDialog.tsx'
import { useCampaignJob, useStep } from './use-campaign-steps.ts'

/** Shows a stage; `isWriting` goes straight to the review's text. */
export type ShowStage = (stage: Stage, isWriting?: boolean) => void
type Dialog = 'submit' | 'start' | 'stop' | null
type Action = Campaign['actions'][number]

/** What may be done now: the one next action first and strong, the others beside it. */
export function CampaignActions({ campaign, onShow }: { campaign: Campaign; onShow: ShowStage }) {
  const t = useText(campaignText)
  const [dialog, setDialog] = useState<Dialog>(null)
  const { start, jobId, onEnd } = useCampaignJob(campaign, 'start', t.started)
  const close = () => setDialog(null)
  return (
    <Flex vertical gap={8} align="flex-end">
      <ActionButtons {...{ campaign, onShow, open: setDialog }} />
      {jobId && <JobProgress jobId={jobId} title={t.starting} onEnd={onEnd} />}
      <SubmitDialog campaign={campaign} isOpen={dialog === 'submit'} onClose={close} />
      {dialog === 'stop' && <StopDialog campaign={campaign} isOpen onClose={close} />}
      {dialog === 'start' && campaign.body && (
        <StartDialog
          body={campaign.body}
          isOpen
          isStarting={start.isPending}
          onClose={close}
          onStart={() => start.mutate(undefined, { onSettled: close })}
        />
      )}
    </Flex>
  )
}

function ActionButtons(props: { campaign: Campaign; onShow: ShowStage; open: (dialog: Dialog) => void }) {
  const t = useText(campaignText)
  const { campaign, onShow, open } = props
  const { modal } = App.useApp()
  const withdraw = useStep(campaign, 'withdraw', t.withdrawn)
  const pause = useStep(campaign, 'pause', t.paused)
  const resume = useStep(campaign, 'resume', t.resumed)
  const askWithdraw = () =>
    modal.confirm({
      title: t.withdrawTitle,
      content: t.withdrawHint,
      okText: t.withdraw,
      cancelText: t.cancel,
      onOk: () => withdraw.mutateAsync({}).catch(() => undefined),
    })
  const run: { readonly [A in Action]?: () => void } = {
    submit: () => open('submit'),
    start: () => open('start'),
    stop: () => open('stop'),
    withdraw: askWithdraw,
    pause: () => pause.mutate({}),
    resume: () => resume.mutate({}),
    close: () => {
      onShow('review', true)
      // Already on the review: the address is the same, so nothing else would move there.
      document.getElementById(reviewTextId)?.focus()
    },
  }
  const next = nextAction(campaign.actions)
  const order: Action[] = ['stop', 'pause', 'withdraw', 'edit', 'resume', 'start', 'submit', 'close']
  const shown = order.filter((action) => campaign.actions.includes(action))
  return (
    <Flex gap={8} wrap justify="flex-end">
      {shown.map((action) => {
        const button = (
          <Button
            key={action}
            type={action === next ? 'primary' : 'default'}
            danger={action === 'stop'}
            data-testid={action === 'close' ? 'to-review' : `${action}-campaign`}
            loading={(action === 'pause' && pause.isPending) || (action === 'resume' && resume.isPending)}
            onClick={run[action]}
          >
            {t[action]}
          </Button>
        )
        if (action !== 'edit') return button
        return (
          <Link key={action} to={`/campaigns/${campaign.key}/edit`}>
            {button}
          </Link>
        )
      })}
      <ApprovalLink campaign={campaign} />
    </Flex>
  )
}

/** For who may decide: the way to what waits for a decision. */
function ApprovalLink({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const may = useMay()
  const approvals = useApprovalsOf('campaign', campaign.key)
  const open = approvals.data?.find((approval) => approval.state === 'open')
  if (!open || !may('approval.decide')) return null
  return (
    <Link to={`/approvals/${open.approvalId}`}>
      <Button type="primary">{t.toApproval}</Button>
    </Link>
  )
}
