import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Segmented, Table, Tag } from 'antd'
import { useState } from 'react'
import { useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Metric, MetricNow } from '../common/metric.ts'
import { ownerWords } from '../common/metric-owners.ts'
import type { Grain } from '../common/metric-period.ts'
import { AlarmList } from './AlarmList.tsx'
import { AlertsCard } from './AlertsCard.tsx'
import { MetricForm } from './MetricForm.tsx'
import { metricText } from './metric-text.ts'
import { useMetricValue } from './metric-value.ts'
import { SeriesCard } from './SeriesCard.tsx'

/** One key figure: what it means, how it went, where, and what watches it. */
export function MetricPage() {
  const { key = '' } = useParams()
  const metric = useQuery({
    queryKey: ['/api/metrics', key],
    queryFn: ({ signal }) => api.get<Metric>(pathOf`/api/metrics/${key}`, undefined, signal),
  })
  return <Loaded query={metric}>{(found) => <Figure metric={found} />}</Loaded>
}

function Figure({ metric }: { metric: Metric }) {
  const t = useText(metricText)
  const pick = usePick()
  const may = useMay()
  const [grain, setGrain] = useState<Grain>(metric.grains[0] ?? 'day')
  const language = useLanguage()
  const [isEditing, setIsEditing] = useState(false)
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={pick(metric.name)}
        tags={
          <>
            <Tag>{metric.key}</Tag>
            <Tag color="blue">{t.nth(metric.version)}</Tag>
          </>
        }
        description={`${pick(metric.definition)} · ${t.ownerIs(ownerWords(metric.owner, language))}`}
        back="/metrics"
        actions={
          <>
            {may('metric.write') && <ComputeButton metric={metric} grain={grain} />}
            {may('metric.write') && <Button onClick={() => setIsEditing(true)}>{t.edit}</Button>}
          </>
        }
      />
      {metric.lastError && <Alert type="warning" showIcon title={t.failed} description={metric.lastError} />}
      <AlarmList metricKey={metric.key} />
      <Segmented
        value={grain}
        onChange={setGrain}
        options={metric.grains.map((one) => ({ value: one, label: t[one] }))}
        style={{ alignSelf: 'start' }}
      />
      <NowStat metric={metric} grain={grain} />
      <SeriesCard metric={metric} grain={grain} />
      <div className="card-grid">
        <OrgCard metric={metric} grain={grain} />
        <AlertsCard metric={metric} grain={grain} />
        <VersionCard metric={metric} />
      </div>
      <MetricForm metric={metric} open={isEditing} onClose={() => setIsEditing(false)} />
    </Flex>
  )
}

function NowStat({ metric, grain }: { metric: Metric; grain: Grain }) {
  const t = useText(metricText)
  const pick = usePick()
  const words = useErrorWords()
  const write = useMetricValue()
  const now = useQuery({
    queryKey: ['/api/metrics', metric.key, 'now', grain],
    queryFn: ({ signal }) => api.get<MetricNow>(pathOf`/api/metrics/${metric.key}/now`, { grain }, signal),
  })
  if (now.error) return <Alert type="info" showIcon title={words(now.error)} />
  return (
    <div className="stat-grid">
      <Stat
        label={t.now(t[grain])}
        value={now.data ? write(now.data.value, metric.unit) : null}
        definition={pick(metric.definition)}
        asOf={now.data?.asOf ?? null}
        testId="metric-now"
      />
    </div>
  )
}

const daysBack = { day: 60, week: 7 * 60, month: 31 * 60 } as const

function ComputeButton({ metric, grain }: { metric: Metric; grain: Grain }) {
  const t = useText(metricText)
  const run = useMutation({
    mutationFn: () => {
      const day = (back: number) =>
        new Date(Date.now() + 8 * 3_600_000 - back * 86_400_000).toISOString().slice(0, 10)
      const ask = { grain, from: day(daysBack[grain]), to: day(0) }
      return api.post<{ jobId: string }>(pathOf`/api/metrics/${metric.key}/compute`, ask)
    },
  })
  return (
    <Flex vertical>
      <Button loading={run.isPending} onClick={() => run.mutate()}>
        {t.compute}
      </Button>
      {run.data && <JobProgress jobId={run.data.jobId} title={t.computing} />}
    </Flex>
  )
}

function OrgCard({ metric, grain }: { metric: Metric; grain: Grain }) {
  const t = useText(metricText)
  const write = useMetricValue()
  const byOrg = useQuery({
    queryKey: ['/api/metrics', metric.key, 'orgs', grain],
    queryFn: ({ signal }) =>
      api.get<{ period: string | null; items: { orgId: number; name: string; value: number | null }[] }>(
        pathOf`/api/metrics/${metric.key}/orgs`,
        { grain },
        signal,
      ),
  })
  return (
    <Card size="small" title={`${t.byOrg}${byOrg.data?.period ? ` · ${byOrg.data.period}` : ''}`}>
      <Table
        size="small"
        loading={byOrg.isPending && !byOrg.error}
        pagination={{ pageSize: 10, hideOnSinglePage: true, size: 'small' }}
        rowKey={(row) => row.orgId}
        dataSource={byOrg.data?.items ?? []}
        columns={[
          { title: t.org, key: 'name', dataIndex: 'name' },
          {
            title: t.value,
            key: 'value',
            align: 'right',
            render: (_, { value }) => write(value, metric.unit),
          },
        ]}
      />
    </Card>
  )
}

type Version = {
  version: number
  content: { formula?: unknown }
  reason: string
  changedBy: string
  at: string
}

function VersionCard({ metric }: { metric: Metric }) {
  const t = useText(metricText)
  const format = useFormat()
  const versions = useQuery({
    queryKey: ['/api/metrics', metric.key, 'versions', metric.version],
    queryFn: ({ signal }) =>
      api.get<{ items: Version[] }>(pathOf`/api/metrics/${metric.key}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.versions}>
      <Table
        size="small"
        pagination={false}
        scroll={{ x: 'max-content', y: 300 }}
        rowKey={(row) => row.version}
        dataSource={versions.data?.items ?? []}
        expandable={{
          expandedRowRender: (row) => <code className="small">{JSON.stringify(row.content.formula)}</code>,
        }}
        columns={[
          { title: t.version, key: 'version', render: (_, { version }) => t.nth(version) },
          { title: t.reason, key: 'reason', render: (_, { reason }) => reason || t.first },
          {
            title: t.changedBy,
            key: 'by',
            render: (_, { changedBy }) => (changedBy === 'standard' ? t.standard : changedBy),
          },
          { title: t.at, key: 'at', render: (_, { at }) => format.time(at) },
        ]}
      />
    </Card>
  )
}
