import { Alert, Flex, Tag, Tooltip } from 'antd'
import { useParams, useSearchParams } from 'react-router'
import { useApprovalsOf } from '#features/approvals/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Campaign } from '../common/campaign.ts'
import { CampaignActions, type ShowStage } from './CampaignActions.tsx'
import { CampaignSteps } from './CampaignSteps.tsx'
import { useCampaign } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { hasStarted, type Stage, stageOf, stages, stateColors, stateNames } from './campaign-words.ts'
import { DecideStage } from './DecideStage.tsx'
import { ExecuteStage } from './ExecuteStage.tsx'
import { ReviewStage } from './ReviewStage.tsx'
import { TrackStage } from './TrackStage.tsx'
import { useOrgNames } from './use-org-names.ts'

const pollMs = 15_000

export function CampaignPage() {
  const { key = '' } = useParams()
  const campaign = useCampaign(key, pollMs)
  return <Loaded query={campaign}>{(data) => <CampaignDetail campaign={data} />}</Loaded>
}

function CampaignDetail({ campaign }: { campaign: Campaign }) {
  const [search, setSearch] = useSearchParams()
  const asked = stages.find((stage) => stage === search.get('stage'))
  const shown = asked ?? stageOf(campaign.state)
  const show = (stage: Stage, isWriting = false) =>
    setSearch({ stage, ...(isWriting && { write: '1' }) }, { replace: true })
  return (
    <Flex vertical gap={16}>
      <CampaignHeader campaign={campaign} onShow={show} />
      <CampaignSteps state={campaign.state} shown={shown} onShow={show} />
      <Notices campaign={campaign} />
      <StageContent campaign={campaign} shown={shown} onShow={show} />
    </Flex>
  )
}

function StageContent(props: { campaign: Campaign; shown: Stage; onShow: (stage: Stage) => void }) {
  const t = useText(campaignText)
  const may = useMay()
  const { campaign, shown } = props
  if (shown === 'decide') return <DecideStage campaign={campaign} onReview={() => props.onShow('review')} />
  if (shown === 'execute') return <ExecuteStage campaign={campaign} />
  if (!hasStarted(campaign.state)) return <Alert type="info" showIcon title={t.notStarted} />
  if (!may('report.read')) return <Alert type="info" showIcon title={t.noReport} />
  return shown === 'track' ? <TrackStage campaign={campaign} /> : <ReviewStage campaign={campaign} />
}

function CampaignHeader({ campaign, onShow }: { campaign: Campaign; onShow: ShowStage }) {
  const t = useText(campaignText)
  const { labelled } = useMarks()
  const pick = usePick()
  const format = useFormat()
  const orgName = useOrgNames()
  const owner = orgName(campaign.ownerOrgId)
  const updated = `${t.updated} ${format.time(campaign.updatedAt)}`
  return (
    <PageHeader
      title={campaign.name}
      back="/campaigns"
      tags={
        <>
          <Tag color={stateColors[campaign.state]} data-testid="campaign-state" data-state={campaign.state}>
            {pick(stateNames[campaign.state])}
          </Tag>
          <Tag>{campaign.key}</Tag>
          {campaign.isImported ? (
            <Tooltip title={t.importedHint}>
              <Tag>{t.imported}</Tag>
            </Tooltip>
          ) : (
            <Tooltip title={labelled(t.hash, campaign.contentHash)}>
              <Tag>{t.version(campaign.version)}</Tag>
            </Tooltip>
          )}
        </>
      }
      description={[owner, `${t.maker} ${campaign.createdBy}`, updated].filter(Boolean).join(' · ')}
      actions={<CampaignActions campaign={campaign} onShow={onShow} />}
    />
  )
}

/** What a reader must know before anything else: a failed run, a rejection, what a stop left behind. */
function Notices({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const format = useFormat()
  const approvals = useApprovalsOf('campaign', campaign.key)
  const rejected =
    campaign.state === 'rejected' ? approvals.data?.find((one) => one.state === 'rejected') : undefined
  const stop = campaign.stopReport
  return (
    <>
      {campaign.lastError && (
        <Alert type="error" showIcon title={t.lastError} description={campaign.lastError} />
      )}
      {rejected && (
        <Alert
          type="error"
          showIcon
          title={t.rejectedBy(rejected.checker ?? '')}
          description={rejected.reason}
        />
      )}
      {stop && (
        <Alert
          type="warning"
          showIcon
          title={t.stopReport}
          description={t.stopReportLine(
            format.number(stop.placementsClosed),
            format.number(stop.tasksCancelled),
            format.number(stop.messagesSent),
            format.number(stop.tasksFinished),
          )}
        />
      )}
    </>
  )
}
