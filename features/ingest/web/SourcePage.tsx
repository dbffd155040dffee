import { EyeInvisibleOutlined, EyeOutlined, PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Table, type TableColumnsType, Tag, Tooltip, Typography } from 'antd'
import { useState } from 'react'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Source } from '../common/ingest.ts'
import { CreateSourceDialog } from './CreateSourceDialog.tsx'
import { ingestText } from './ingest-text.ts'

/** Who may send events, and how much came from each today. */
export function SourcePage() {
  const t = useText(ingestText)
  const may = useMay()
  const [isCreating, setCreating] = useState(false)
  const columns = useColumns()
  const sources = useQuery({
    queryKey: ['/api/sources'],
    queryFn: ({ signal }) => api.get<{ items: Source[] }>('/api/sources', undefined, signal),
    refetchInterval: 30_000,
  })
  const create = may('source.write') && (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      onClick={() => setCreating(true)}
      data-testid="source-create"
    >
      {t.create}
    </Button>
  )
  return (
    <ListPage title={t.sources} description={t.sourcesHint} actions={create}>
      <Loaded query={sources}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.noSources} hint={t.noSourcesHint} action={create} />
          ) : (
            <Table<Source>
              aria-label={t.sources}
              size="small"
              pagination={false}
              dataSource={items}
              rowKey="key"
              scroll={{ x: 680 }}
              columns={columns}
            />
          )
        }
      </Loaded>
      {isCreating && <CreateSourceDialog onClose={() => setCreating(false)} />}
    </ListPage>
  )
}

function useColumns(): TableColumnsType<Source> {
  const t = useText(ingestText)
  const format = useFormat()
  return [
    { title: t.source, key: 'source', render: (_, { source }) => <strong>{source}</strong> },
    {
      title: t.kind,
      key: 'kind',
      width: 96,
      render: (_, { kind }) => (
        <Tooltip title={kind === 'trusted' ? t.trustedHint : t.publicHint}>
          <Tag color={kind === 'trusted' ? 'gold' : 'default'}>{t[kind]}</Tag>
        </Tooltip>
      ),
    },
    { title: t.key, key: 'key', width: 320, render: (_, source) => <WriteKey source={source} /> },
    {
      title: t.state,
      key: 'state',
      width: 96,
      render: (_, { state }) => <Tag color={state === 'active' ? 'success' : 'default'}>{t[state]}</Tag>,
    },
    {
      title: t.today,
      key: 'today',
      width: 120,
      align: 'right',
      render: (_, { eventsToday }) => format.number(eventsToday),
    },
  ]
}

/** A key covered until it is asked for, so that a glance at the screen does not give it away. */
function WriteKey({ source }: { source: Source }) {
  const t = useText(ingestText)
  const [isShown, setShown] = useState(source.kind === 'public')
  const label = isShown ? t.hide : t.show
  return (
    <Flex gap={8} align="center">
      <Typography.Text copyable={{ text: source.key }} code style={{ overflowWrap: 'anywhere' }}>
        {isShown ? source.key : '•'.repeat(12)}
      </Typography.Text>
      <Tooltip title={label}>
        <Button
          type="text"
          size="small"
          icon={isShown ? <EyeInvisibleOutlined /> : <EyeOutlined />}
          aria-label={`${label} ${source.source}`}
          onClick={() => setShown(!isShown)}
        />
      </Tooltip>
    </Flex>
  )
}
