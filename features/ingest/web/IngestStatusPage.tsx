import { useQuery } from '@tanstack/react-query'
import { Alert, Card, Flex, Table, Tag } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { IngestProcesses, IngestStatus } from '../common/ingest.ts'
import { byteSize } from './byte-size.ts'
import { useRates } from './ingest-queries.ts'
import { ingestText, rejectNames } from './ingest-text.ts'
import { LagChart, RateChart } from './RateChart.tsx'

type Process = IngestProcesses['items'][number]

/** How collecting is doing now: rates and lags as pictures, what waits, what was refused and why. */
export function IngestStatusPage() {
  const t = useText(ingestText)
  const may = useMay()
  const status = useQuery({
    queryKey: ['/api/ingest/status'],
    queryFn: ({ signal }) => api.get<IngestStatus>('/api/ingest/status', undefined, signal),
    refetchInterval: 5_000,
  })
  const processes = useQuery({
    queryKey: ['/api/ingest/processes'],
    queryFn: ({ signal }) => api.get<IngestProcesses>('/api/ingest/processes', undefined, signal),
    refetchInterval: 5_000,
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.status} description={t.statusHint} />
      <Alarms processes={processes.data?.items ?? []} />
      <Loaded query={status}>{(data) => <Numbers status={data} />}</Loaded>
      {may('source.read') && <Pictures />}
      <Loaded query={processes} rows={2}>
        {({ items }) => <Processes items={items} />}
      </Loaded>
      <Loaded query={status} rows={3}>
        {(data) => <Rejects status={data} />}
      </Loaded>
    </Flex>
  )
}

function Pictures() {
  const rates = useRates()
  return (
    <div className="card-grid">
      <RateChart rates={rates.data} by="source" />
      <LagChart rates={rates.data} />
    </div>
  )
}

/** What somebody must look at now. */
function Alarms({ processes }: { processes: readonly Process[] }) {
  const t = useText(ingestText)
  const { noted } = useMarks()
  return processes.flatMap(({ processId, host, pid, lastError, isBehind, spoolBytes }) => {
    const where = noted(host, String(pid))
    if (lastError)
      return [
        <Alert
          key={processId}
          type="error"
          showIcon
          title={t.lastError}
          description={`${where} ${lastError}`}
        />,
      ]
    return isBehind
      ? [
          <Alert
            key={processId}
            type="warning"
            showIcon
            title={t.behind}
            description={t.behindHint(where, byteSize(spoolBytes))}
          />,
        ]
      : []
  })
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

function Processes({ items }: { items: Process[] }) {
  const t = useText(ingestText)
  const format = useFormat()
  const count = (title: string, key: 'accepted' | 'loaded') => ({
    title,
    key,
    width: 110,
    align: 'right' as const,
    render: (_: unknown, row: Process) => format.number(row[key]),
  })
  return (
    <Card size="small" title={t.processes}>
      {items.length === 0 ? (
        <EmptyState title={t.noProcesses} />
      ) : (
        <Table<Process>
          aria-label={t.processes}
          size="small"
          pagination={false}
          dataSource={items}
          rowKey="processId"
          scroll={{ x: 700 }}
          columns={[
            {
              title: t.process,
              key: 'host',
              render: (_, { host, pid }) => (
                <span>
                  {host} <span className="quiet small">{pid}</span>
                </span>
              ),
            },
            {
              title: t.state,
              key: 'state',
              width: 100,
              render: (_, { lastError, isBehind }) =>
                lastError ? (
                  <Tag color="error">{t.failing}</Tag>
                ) : (
                  <Tag color={isBehind ? 'warning' : 'success'}>{isBehind ? t.isBehind : t.fine}</Tag>
                ),
            },
            {
              title: t.spool,
              key: 'spool',
              width: 110,
              align: 'right',
              render: (_, { spoolBytes }) => byteSize(spoolBytes),
            },
            count(t.accepted, 'accepted'),
            count(t.loaded, 'loaded'),
            {
              title: t.lastLoad,
              key: 'last',
              width: 130,
              render: (_, { lastLoadAt }) => (lastLoadAt ? format.ago(lastLoadAt) : t.never),
            },
          ]}
        />
      )}
    </Card>
  )
}

function Rejects({ status }: { status: IngestStatus }) {
  const t = useText(ingestText)
  const pick = usePick()
  const format = useFormat()
  const rows = [...status.rejectedByCode].sort((one, other) => other.count - one.count)
  return (
    <Card size="small" title={t.rejects} extra={<Link to="/rejects">{t.toRejects}</Link>}>
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
