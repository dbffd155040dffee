import { Card, Flex, Tag, Timeline, Tooltip } from 'antd'
import { Link } from 'react-router'
import type { Approval } from '#features/approvals/common/approval.ts'
import { approvalStateColors, approvalStateNames, useApprovalsOf } from '#features/approvals/web/index.ts'
import { RuleEstimate, RuleInWords, useEstimate } from '#features/rules/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Campaign, CampaignBody } from '../common/campaign.ts'
import { campaignText } from './campaign-text.ts'
import { rungWords } from './campaign-words.ts'

/** How it is carried out: who, by which steps, who is held out, and what became of its approvals. */
export function ExecuteStage({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const may = useMay()
  const { body } = campaign
  return (
    <div className="card-grid">
      {body && <AudienceCard body={body} />}
      {body && <StepsCard body={body} />}
      {may('approval.read') && (
        <Card size="small" title={t.approvalHistory}>
          <Approvals campaign={campaign} />
        </Card>
      )}
      {!body && !may('approval.read') && <EmptyState title={t.importedDecide} />}
    </div>
  )
}

function AudienceCard({ body }: { body: CampaignBody }) {
  const t = useText(campaignText)
  const may = useMay()
  return (
    <Card size="small" title={t.audience}>
      <Flex vertical gap={12}>
        <RuleInWords rule={body.audience} />
        {may('segment.read') ? <AudienceCounts body={body} /> : <Holdout body={body} />}
      </Flex>
    </Card>
  )
}

function AudienceCounts({ body }: { body: CampaignBody }) {
  const format = useFormat()
  const { data } = useEstimate(body.audience)
  const held = data && Math.round((data.count * body.holdoutPercent) / 100)
  return (
    <>
      <RuleEstimate rule={body.audience} />
      <Holdout body={body} people={held === undefined ? undefined : format.number(held)} />
    </>
  )
}

function Holdout({ body, people }: { body: CampaignBody; people?: string }) {
  const t = useText(campaignText)
  const { colon } = useMarks()
  const share = `${body.holdoutPercent}%`
  return (
    <span>
      <span className="quiet">
        {t.holdout}
        {colon}
      </span>
      {people === undefined ? t.holdoutOnly(share) : t.holdoutShare(share, people)}
    </span>
  )
}

function StepsCard({ body }: { body: CampaignBody }) {
  const t = useText(campaignText)
  const format = useFormat()
  const language = useLanguage()
  return (
    <Card size="small" title={t.steps}>
      <Timeline
        items={[
          ...body.rungs.map((rung) => ({ content: rungWords(rung, language) })),
          { color: 'gray', content: `${format.time(body.from)} – ${format.time(body.to)}` },
        ]}
      />
    </Card>
  )
}

function Approvals({ campaign }: { campaign: Campaign }) {
  const t = useText(campaignText)
  const approvals = useApprovalsOf('campaign', campaign.key)
  return (
    <Loaded query={approvals} rows={3}>
      {(items) =>
        items.length === 0 ? (
          <EmptyState title={t.noApproval} hint={t.noApprovalHint} />
        ) : (
          <Flex vertical gap={16}>
            {items.map((approval) => (
              <ApprovalLine key={approval.approvalId} approval={approval} />
            ))}
          </Flex>
        )
      }
    </Loaded>
  )
}

function ApprovalLine({ approval }: { approval: Approval }) {
  const t = useText(campaignText)
  const { labelled, colon } = useMarks()
  const pick = usePick()
  const format = useFormat()
  return (
    <Flex vertical gap={2}>
      <Flex gap={8} align="center" wrap>
        <Tag color={approvalStateColors[approval.state]}>{pick(approvalStateNames[approval.state])}</Tag>
        <Link to={`/approvals/${approval.approvalId}`}>
          {t.by(approval.maker, format.time(approval.submittedAt))}
        </Link>
        <Tooltip title={labelled(t.hashHint, approval.contentHash)}>
          <code className="quiet small">{approval.contentHash.slice(0, 8)}</code>
        </Tooltip>
      </Flex>
      {approval.summary && <span>{approval.summary}</span>}
      {approval.checker && approval.decidedAt && (
        <span className="quiet">
          {t.decidedBy(approval.checker, format.time(approval.decidedAt))}
          {approval.reason && colon + approval.reason}
        </span>
      )}
    </Flex>
  )
}
