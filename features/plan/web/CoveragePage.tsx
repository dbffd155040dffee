import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex, Table, Tag } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Coverage } from '../common/plan.ts'
import { planText, stateColors, stateNames } from './plan-text.ts'

const pathTo = (key: string) => `/plan/events/${encodeURIComponent(key)}`
const paging = (rows: readonly unknown[]) =>
  rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : (false as const)

/** The plan against what came. */
export function CoveragePage() {
  const t = useText(planText)
  const coverage = useQuery({
    queryKey: ['/api/plan/coverage'],
    queryFn: ({ signal }) => api.get<Coverage>('/api/plan/coverage', undefined, signal),
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.coverage} description={t.coverageHint} back="/plan" />
      <Loaded query={coverage}>
        {(data) => (
          <>
            <div className="card-grid">
              <Undeclared rows={data.undeclared} />
              <Unseen rows={data.unseen} />
            </div>
            <PlacesCard rows={data.places} />
          </>
        )}
      </Loaded>
    </Flex>
  )
}

function Undeclared({ rows }: { rows: Coverage['undeclared'] }) {
  const t = useText(planText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  return (
    <Card size="small" title={t.undeclared}>
      <Table
        aria-label={t.undeclared}
        size="small"
        pagination={paging(rows)}
        dataSource={rows}
        rowKey="event"
        scroll={{ x: 460 }}
        locale={{ emptyText: t.undeclaredNone }}
        columns={[
          {
            title: t.event,
            key: 'event',
            render: (_, { event, state }) =>
              state === 'unknown' ? event : <Link to={pathTo(event)}>{event}</Link>,
          },
          {
            title: t.state,
            key: 'state',
            width: 100,
            render: (_, { state }) => <Tag color={stateColors[state]}>{pick(stateNames[state])}</Tag>,
          },
          {
            title: t.count,
            dataIndex: 'count',
            width: 90,
            align: 'right',
            render: (count: number) => format.number(count),
          },
          {
            title: '',
            key: 'declare',
            width: 80,
            render: (_, { event, state }) =>
              state === 'unknown' &&
              may('plan.write') && (
                <Link to={`/plan/new?key=${encodeURIComponent(event)}`}>
                  <Button size="small">{t.declare}</Button>
                </Link>
              ),
          },
        ]}
      />
    </Card>
  )
}

function Unseen({ rows }: { rows: Coverage['unseen'] }) {
  const t = useText(planText)
  const pick = usePick()
  return (
    <Card size="small" title={t.unseen}>
      <Table
        aria-label={t.unseen}
        size="small"
        pagination={paging(rows)}
        dataSource={rows}
        rowKey="event"
        locale={{ emptyText: t.unseenNone }}
        columns={[
          {
            title: t.event,
            key: 'event',
            render: (_, { event, name }) => (
              <>
                <Link to={pathTo(event)}>{pick(name)}</Link> <span className="quiet small">{event}</span>
              </>
            ),
          },
        ]}
      />
    </Card>
  )
}

function PlacesCard({ rows }: { rows: Coverage['places'] }) {
  const t = useText(planText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Card size="small" title={t.placesTitle}>
      <Table
        aria-label={t.placesTitle}
        size="small"
        pagination={paging(rows)}
        dataSource={rows}
        rowKey={(row) => JSON.stringify([row.event, row.space, row.page])}
        scroll={{ x: 520 }}
        locale={{ emptyText: t.placesNone }}
        columns={[
          {
            title: t.event,
            key: 'event',
            render: (_, { event, name }) => <Link to={pathTo(event)}>{pick(name)}</Link>,
          },
          { title: t.space, dataIndex: 'space', width: 160 },
          {
            title: t.page,
            dataIndex: 'page',
            width: 160,
            render: (page: string | null) => page ?? t.anyPage,
          },
          {
            title: t.count,
            dataIndex: 'count',
            width: 120,
            align: 'right',
            render: (count: number) =>
              count === 0 ? <Tag color="warning">{t.missing}</Tag> : format.number(count),
          },
        ]}
      />
    </Card>
  )
}
