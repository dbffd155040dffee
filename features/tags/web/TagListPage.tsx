import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Tag as Badge, Button, Flex, Progress, Select, type TableColumnsType, Tooltip } from 'antd'
import { Link, useNavigate } from 'react-router'
import { api } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Tag } from '../common/tag.ts'
import { sourceName, tagText, typeNames } from './tag-text.ts'
import { tagTypes } from './tag-types.ts'

export function TagListPage() {
  const t = useText(tagText)
  const pick = usePick()
  const navigate = useNavigate()
  const filters = useFilters(['q', 'type'])
  const list = useList<Tag>('/api/tags', filters.values)
  const columns = useColumns()
  return (
    <ListPage
      title={t.tags}
      description={t.tagsHint}
      actions={<CreateButton />}
      filters={
        <>
          <SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />
          <Select
            aria-label={t.type}
            style={{ minWidth: 128 }}
            value={filters.values.type}
            onChange={(type) => filters.set({ type })}
            options={[
              { value: '', label: t.allTypes },
              ...tagTypes.map((type) => ({ value: type, label: pick(typeNames[type]) })),
            ]}
          />
        </>
      }
    >
      <DataTable
        label={t.tags}
        list={list}
        columns={columns}
        rowKey={(tag) => tag.key}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(tag) => void navigate(`/tags/${tag.key}`)}
        minWidth={860}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<CreateButton />} />}
      />
    </ListPage>
  )
}

function CreateButton() {
  const t = useText(tagText)
  const may = useMay()
  if (!may('tag.write')) return null
  return (
    <Link to="/tags/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="tag-create">
        {t.create}
      </Button>
    </Link>
  )
}

function useColumns(): TableColumnsType<Tag> {
  const t = useText(tagText)
  const pick = usePick()
  const format = useFormat()
  const base = useCustomerCount()
  return [
    { title: t.name, key: 'name', render: (_, tag) => <TagName tag={tag} /> },
    { title: t.type, key: 'type', width: 96, render: (_, tag) => pick(typeNames[tag.type]) },
    { title: t.source, key: 'source', width: 120, render: (_, tag) => pick(sourceName(tag.source)) },
    {
      title: t.coverage,
      key: 'coverage',
      width: 200,
      render: (_, tag) => <Coverage count={tag.coverage} base={base} />,
    },
    {
      title: t.refreshed,
      key: 'refreshed',
      width: 160,
      render: (_, tag) => (
        <Flex gap={6} align="center" wrap>
          {tag.refreshedAt ? (
            <Tooltip title={format.time(tag.refreshedAt)}>{format.ago(tag.refreshedAt)}</Tooltip>
          ) : (
            <span className="quiet">{t.neverRefreshed}</span>
          )}
        </Flex>
      ),
    },
    { title: t.owner, key: 'createdBy', width: 110, dataIndex: 'createdBy' },
  ]
}

function TagName({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const pick = usePick()
  return (
    <Flex vertical>
      <Flex gap={6} align="center">
        <Link to={`/tags/${tag.key}`}>{pick(tag.name)}</Link>
        {tag.lastError && (
          <Tooltip title={t.failedHint}>
            <Badge color="error">{t.failed}</Badge>
          </Tooltip>
        )}
      </Flex>
      <span className="quiet small">{tag.key}</span>
    </Flex>
  )
}

/** A bar of how many customers have a value; only with a number where the base is known. */
function Coverage({ count, base }: { count: number | null; base: number | undefined }) {
  const t = useText(tagText)
  const format = useFormat()
  if (count === null) return <span className="quiet">–</span>
  return (
    <Tooltip title={`${t.coverageHint}：${base ? format.rate(count, base) : format.number(count)}`}>
      <Flex vertical>
        <span>{format.number(count)}</span>
        {base !== undefined && base > 0 && (
          <Progress
            percent={Math.min(100, (count / base) * 100)}
            status="normal"
            showInfo={false}
            size={{ height: 4 }}
            aria-label={t.coverage}
          />
        )}
      </Flex>
    </Tooltip>
  )
}

/** Customers in the reader's scope: the base of coverage bars. */
function useCustomerCount(): number | undefined {
  const may = useMay()
  const count = useQuery({
    queryKey: ['/api/customers/count'],
    queryFn: ({ signal }) => api.get<{ count: number }>('/api/customers/count', undefined, signal),
    enabled: may('customer.read'),
    staleTime: 300_000,
  })
  return count.data?.count
}
