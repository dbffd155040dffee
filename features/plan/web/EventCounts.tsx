import { useQuery } from '@tanstack/react-query'
import { Card, Table, Tag } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { PlanEvent, SeenProperties } from '../common/plan.ts'
import { useFindings } from './plan-queries.ts'
import { codeNames, planText } from './plan-text.ts'

/** What broke the plan with this event, by source and place, over the last seven days. */
export function FindingsCard({ event }: { event: string }) {
  const t = useText(planText)
  const pick = usePick()
  const format = useFormat()
  const findings = useFindings({ days: 7, event })
  return (
    <Card size="small" title={t.problems} extra={<span className="quiet small">{t.approximate}</span>}>
      <Loaded query={findings} rows={3}>
        {({ items }) => (
          <Table
            aria-label={t.problems}
            size="small"
            pagination={items.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
            dataSource={items}
            rowKey={(row) => `${row.day} ${row.source} ${row.code} ${row.path}`}
            scroll={{ x: 480 }}
            locale={{ emptyText: t.noProblems }}
            columns={[
              {
                title: t.problem,
                key: 'code',
                render: (_, { code, path }) => (
                  <>
                    {pick(codeNames[code] ?? [code, code])} <code>{path.replace(/^properties\./, '')}</code>
                  </>
                ),
              },
              { title: t.source, dataIndex: 'source', width: 110 },
              { title: t.lastAt, dataIndex: 'lastAt', width: 110, render: (at: string) => format.ago(at) },
              {
                title: t.count,
                dataIndex: 'count',
                width: 90,
                align: 'right',
                render: (count: number) => format.number(count),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}

/** Properties as they came, with those that the plan doesn't know. */
export function SeenCard({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const format = useFormat()
  const seen = useQuery({
    queryKey: ['/api/plan/events', event.key, 'properties', event.version],
    queryFn: ({ signal }) =>
      api.get<SeenProperties>(pathOf`/api/plan/events/${event.key}/properties`, undefined, signal),
  })
  return (
    <Card size="small" title={t.seen}>
      <Loaded query={seen} rows={3}>
        {({ items, messages }) => (
          <Table
            aria-label={t.seen}
            size="small"
            pagination={items.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
            dataSource={items}
            rowKey="name"
            locale={{ emptyText: t.seenNone }}
            columns={[
              {
                title: t.properties,
                key: 'name',
                render: (_, { name, isDeclared }) => (
                  <>
                    <code>{name}</code> {!isDeclared && <Tag>{t.undeclaredProperty}</Tag>}
                  </>
                ),
              },
              {
                title: t.count,
                dataIndex: 'count',
                width: 110,
                align: 'right',
                render: (count: number) => format.number(count),
              },
              {
                title: t.share,
                key: 'share',
                width: 150,
                align: 'right',
                render: (_, { count }) => format.rate(count, messages),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}
