import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Metric, MetricSeries } from '../common/metric.ts'
import type { Grain } from '../common/metric-period.ts'
import { metricText } from './metric-text.ts'
import { useMetricValue } from './metric-value.ts'

/** Stored values of a figure over time, with what each was made of. */
export function SeriesCard({ metric, grain }: { metric: Metric; grain: Grain }) {
  const t = useText(metricText)
  const format = useFormat()
  const write = useMetricValue()
  const series = useQuery({
    queryKey: ['/api/metrics', metric.key, 'series', grain, metric.version],
    queryFn: ({ signal }) =>
      api.get<MetricSeries>(pathOf`/api/metrics/${metric.key}/series`, { grain }, signal),
  })
  const { data } = series
  const drawn = useMemo(() => {
    const points = data?.points ?? []
    // A period under way is not comparable yet.
    const ended = points.filter(({ isFinal }) => isFinal)
    const [first, last] = ended.length > 1 ? [ended[0], ended.at(-1)] : [points[0], points.at(-1)]
    return {
      title: !data
        ? t.series
        : first && last
          ? t.risen(write(last.value, metric.unit), write(first.value, metric.unit))
          : t.noSeries,
      option: data && {
        tooltip: { trigger: 'axis', valueFormatter: (value: number | null) => write(value, metric.unit) },
        xAxis: { type: 'category', data: points.map(({ period }) => period) },
        yAxis: {
          type: 'value',
          axisLabel: {
            formatter: (value: number) =>
              metric.unit === 'percent' ? format.percent(value, 0) : format.compact(value),
          },
        },
        series: [
          {
            type: 'line',
            name: t.value,
            showSymbol: points.length < 15,
            data: points.map(({ value }) => value),
          },
        ],
      },
      rows: points.map((point) => [
        point.period,
        point.value,
        point.numerator,
        point.denominator,
        point.isFinal ? t.isFinal : t.underWay,
        format.time(point.computedAt),
      ]),
    }
  }, [data, t, format, write, metric.unit])
  if (series.error) return null
  return (
    <Chart
      title={drawn.title}
      subtitle={data && `${t.series} · ${t.nth(data.version)}`}
      option={drawn.option}
      asOf={data?.asOf ?? null}
      table={{
        columns: [t.period, t.value, t.numerator, t.denominator, t.isFinal, t.computedAt],
        rows: drawn.rows,
      }}
    />
  )
}
