import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useMemo } from 'react'
import { api } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { RejectSummary } from '../common/reject.ts'
import { rejectNames } from './ingest-text.ts'
import { rejectText } from './reject-text.ts'

const mostReasons = 5

/** Every step between the first and the last, also those without any. */
function stepsOf({ asOf, stepSeconds }: RejectSummary): number[] {
  const stepMs = stepSeconds * 1000
  const last = Math.floor(Date.parse(asOf) / stepMs) * stepMs
  const count = Math.ceil(86_400_000 / stepMs)
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * stepMs)
}

/** Rejects of the last day by reason. */
export function RejectChart(filter: { source: string; code: string; event: string }) {
  const t = useText(rejectText)
  const format = useFormat()
  const pick = usePick()
  const words = useErrorWords()
  const summary = useQuery({
    queryKey: ['/api/rejects', 'summary', filter],
    queryFn: ({ signal }) => api.get<RejectSummary>('/api/rejects/summary', filter, signal),
    refetchInterval: 30_000,
  })
  const { data } = summary
  const drawn = useMemo(() => {
    if (!data) return undefined
    const steps = stepsOf(data)
    const nameOf = (code: string) => (rejectNames[code] ? pick(rejectNames[code]) : code)
    const shown = data.byCode.slice(0, mostReasons).map(({ code }) => code)
    const values = (isOf: (code: string) => boolean) => {
      const counts = new Map<number, number>()
      for (const { at, code, count } of data.series)
        if (isOf(code)) counts.set(Date.parse(at), (counts.get(Date.parse(at)) ?? 0) + count)
      return steps.map((step) => counts.get(step) ?? 0)
    }
    const series = [
      ...shown.map((code) => ({ name: nameOf(code), data: values((one) => one === code) })),
      ...(data.byCode.length > mostReasons
        ? [{ name: t.others, data: values((one) => !shown.includes(one)) }]
        : []),
    ]
    const labels = steps.map((step) => format.time(new Date(step)))
    return {
      title:
        data.total === 0 ? t.findingNone : t.finding(format.compact(data.total), format.compact(data.open)),
      option: {
        legend: { top: 0, left: 0, type: 'scroll' },
        grid: { top: 32 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
        xAxis: { type: 'category', data: labels.map((label) => label.slice(-5)) },
        yAxis: { type: 'value', min: 0, minInterval: 1 },
        series: series.map((one) => ({ ...one, type: 'bar', stack: 'all', barMaxWidth: 14 })),
      },
      table: {
        columns: [t.time, ...series.map(({ name }) => name)],
        rows:
          data.total === 0
            ? []
            : labels.map((label, index) => [label, ...series.map((one) => one.data[index] ?? 0)]),
      },
    }
  }, [data, t, format, pick])
  if (summary.error) return <Alert type="error" showIcon title={words(summary.error)} />
  // On a quiet day a line of words is enough.
  if (data?.total === 0) return <span className="quiet small">{t.findingNone}</span>
  return (
    <Chart
      title={drawn?.title ?? t.byReason}
      option={drawn?.option}
      table={drawn?.table}
      asOf={data?.asOf}
      height={180}
    />
  )
}
