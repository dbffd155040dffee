import { useQuery } from '@tanstack/react-query'
import { Drawer, Table, Tag } from 'antd'
import { useState } from 'react'
import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useFilters } from '#platform/web/use-list.ts'
import type { EventNames, EventProperties } from '../common/ingest.ts'
import { ingestText } from './ingest-text.ts'

type Row = EventNames['items'][number]

export function EventListPage() {
  const t = useText(ingestText)
  const filters = useFilters(['q'])
  const [open, setOpen] = useState<string | null>(null)
  const language = useLanguage()
  const events = useQuery({
    queryKey: ['/api/event-names'],
    queryFn: ({ signal }) => api.get<EventNames>('/api/event-names', undefined, signal),
  })
  return (
    <ListPage
      title={t.events}
      description={t.eventsHint}
      filters={<SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />}
    >
      <Loaded query={events}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.noEvents} hint={t.noEventsHint} />
          ) : (
            <EventTable rows={matching(items, filters.values.q)} onOpen={setOpen} />
          )
        }
      </Loaded>
      <Drawer
        open={open !== null}
        onClose={() => setOpen(null)}
        size={520}
        title={open ? `${eventName(open, language)} · ${t.properties}` : ''}
        destroyOnHidden
      >
        {open && <Properties event={open} />}
      </Drawer>
    </ListPage>
  )
}

function matching(rows: readonly Row[], typed: string): Row[] {
  const text = typed.toLowerCase()
  return rows.filter(({ name }) =>
    `${name} ${eventName(name, 'zh')} ${eventName(name, 'en')}`.toLowerCase().includes(text),
  )
}

function EventTable({ rows, onOpen }: { rows: Row[]; onOpen: (event: string) => void }) {
  const t = useText(ingestText)
  const format = useFormat()
  const language = useLanguage()
  return (
    <Table<Row>
      aria-label={t.events}
      size="small"
      pagination={rows.length > 100 ? { pageSize: 100, showSizeChanger: false } : false}
      dataSource={rows}
      rowKey="name"
      scroll={{ x: 520 }}
      onRow={(row) => ({ className: 'clickable-row', onClick: () => onOpen(row.name) })}
      columns={[
        {
          title: t.event,
          key: 'name',
          render: (_, { name }) => (
            <button type="button" className="plain-button" onClick={() => onOpen(name)}>
              {eventName(name, language)}{' '}
              {eventName(name, language) !== name && <span className="quiet small">{name}</span>}
            </button>
          ),
        },
        {
          title: t.count,
          key: 'count',
          width: 140,
          align: 'right',
          render: (_, { count }) => format.number(count),
        },
        {
          title: t.lastAt,
          key: 'lastAt',
          width: 180,
          render: (_, { lastAt }) => <span title={format.exactTime(lastAt)}>{format.ago(lastAt)}</span>,
        },
      ]}
    />
  )
}

function Properties({ event }: { event: string }) {
  const t = useText(ingestText)
  const language = useLanguage()
  const properties = useQuery({
    queryKey: ['/api/event-names', event],
    queryFn: ({ signal }) =>
      api.get<EventProperties>(pathOf`/api/event-names/${event}/properties`, undefined, signal),
  })
  return (
    <Loaded query={properties}>
      {({ items }) => (
        <Table
          size="small"
          pagination={false}
          dataSource={items}
          rowKey="name"
          locale={{ emptyText: t.noProperties }}
          columns={[
            {
              title: t.property,
              key: 'name',
              render: (_, { name }) => (
                <span>
                  {fieldName(name, language)}{' '}
                  {fieldName(name, language) !== name && <span className="quiet small">{name}</span>}
                </span>
              ),
            },
            {
              title: t.examples,
              key: 'examples',
              render: (_, { examples }) => examples.map((value) => <Tag key={value}>{value}</Tag>),
            },
          ]}
        />
      )}
    </Loaded>
  )
}
