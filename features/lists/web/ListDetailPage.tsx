import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Tag as Badge, Button, Card, Flex, Popconfirm, type TableColumnsType } from 'antd'
import { useCallback, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { CustomerList } from '../common/list.ts'
import { ListUploads } from './ListUploads.tsx'
import { listText } from './list-text.ts'
import { UploadCard } from './UploadCard.tsx'

type Use = { type: string; key: string; name: string }

/** One list: its members in scope, its files, and what uses it. */
export function ListDetailPage() {
  const { key = '' } = useParams()
  const list = useQuery({
    queryKey: ['/api/lists', key],
    queryFn: ({ signal }) => api.get<CustomerList>(pathOf`/api/lists/${key}`, undefined, signal),
  })
  return <Loaded query={list}>{(data) => <ListDetail list={data} />}</Loaded>
}

function ListDetail({ list }: { list: CustomerList }) {
  const t = useText(listText)
  const format = useFormat()
  const may = useMay()
  const queries = useQueryClient()
  const [round, setRound] = useState(0)
  const onLoaded = useCallback(() => {
    setRound((before) => before + 1)
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/api/lists'),
    })
  }, [queries])
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={list.name}
        back="/lists"
        tags={
          <>
            <Badge>{list.key}</Badge>
            <Badge>{list.version === 0 ? t.noVersion : `${t.version} ${list.version}`}</Badge>
          </>
        }
        description={`${list.description ? `${list.description} · ` : ''}${t.members} ${format.number(list.members)}（${t.membersHint}）· ${format.time(list.updatedAt)}`}
        actions={may('list.write') && <RemoveButton listKey={list.key} />}
      />
      {may('list.write') && <UploadCard listKey={list.key} onLoaded={onLoaded} />}
      <div className="card-grid">
        <MembersCard key={round} listKey={list.key} />
        <Flex vertical gap={16}>
          <ListUploads listKey={list.key} />
          <UsesOfList listKey={list.key} />
        </Flex>
      </div>
    </Flex>
  )
}

type Member = { customerNo: string; value: string }

function MembersCard({ listKey }: { listKey: string }) {
  const t = useText(listText)
  const list = useList<Member>(pathOf`/api/lists/${listKey}/members`)
  const columns: TableColumnsType<Member> = [
    {
      title: t.customerNo,
      key: 'no',
      render: (_, { customerNo }) => (
        <Link to={`/customers/${encodeURIComponent(customerNo)}`}>{customerNo}</Link>
      ),
    },
    { title: t.value, key: 'value', dataIndex: 'value' },
  ]
  return (
    <Card size="small" title={t.members}>
      <DataTable
        label={t.members}
        list={list}
        columns={columns}
        rowKey={({ customerNo }) => customerNo}
        minWidth={280}
        empty={<EmptyState title={t.noMembers} hint={t.uploadHint} />}
      />
    </Card>
  )
}

const pages: Readonly<Record<string, string>> = { tag: '/tags', segment: '/segments', campaign: '/campaigns' }

function UsesOfList({ listKey }: { listKey: string }) {
  const t = useText(listText)
  const uses = useQuery({
    queryKey: ['/api/lists', listKey, 'uses'],
    queryFn: ({ signal }) => api.get<{ items: Use[] }>(pathOf`/api/lists/${listKey}/uses`, undefined, signal),
  })
  return (
    <Card size="small" title={t.uses}>
      <Loaded query={uses} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="quiet">{t.noUses}</span>
          ) : (
            <Flex vertical gap={4}>
              {items.map(({ type, key, name }) => (
                <Link key={`${type} ${key}`} to={`${pages[type] ?? ''}/${key}`}>
                  {name} <span className="quiet small">{key}</span>
                </Link>
              ))}
            </Flex>
          )
        }
      </Loaded>
    </Card>
  )
}

function RemoveButton({ listKey }: { listKey: string }) {
  const t = useText(listText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.delete(pathOf`/api/lists/${listKey}`),
    onSuccess: () => {
      navigate('/lists')
      void queries.invalidateQueries({ queryKey: ['/api/lists'] })
    },
  })
  return (
    <Flex vertical gap={8} align="flex-end">
      <Popconfirm
        title={t.removeAsk}
        okText={t.remove}
        cancelText={t.cancel}
        onConfirm={() => remove.mutate()}
      >
        <Button danger loading={remove.isPending}>
          {t.remove}
        </Button>
      </Popconfirm>
      {remove.error && <Alert type="error" showIcon title={words(remove.error)} />}
    </Flex>
  )
}
