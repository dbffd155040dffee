import { useMemo } from 'react'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { IngestRates } from '../common/ingest.ts'
import { ratesMinutes } from './ingest-queries.ts'
import { ingestText } from './ingest-text.ts'
import { largest, minutesUpTo, perMinute } from './rate-series.ts'

type Rate = IngestRates['items'][number]
const mostSources = 5
const received = ({ accepted, rejected }: Rate) => accepted + rejected
const clock = (iso: string, format: (value: string) => string) => format(iso).slice(-5)

type Line = { name: string; values: number[] }

function linesBySource(rates: readonly Rate[], minutes: readonly string[], others: string): Line[] {
  const { names, rest } = largest(rates, mostSources)
  const of = (wanted: readonly string[]) =>
    perMinute(
      minutes,
      rates.filter(({ source }) => wanted.includes(source)),
      received,
    )
  return [
    ...names.map((name) => ({ name, values: of([name]) })),
    ...(rest.length > 0 ? [{ name: others, values: of(rest) }] : []),
  ]
}

/** Messages a minute in the last hour, by source or by what became of them. */
export function RateChart({ rates, by }: { rates: IngestRates | undefined; by: 'source' | 'outcome' }) {
  const t = useText(ingestText)
  const format = useFormat()
  const drawn = useMemo(() => {
    if (!rates) return undefined
    const minutes = minutesUpTo(rates.asOf, ratesMinutes)
    const lines =
      by === 'source'
        ? linesBySource(rates.items, minutes, t.others)
        : [
            { name: t.accepted, values: perMinute(minutes, rates.items, ({ accepted }) => accepted) },
            { name: t.rejected, values: perMinute(minutes, rates.items, ({ rejected }) => rejected) },
          ]
    const total = rates.items.reduce((sum, rate) => sum + received(rate), 0)
    const refused = rates.items.reduce((sum, rate) => sum + rate.rejected, 0)
    return {
      title: total === 0 ? t.ratesNone : t.ratesFinding(format.compact(total), format.rate(refused, total)),
      option: {
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', boundaryGap: false, data: minutes.map((at) => clock(at, format.time)) },
        yAxis: {
          type: 'value',
          min: 0,
          minInterval: 1,
          axisLabel: { formatter: (value: number) => format.compact(value) },
        },
        series: lines.map(({ name, values }) => ({
          ...{ type: 'line', name, data: values, showSymbol: false, lineStyle: { width: 1.5 } },
          ...(by === 'source' ? { stack: 'all', areaStyle: { opacity: 0.35 } } : {}),
        })),
      },
      table: {
        columns: [t.minute, ...lines.map(({ name }) => name)],
        rows: minutes.map((at, index) => [format.time(at), ...lines.map(({ values }) => values[index] ?? 0)]),
      },
    }
  }, [rates, by, t, format])
  return (
    <Chart
      title={drawn?.title ?? t.rates}
      subtitle={t.ratesHint}
      option={drawn?.option}
      table={drawn?.table}
      asOf={rates?.asOf}
    />
  )
}

/** From receipt to queryable, minute by minute. */
export function LagChart({ rates }: { rates: IngestRates | undefined }) {
  const t = useText(ingestText)
  const format = useFormat()
  const drawn = useMemo(() => {
    if (!rates) return undefined
    const minutes = minutesUpTo(rates.asOf, ratesMinutes)
    const lines = [
      { name: 'p50', values: perMinute(minutes, rates.items, ({ lagP50Ms }) => lagP50Ms, Math.max) },
      { name: 'p99', values: perMinute(minutes, rates.items, ({ lagP99Ms }) => lagP99Ms, Math.max) },
    ]
    const worst = Math.max(0, ...(lines[1]?.values ?? []))
    const seconds = (ms: number) => `${format.number(Number((ms / 1000).toFixed(2)))} s`
    return {
      title: rates.items.length === 0 ? t.lagNone : t.lagFinding(seconds(worst)),
      option: {
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: { trigger: 'axis', valueFormatter: seconds },
        xAxis: { type: 'category', boundaryGap: false, data: minutes.map((at) => clock(at, format.time)) },
        yAxis: { type: 'value', min: 0, axisLabel: { formatter: seconds } },
        series: lines.map(({ name, values }, index) => ({
          ...{ type: 'line', name, data: values, showSymbol: false, lineStyle: { width: 1.5 } },
          ...(index === 1
            ? {
                markLine: {
                  silent: true,
                  symbol: 'none',
                  lineStyle: { type: 'dashed' },
                  label: { formatter: t.lagAim, position: 'insideEndTop' },
                  data: worst > 1000 ? [{ yAxis: 2000 }] : [],
                },
              }
            : {}),
        })),
      },
      table: {
        columns: [t.minute, 'p50 ms', 'p99 ms'],
        rows: minutes.map((at, index) => [format.time(at), ...lines.map(({ values }) => values[index] ?? 0)]),
      },
    }
  }, [rates, t, format])
  return (
    <Chart
      title={drawn?.title ?? t.lag}
      subtitle={t.lagHint}
      option={drawn?.option}
      table={drawn?.table}
      asOf={rates?.asOf}
    />
  )
}
