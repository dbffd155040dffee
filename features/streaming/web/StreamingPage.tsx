import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex, Table, type TableColumnsType, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { StreamedSegmentState, StreamingStatus } from '../common/streaming.ts'
import { AllowSendingDialog } from './AllowSendingDialog.tsx'
import { alarmNames, streamingText } from './streaming-text.ts'

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 1 : 0)

/** How streaming is doing now: what waits, who entered and left, and how far each segment was off. */
export function StreamingPage() {
  const t = useText(streamingText)
  const status = useQuery({
    queryKey: ['/api/streaming/status'],
    queryFn: ({ signal }) => api.get<StreamingStatus>('/api/streaming/status', undefined, signal),
    refetchInterval: 2_000,
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.title} description={t.hint} />
      <Loaded query={status}>
        {(data) => (
          <Flex vertical gap={16}>
            <Alarms status={data} />
            <Numbers status={data} />
            <Segments status={data} />
          </Flex>
        )}
      </Loaded>
    </Flex>
  )
}

function Alarms({ status }: { status: StreamingStatus }) {
  const t = useText(streamingText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Flex vertical gap={8}>
      {!status.isRunning && (
        <Alert type="warning" showIcon title={t.notRunning} description={t.notRunningHint} />
      )}
      {status.lastError && <Alert type="error" showIcon title={t.lastError} description={status.lastError} />}
      {status.alarms.map((alarm) => (
        <Alert
          key={`${alarm.segment} ${alarm.kind}`}
          type={alarm.kind === 'drift' ? 'error' : 'warning'}
          showIcon
          title={
            <span>
              <Link to={`/segments/${alarm.segment}`}>{alarm.segment}</Link> {pick(alarmNames[alarm.kind])}
            </span>
          }
          description={`${alarm.detail} · ${format.ago(alarm.seenAt)}`}
        />
      ))}
    </Flex>
  )
}

function Numbers({ status }: { status: StreamingStatus }) {
  const t = useText(streamingText)
  const format = useFormat()
  const { asOf } = status
  return (
    <div className="stat-grid">
      <Stat
        label={t.lag}
        value={t.seconds(seconds(status.lagMs))}
        definition={t.lagHint}
        asOf={asOf}
        note={status.lastLagMs === null ? undefined : t.lastLag(t.seconds(seconds(status.lastLagMs)))}
        testId="streaming-lag"
      />
      <Stat
        label={t.waiting}
        value={format.number(status.customersWaiting)}
        definition={t.waitingHint}
        asOf={asOf}
        note={t.byTime(format.number(status.customersWaitingByTime))}
      />
      <Stat
        label={t.passes}
        value={format.number(status.passes)}
        definition={t.passesHint}
        asOf={asOf}
        note={status.lastPassMs === null ? undefined : t.passMs(t.seconds(seconds(status.lastPassMs)))}
      />
      <Stat label={t.entered} value={format.number(status.entered)} definition={t.enteredHint} asOf={asOf} />
      <Stat label={t.left} value={format.number(status.left)} definition={t.leftHint} asOf={asOf} />
    </div>
  )
}

function Segments({ status }: { status: StreamingStatus }) {
  const t = useText(streamingText)
  const format = useFormat()
  const [chosen, choose] = useState<StreamedSegmentState>()
  const columns = useColumns(choose)
  if (status.segments.length === 0) return <EmptyState title={t.none} hint={t.noneHint} />
  return (
    <Flex vertical gap={8}>
      <Table<StreamedSegmentState>
        aria-label={t.title}
        size="small"
        rowKey="key"
        columns={columns}
        dataSource={status.segments}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: 720 }}
      />
      {status.segmentCount > status.segments.length && (
        <span className="quiet small">
          {t.shown(format.number(status.segments.length), format.number(status.segmentCount))}
        </span>
      )}
      {chosen && <AllowSendingDialog segment={chosen} onClose={() => choose(undefined)} />}
    </Flex>
  )
}

function useColumns(choose: (segment: StreamedSegmentState) => void): TableColumnsType<StreamedSegmentState> {
  const t = useText(streamingText)
  const format = useFormat()
  return [
    {
      title: t.name,
      key: 'name',
      width: 220,
      render: (_, { key, name }) => <Link to={`/segments/${key}`}>{name}</Link>,
    },
    {
      title: t.members,
      key: 'members',
      width: 110,
      align: 'right',
      render: (_, { memberCount }) =>
        memberCount === null ? <span className="quiet">–</span> : format.number(memberCount),
    },
    {
      title: t.updated,
      key: 'updated',
      width: 120,
      render: (_, { refreshedAt }) =>
        refreshedAt ? <Tooltip title={format.time(refreshedAt)}>{format.ago(refreshedAt)}</Tooltip> : '–',
    },
    {
      title: <Tooltip title={t.driftHint}>{t.drift}</Tooltip>,
      key: 'drift',
      width: 170,
      render: (_, row) => <Drift row={row} />,
    },
    { title: t.state, key: 'state', width: 200, render: (_, row) => <State row={row} choose={choose} /> },
  ]
}

function Drift({ row }: { row: StreamedSegmentState }) {
  const t = useText(streamingText)
  const format = useFormat()
  if (row.drift === null) return <span className="quiet">{t.notCompared}</span>
  return (
    <Flex vertical>
      <span>
        {format.number(row.drift)} ({format.percent(row.driftShare ?? 0, 2)})
      </span>
      <span className="quiet small">{t.limit(format.percent(row.driftLimit, 2))}</span>
    </Flex>
  )
}

function State({ row, choose }: { row: StreamedSegmentState; choose: (row: StreamedSegmentState) => void }) {
  const t = useText(streamingText)
  const may = useMay()
  return (
    <Flex gap={6} align="center" wrap>
      {row.error ? (
        <Tooltip title={row.error}>
          <Tag color="warning">{t.aside}</Tag>
        </Tooltip>
      ) : (
        <Tag color="success">{t.live}</Tag>
      )}
      {!row.isSendable && <Tag color="error">{t.blocked}</Tag>}
      {!row.isSendable && may('segment.write') && (
        <Button size="small" onClick={() => choose(row)}>
          {t.allow}
        </Button>
      )}
    </Flex>
  )
}
