import { useQuery } from '@tanstack/react-query'
import { Card, Flex, Tag, Tooltip } from 'antd'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import type { Trend } from '../common/segment-snapshot.ts'
import { sharingText } from './sharing-text.ts'

/** Size over time, how members are kept, and whether they may be sent to. */
export function SegmentOverviewTab({ segment }: { segment: Segment }) {
  return (
    <Flex vertical gap={16}>
      <Keeping segment={segment} />
      <TrendChart segmentKey={segment.key} />
    </Flex>
  )
}

function Keeping({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const format = useFormat()
  const mode = { streaming: t.streaming, schedule: t.schedule, manual: t.manual }[segment.refreshMode]
  return (
    <Card size="small" title={t.kept}>
      <Flex gap={8} wrap align="center">
        <Tag color="processing">{mode}</Tag>
        {segment.refreshMode !== 'manual' && (
          <span className="quiet">{t.every(segment.refreshEveryMinutes)}</span>
        )}
        <Tag color={segment.isSendable ? 'success' : 'error'}>
          {segment.isSendable ? t.sendable : t.notSendable}
        </Tag>
        <Tooltip title={t.driftHint}>
          <span className="quiet hinted">
            {t.drift} · {t.driftLimit(format.percent(segment.driftLimit, 1))}
          </span>
        </Tooltip>
      </Flex>
    </Card>
  )
}

function TrendChart({ segmentKey }: { segmentKey: string }) {
  const t = useText(sharingText)
  const format = useFormat()
  const trend = useQuery({
    queryKey: ['/api/segments', segmentKey, 'trend'],
    queryFn: ({ signal }) =>
      api.get<z.infer<typeof Trend>>(pathOf`/api/segments/${segmentKey}/trend`, undefined, signal),
  })
  const points = trend.data?.points
  return (
    <Chart
      title={t.trend}
      subtitle={trend.data?.isWholeBank === false ? t.trendScoped : t.trendHint}
      option={
        points && {
          xAxis: { type: 'time' },
          yAxis: { type: 'value', min: 0, minInterval: 1 },
          tooltip: { trigger: 'axis' },
          series: [
            {
              type: 'line',
              name: t.count,
              symbolSize: 6,
              showSymbol: points.length < 60,
              data: points.map((point) => [point.at, point.count]),
            },
          ],
        }
      }
      table={
        points && {
          columns: [t.at, t.count, t.source],
          rows: points.map((point) => [format.time(point.at), point.count, t[point.source]]),
        }
      }
    />
  )
}
