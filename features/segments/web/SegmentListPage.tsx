import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, type TableColumnsType, Tag, Tooltip } from 'antd'
import { Link, useNavigate } from 'react-router'
import { ruleSentence, useVocabulary } from '#features/rules/web/index.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Segment } from '../common/segment.ts'
import { segmentText } from './segment-text.ts'

export function SegmentListPage() {
  const t = useText(segmentText)
  const navigate = useNavigate()
  const filters = useFilters(['q'])
  const list = useList<Segment>('/api/segments', filters.values)
  const columns = useColumns()
  return (
    <ListPage
      title={t.segments}
      description={t.segmentsHint}
      actions={<CreateButton />}
      filters={<SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />}
    >
      <DataTable
        label={t.segments}
        list={list}
        columns={columns}
        rowKey={(segment) => segment.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(segment) => void navigate(`/segments/${segment.key}`)}
        minWidth={880}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<CreateButton />} />}
      />
    </ListPage>
  )
}

function CreateButton() {
  const t = useText(segmentText)
  const may = useMay()
  if (!may('segment.write')) return null
  return (
    <Link to="/segments/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="segment-create">
        {t.create}
      </Button>
    </Link>
  )
}

function useColumns(): TableColumnsType<Segment> {
  const t = useText(segmentText)
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  return [
    { title: t.name, key: 'name', width: 240, render: (_, segment) => <SegmentName segment={segment} /> },
    {
      title: t.rule,
      key: 'rule',
      ellipsis: { showTitle: false },
      render: (_, segment) => {
        const words = ruleSentence(segment.rule, names, language)
        return (
          <Tooltip title={words} placement="topLeft">
            <span>{words}</span>
          </Tooltip>
        )
      },
    },
    {
      title: <Tooltip title={t.membersHint}>{t.members}</Tooltip>,
      key: 'members',
      width: 110,
      align: 'right',
      render: (_, { memberCount }) =>
        memberCount === null ? <span className="quiet">–</span> : format.number(memberCount),
    },
    {
      title: t.refreshed,
      key: 'refreshed',
      width: 130,
      render: (_, { refreshedAt }) =>
        refreshedAt ? (
          <Tooltip title={format.time(refreshedAt)}>{format.ago(refreshedAt)}</Tooltip>
        ) : (
          <span className="quiet">{t.never}</span>
        ),
    },
    { title: t.owner, key: 'createdBy', dataIndex: 'createdBy', width: 110 },
  ]
}

function SegmentName({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  return (
    <Flex vertical>
      <Flex gap={6} align="center" wrap>
        <Link to={`/segments/${segment.key}`}>{segment.name}</Link>
        {segment.lastError && (
          <Tooltip title={t.failedHint}>
            <Tag color="error">{t.failed}</Tag>
          </Tooltip>
        )}
      </Flex>
      <span className="quiet small">{segment.key}</span>
    </Flex>
  )
}
