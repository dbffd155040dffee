import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Tabs, Tag } from 'antd'
import { useCallback, useState } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { RuleEstimate, RuleInWords } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { StaffWatermark } from '#platform/web/StaffWatermark.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import { CompareTab } from './CompareTab.tsx'
import { ExportsTab } from './ExportsTab.tsx'
import { OverlapTab } from './OverlapTab.tsx'
import { SegmentMembersTab } from './SegmentMembersTab.tsx'
import { SegmentOverviewTab } from './SegmentOverviewTab.tsx'
import { SegmentRuleTab } from './SegmentRuleTab.tsx'
import { SnapshotsTab } from './SnapshotsTab.tsx'
import { SubscriptionsTab } from './SubscriptionsTab.tsx'
import { sharingText } from './sharing-text.ts'
import './segments.css'
import { segmentText } from './segment-text.ts'

export function SegmentPage() {
  const { key = '' } = useParams()
  const segment = useQuery({
    queryKey: ['/api/segments', key],
    queryFn: ({ signal }) => api.get<Segment>(pathOf`/api/segments/${key}`, undefined, signal),
  })
  return <Loaded query={segment}>{(data) => <SegmentDetail segment={data} />}</Loaded>
}

function SegmentDetail({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  const s = useText(sharingText)
  const may = useMay()
  const [search, setSearch] = useSearchParams()
  return (
    <StaffWatermark>
      <Flex vertical gap={16}>
        <PageHeader
          title={segment.name}
          back="/segments"
          tags={
            <>
              <Tag>{segment.key}</Tag>
              <Tag>{t.version(segment.version)}</Tag>
              {segment.lastError && <Tag color="error">{t.failed}</Tag>}
              {!segment.isSendable && <Tag color="error">{s.notSendable}</Tag>}
            </>
          }
          description={segment.description}
          actions={<Actions segment={segment} />}
        />
        {segment.lastError && (
          <Alert
            type="warning"
            showIcon
            title={t.failed}
            description={`${t.failedHint} ${t.reason} ${segment.lastError}`}
          />
        )}
        <Numbers segment={segment} />
        <Card size="small">
          <Tabs
            activeKey={search.get('tab') ?? 'overview'}
            onChange={(tab) => setSearch({ tab }, { replace: true })}
            destroyOnHidden
            items={[
              { key: 'overview', label: s.overview, children: <SegmentOverviewTab segment={segment} /> },
              { key: 'members', label: t.members, children: <SegmentMembersTab segment={segment} /> },
              { key: 'overlap', label: s.overlap, children: <OverlapTab segment={segment} /> },
              { key: 'compare', label: s.compare, children: <CompareTab segment={segment} /> },
              { key: 'snapshots', label: s.snapshots, children: <SnapshotsTab segment={segment} /> },
              ...(may('segment.export')
                ? [
                    { key: 'exports', label: s.exports, children: <ExportsTab segment={segment} /> },
                    {
                      key: 'subscriptions',
                      label: s.subscriptions,
                      children: <SubscriptionsTab segment={segment} />,
                    },
                  ]
                : []),
              { key: 'rule', label: t.rule, children: <SegmentRuleTab segment={segment} /> },
            ]}
          />
        </Card>
      </Flex>
    </StaffWatermark>
  )
}

function Actions({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  const may = useMay()
  const words = useErrorWords()
  const queries = useQueryClient()
  const [jobId, setJobId] = useState<string | null>(null)
  const refresh = useMutation({
    mutationFn: () => api.post<{ jobId: string }>(pathOf`/api/segments/${segment.key}/refresh`, {}),
    onSuccess: (job) => setJobId(job.jobId),
  })
  const onEnd = useCallback(() => void queries.invalidateQueries({ queryKey: ['/api/segments'] }), [queries])
  return (
    <Flex vertical gap={8} align="flex-end">
      <Flex gap={8} wrap>
        {may('segment.write') && (
          <Button onClick={() => refresh.mutate()} loading={refresh.isPending}>
            {t.refresh}
          </Button>
        )}
        {may('segment.write') && (
          <Link to={`/segments/${segment.key}/edit`}>
            <Button data-testid="segment-edit">{t.edit}</Button>
          </Link>
        )}
        {may('campaign.write') && (
          <Link to={`/campaigns/new?segment=${segment.key}`}>
            <Button type="primary">{t.campaign}</Button>
          </Link>
        )}
      </Flex>
      {refresh.error && <Alert type="error" showIcon title={words(refresh.error)} />}
      {jobId && <JobProgress jobId={jobId} title={t.refreshing} onEnd={onEnd} />}
    </Flex>
  )
}

function Numbers({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  const format = useFormat()
  return (
    <div className="card-grid narrow">
      <Card size="small">
        <RuleEstimate rule={{ segment: segment.key }} />
      </Card>
      <Stat
        label={t.members}
        value={segment.memberCount === null ? '–' : format.number(segment.memberCount)}
        definition={t.membersHint}
        asOf={segment.refreshedAt}
        to={`/segments/${segment.key}?tab=members`}
        note={segment.refreshedAt ? `${t.refreshed} ${format.ago(segment.refreshedAt)}` : t.never}
      />
      <Card size="small" title={t.inWords}>
        <RuleInWords rule={segment.rule} />
      </Card>
    </div>
  )
}
