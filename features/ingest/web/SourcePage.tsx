import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Table, type TableColumnsType, Tag, Tooltip, Typography } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { PlanModeTag } from '#features/plan/web/PlanModeTag.tsx'
import { pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Source } from '../common/source.ts'
import { CreateSourceDialog } from './CreateSourceDialog.tsx'
import { ratesMinutes, useRates, useSources } from './ingest-queries.ts'
import { minutesUpTo, perMinute } from './rate-series.ts'
import { Sparkline } from './Sparkline.tsx'
import { sourceText } from './source-text.ts'

/** Who may send events, and how much came from each. */
export function SourcePage() {
  const t = useText(sourceText)
  const may = useMay()
  const navigate = useNavigate()
  const [isCreating, setCreating] = useState(false)
  const columns = useColumns()
  const sources = useSources()
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
              rowKey="source"
              scroll={{ x: 920 }}
              columns={columns}
              onRow={({ source }) => ({
                className: 'clickable-row',
                onClick: (event) => {
                  if (!(event.target as HTMLElement).closest('a,button')) navigate(pathOf`/sources/${source}`)
                },
              })}
            />
          )
        }
      </Loaded>
      {isCreating && <CreateSourceDialog onClose={() => setCreating(false)} />}
    </ListPage>
  )
}

/** Events of the last hour by minute, as a small line. */
function LastHour({ source }: { source: string }) {
  const t = useText(sourceText)
  const format = useFormat()
  const rates = useRates()
  if (!rates.data) return <span className="quiet">–</span>
  const own = rates.data.items.filter((rate) => rate.source === source)
  const values = perMinute(
    minutesUpTo(rates.data.asOf, ratesMinutes),
    own,
    ({ accepted, rejected }) => accepted + rejected,
  )
  const total = values.reduce((sum, value) => sum + value, 0)
  return (
    <Flex gap={8} align="center">
      <Sparkline values={values} label={`${t.lastHour} ${format.number(total)}`} />
      <span className="quiet small">{format.compact(total)}</span>
    </Flex>
  )
}

function useColumns(): TableColumnsType<Source> {
  const t = useText(sourceText)
  const format = useFormat()
  const pick = usePick()
  return [
    {
      title: t.source,
      key: 'source',
      render: (_, { source, name }) => (
        <div>
          <Link to={pathOf`/sources/${source}`}>
            <strong>{name ? pick(name) : source}</strong>
          </Link>
          {name && <div className="quiet small">{source}</div>}
        </div>
      ),
    },
    {
      title: t.kind,
      key: 'kind',
      width: 84,
      render: (_, { kind }) => (
        <Tooltip title={kind === 'trusted' ? t.trustedHint : t.publicHint}>
          <Tag color={kind === 'trusted' ? 'gold' : 'default'}>{t[kind]}</Tag>
        </Tooltip>
      ),
    },
    {
      title: t.key,
      key: 'key',
      width: 240,
      render: (_, { key, kind, activeKeys }) => (
        <Flex vertical>
          <Typography.Text code copyable={kind === 'public' && { text: key }}>
            {key}
          </Typography.Text>
          {activeKeys > 1 && <span className="quiet small">{t.keyCount(activeKeys)}</span>}
        </Flex>
      ),
    },
    {
      title: t.state,
      key: 'state',
      width: 88,
      render: (_, { state }) => <Tag color={state === 'active' ? 'success' : 'default'}>{t[state]}</Tag>,
    },
    {
      title: t.planMode,
      key: 'mode',
      width: 120,
      render: (_, { source }) => <PlanModeTag source={source} />,
    },
    { title: t.lastHour, key: 'hour', width: 170, render: (_, { source }) => <LastHour source={source} /> },
    {
      title: t.today,
      key: 'today',
      width: 100,
      align: 'right',
      render: (_, { eventsToday }) => format.number(eventsToday),
    },
  ]
}
