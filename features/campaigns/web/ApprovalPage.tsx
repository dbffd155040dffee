import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Tag, Tooltip } from 'antd'
import { Link, useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Approval } from '../common/campaign.ts'
import { AudienceEstimate } from './AudienceEstimate.tsx'
import { approvalText } from './approval-text.ts'
import { ContentDiff } from './ContentDiff.tsx'
import { approvalsKey } from './campaign-queries.ts'
import { approvalStateColors, approvalStateNames } from './campaign-words.ts'
import { Decision } from './Decision.tsx'
import { PhonePreview } from './PhonePreview.tsx'
import { References } from './References.tsx'

export function ApprovalPage() {
  const { approvalId = '' } = useParams()
  const approval = useQuery({
    queryKey: [approvalsKey, approvalId],
    queryFn: ({ signal }) => api.get<Approval>(pathOf`/api/approvals/${approvalId}`, undefined, signal),
  })
  return <Loaded query={approval}>{(data) => <ApprovalDetail approval={data} />}</Loaded>
}

function ApprovalDetail({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const { content } = approval
  return (
    <Flex vertical gap={16}>
      <ApprovalHeader approval={approval} />
      <div className="editor-grid">
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          {approval.summary && (
            <Alert type="info" showIcon title={t.summary} description={approval.summary} />
          )}
          <ContentDiff before={approval.previousContent} after={content} />
          {approval.references.length > 0 && (
            <Card size="small" title={<span style={{ whiteSpace: 'normal' }}>{t.references}</span>}>
              <References references={approval.references} />
            </Card>
          )}
        </Flex>
        <Flex vertical gap={16}>
          <Card size="small" title={t.decide}>
            <DecisionOrWhyNot approval={approval} />
          </Card>
          <AudienceEstimate rule={content.audience} />
          <Card size="small" title={t.offer}>
            <PhonePreview
              offer={content.offer}
              hasInbox={content.rungs.some((rung) => rung.kind === 'place' && rung.inbox)}
            />
          </Card>
        </Flex>
      </div>
    </Flex>
  )
}

function ApprovalHeader({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const { labelled, noted } = useMarks()
  const pick = usePick()
  const format = useFormat()
  return (
    <PageHeader
      title={t.title(approval.objectName)}
      back="/approvals"
      tags={
        <>
          <Tag
            color={approvalStateColors[approval.state]}
            data-testid="approval-state"
            data-state={approval.state}
          >
            {pick(approvalStateNames[approval.state])}
          </Tag>
          <Tooltip title={labelled(t.hashHint, approval.contentHash)}>
            <Tag>
              {t.hash} <code>{approval.contentHash.slice(0, 8)}</code>
            </Tag>
          </Tooltip>
        </>
      }
      description={`${t.maker} ${approval.maker} · ${t.submitted} ${noted(format.time(approval.submittedAt), format.ago(approval.submittedAt))}`}
      actions={
        <Link to={`/campaigns/${approval.objectKey}`}>
          <Button>{t.openCampaign}</Button>
        </Link>
      }
    />
  )
}

/** The buttons for who may decide; for others, why they can't, or what was decided. */
function DecisionOrWhyNot({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const format = useFormat()
  const may = useMay()
  if (approval.mayDecide) return <Decision approval={approval} />
  if (approval.state === 'open') {
    return <Alert type="warning" showIcon title={may('approval.decide') ? t.cannotOwn : t.cannotRole} />
  }
  if (approval.checker === null || approval.decidedAt === null)
    return <span className="quiet">{t.withdrawnNote}</span>
  return (
    <Flex vertical gap={4}>
      <span>{t.decided(approval.checker, format.time(approval.decidedAt))}</span>
      {approval.reason && <span style={{ whiteSpace: 'pre-wrap' }}>{approval.reason}</span>}
    </Flex>
  )
}
