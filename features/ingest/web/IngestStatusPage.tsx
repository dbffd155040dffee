import { useQuery } from '@tanstack/react-query'
import { Alert, Card, Flex, Table } from 'antd'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { IngestStatus } from '../common/ingest.ts'
import { byteSize } from './byte-size.ts'
import { ingestText, rejectNames } from './ingest-text.ts'

/** How collecting is doing now: what waits, what was loaded, what was refused and why. */
export function IngestStatusPage() {
  const t = useText(ingestText)
  const status = useQuery({
    queryKey: ['/api/ingest/status'],
    queryFn: ({ signal }) => api.get<IngestStatus>('/api/ingest/status', undefined, signal),
    refetchInterval: 5_000,
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.status} description={t.statusHint} />
      <Loaded query={status}>
        {(data) => (
          <>
            {data.lastError && (
              <Alert type="error" showIcon title={t.lastError} description={data.lastError} />
            )}
            <Numbers status={data} />
            <Rejects status={data} />
          </>
        )}
      </Loaded>
    </Flex>
  )
}

function Numbers({ status }: { status: IngestStatus }) {
  const t = useText(ingestText)
  const { labelled } = useMarks()
  const format = useFormat()
  return (
    <div className="stat-grid">
      <Stat
        label={t.spool}
        value={byteSize(status.spoolBytes)}
        definition={t.spoolHint}
        note={t.segments(format.number(status.spoolSegments))}
      />
      <Stat label={t.accepted} value={format.number(status.accepted)} definition={t.acceptedHint} />
      <Stat
        label={t.loaded}
        value={format.number(status.loaded)}
        definition={t.loadedHint}
        note={labelled(t.lastLoad, status.lastLoadAt ? format.ago(status.lastLoadAt) : t.never)}
      />
      <Stat label={t.dropped} value={format.number(status.droppedProperties)} definition={t.droppedHint} />
      <Stat label={t.broken} value={format.number(status.brokenSegments)} definition={t.brokenHint} />
    </div>
  )
}

function Rejects({ status }: { status: IngestStatus }) {
  const t = useText(ingestText)
  const pick = usePick()
  const format = useFormat()
  const rows = [...status.rejectedByCode].sort((one, other) => other.count - one.count)
  return (
    <Card size="small" title={t.rejects}>
      {rows.length === 0 ? (
        <EmptyState title={t.noRejects} />
      ) : (
        <Table
          aria-label={t.rejects}
          size="small"
          pagination={false}
          dataSource={rows}
          rowKey="code"
          columns={[
            {
              title: t.reason,
              key: 'reason',
              render: (_, { code }) => (rejectNames[code] ? pick(rejectNames[code]) : code),
            },
            {
              title: t.code,
              key: 'code',
              render: (_, { code }) => <code className="quiet small">{code}</code>,
              responsive: ['sm'],
            },
            {
              title: t.count,
              key: 'count',
              width: 120,
              align: 'right',
              render: (_, { count }) => format.number(count),
            },
          ]}
        />
      )}
    </Card>
  )
}
