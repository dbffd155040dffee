import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Tag, Tooltip } from 'antd'
import { Link, useParams } from 'react-router'
import type { ApprovalParts } from '#platform/web/feature.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay, useUser } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Approval } from '../common/approval.ts'
import { useApproval } from './approval-queries.ts'
import { approvalText } from './approval-text.ts'
import { useApprovalView } from './approval-views.ts'
import { approvalStateColors, approvalStateNames } from './approval-words.ts'
import { Decision } from './Decision.tsx'

export function ApprovalPage() {
  const { approvalId = '' } = useParams()
  const approval = useApproval(approvalId)
  return <Loaded query={approval}>{(data) => <ApprovalDetail approval={data} />}</Loaded>
}

/** The content of a kind nothing says how to read, as it is. */
const asText: ApprovalParts = {
  Content: ({ content }) => <pre className="json">{JSON.stringify(content, null, 2)}</pre>,
}

function ApprovalDetail({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const view = useApprovalView(approval.objectType)
  const parts = useQuery({
    queryKey: ['approval view', approval.objectType],
    queryFn: async () => (view ? view.load() : asText),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const shown = {
    content: approval.content,
    previous: approval.previousContent,
    references: approval.references,
  }
  return (
    <Flex vertical gap={16}>
      <ApprovalHeader approval={approval} />
      <div className="editor-grid">
        <Flex vertical gap={16} style={{ minWidth: 0 }}>
          {approval.summary && (
            <Alert type="info" showIcon title={t.summary} description={approval.summary} />
          )}
          <Loaded query={parts}>{({ Content }) => <Content {...shown} />}</Loaded>
        </Flex>
        <Flex vertical gap={16}>
          <Card size="small" title={t.decide}>
            <DecisionOrWhyNot approval={approval} />
          </Card>
          {parts.data?.Aside && <parts.data.Aside {...shown} />}
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
  const view = useApprovalView(approval.objectType)
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
          {view && <Tag>{pick(view.label)}</Tag>}
          <Tooltip title={labelled(t.hashHint, approval.contentHash)}>
            <Tag>
              {t.hash} <code>{approval.contentHash.slice(0, 8)}</code>
            </Tag>
          </Tooltip>
        </>
      }
      description={`${t.maker} ${approval.maker} · ${t.submitted} ${noted(format.time(approval.submittedAt), format.ago(approval.submittedAt))}`}
      actions={
        view && (
          <Link to={view.pathOf(approval.objectKey)}>
            <Button>{t.open(pick(view.label))}</Button>
          </Link>
        )
      }
    />
  )
}

/** The buttons for who may decide; for others, why they can't, or what was decided. */
function DecisionOrWhyNot({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const format = useFormat()
  return (
    <Flex vertical gap={8}>
      {approval.levels > 1 && <span>{t.stepOf(approval.steps.length, approval.levels)}</span>}
      {approval.levels > 1 &&
        approval.steps.map((step) => (
          <span key={step.level} className="quiet">
            {t.decided(step.checker, format.time(step.at))} {step.reason}
          </span>
        ))}
      <Verdict approval={approval} />
    </Flex>
  )
}

function Verdict({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const format = useFormat()
  const may = useMay()
  const user = useUser()
  if (approval.mayDecide) return <Decision approval={approval} />
  if (approval.state === 'open') {
    const isFirst = approval.steps.some((step) => step.checker === user.username)
    const why = isFirst ? t.secondByOther : may('approval.decide') ? t.cannotOwn : t.cannotRole
    return <Alert type="warning" showIcon title={why} />
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
