import { Flex, Segmented, Select, type TableColumnsType, Tag, Tooltip } from 'antd'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay, useUser } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Approval } from '../common/approval.ts'
import { approvalText } from './approval-text.ts'
import { useApprovalView, useApprovalViews } from './approval-views.ts'
import { approvalStateColors, approvalStateNames } from './approval-words.ts'

const states = ['open', 'approved', 'rejected', 'withdrawn'] as const

export function ApprovalListPage() {
  const t = useText(approvalText)
  const pick = usePick()
  const navigate = useNavigate()
  const filters = useFilters(['state', 'objectType'])
  const state = filters.values.state || 'open'
  const list = useList<Approval>('/api/approvals', {
    state: state === 'all' ? '' : state,
    objectType: filters.values.objectType ?? '',
  })
  const views = useApprovalViews()
  const columns = useColumns()
  return (
    <ListPage
      title={t.approvals}
      description={t.approvalsHint}
      filters={
        <Flex gap={8} wrap style={{ maxWidth: '100%', overflowX: 'auto' }}>
          <Segmented
            aria-label={t.state}
            value={state}
            onChange={(next) => filters.set({ state: next === 'open' ? null : next })}
            options={[
              ...states.map((one) => ({ value: one, label: pick(approvalStateNames[one]) })),
              { value: 'all', label: t.all },
            ]}
          />
          <Select
            aria-label={t.kind}
            style={{ minWidth: 120 }}
            value={filters.values.objectType || ''}
            onChange={(next) => filters.set({ objectType: next || null })}
            options={[
              { value: '', label: t.allKinds },
              ...views.map((view) => ({ value: view.objectType, label: pick(view.label) })),
            ]}
          />
        </Flex>
      }
    >
      <DataTable
        label={t.approvals}
        list={list}
        columns={columns}
        rowKey={(approval) => String(approval.approvalId)}
        onRow={(approval) => void navigate(`/approvals/${approval.approvalId}`)}
        minWidth={760}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} />}
      />
    </ListPage>
  )
}

function useColumns(): TableColumnsType<Approval> {
  const t = useText(approvalText)
  const pick = usePick()
  const format = useFormat()
  return [
    {
      title: t.object,
      key: 'object',
      width: 260,
      render: (_, approval) => <ObjectName approval={approval} />,
    },
    {
      title: t.state,
      key: 'state',
      width: 96,
      render: (_, { state }) => (
        <Tag color={approvalStateColors[state]}>{pick(approvalStateNames[state])}</Tag>
      ),
    },
    {
      title: t.summary,
      key: 'summary',
      ellipsis: { showTitle: false },
      render: (_, { summary }) =>
        summary ? (
          <Tooltip title={summary} placement="topLeft">
            {summary}
          </Tooltip>
        ) : (
          <span className="quiet">–</span>
        ),
    },
    { title: t.maker, key: 'maker', dataIndex: 'maker', width: 104 },
    { title: t.checker, key: 'checker', width: 104, render: (_, { checker }) => checker ?? '–' },
    {
      title: t.submitted,
      key: 'submitted',
      width: 116,
      render: (_, { submittedAt }) => (
        <Tooltip title={format.time(submittedAt)}>{format.ago(submittedAt)}</Tooltip>
      ),
    },
  ]
}

function ObjectName({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const user = useUser()
  const may = useMay()
  const pick = usePick()
  const view = useApprovalView(approval.objectType)
  const isOwn = approval.state === 'open' && may('approval.decide') && !approval.mayDecide
  return (
    <Flex vertical>
      <Flex gap={6} align="center" wrap>
        <Link to={`/approvals/${approval.approvalId}`}>{approval.objectName}</Link>
        {view && <Tag>{pick(view.label)}</Tag>}
        <Tag>{approval.previousContent ? t.changed : t.first}</Tag>
        {(isOwn || approval.maker === user.username) && (
          <Tooltip title={t.yoursHint}>
            <Tag color="gold">{t.yours}</Tag>
          </Tooltip>
        )}
      </Flex>
      <span className="quiet small">{approval.objectKey}</span>
    </Flex>
  )
}
