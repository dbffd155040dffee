import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useMemo } from 'react'
import { valueName } from '#features/customers/common/event-words.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { type Format, useFormat } from '#platform/web/format.ts'
import { type Language, useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Distribution, Tag } from '../common/tag.ts'
import { tagText } from './tag-text.ts'

/** How many customers have which value; the title says where most are. */
export function TagDistribution({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const format = useFormat()
  const words = useErrorWords()
  const distribution = useQuery({
    queryKey: ['/api/tags', tag.key, 'distribution'],
    queryFn: ({ signal }) =>
      api.get<Distribution>(pathOf`/api/tags/${tag.key}/distribution`, undefined, signal),
  })
  const drawn = useDistributionOption(tag, distribution.data)
  if (distribution.error) return <Alert type="error" showIcon title={words(distribution.error)} />
  const { data } = distribution
  return (
    <Chart
      title={drawn?.title ?? t.distribution}
      subtitle={
        data && <span title={t.scopeHint}>{t.coverageOf(format.rate(data.coverage, data.base))}</span>
      }
      asOf={data?.refreshedAt}
      option={drawn?.option}
      table={drawn?.table}
      height={280}
    />
  )
}

type Bar = { label: string; from?: string; to?: string; count: number }

function barsOf(
  type: Tag['type'],
  values: Distribution['values'],
  format: Format,
  language: Language,
): Bar[] {
  const edge = (text: string | undefined) =>
    text === undefined ? '' : type === 'number' ? format.compact(Number(text)) : format.date(text)
  return values.map(({ value, from, to, count }) => {
    if (value !== undefined) return { label: valueName(value, language), count }
    return { label: `${edge(from)} – ${edge(to)}`, from: edge(from), to: edge(to), count }
  })
}

function useDistributionOption(tag: Tag, data: Distribution | undefined) {
  const t = useText(tagText)
  const format = useFormat()
  const language = useLanguage()
  return useMemo(() => {
    if (!data) return undefined
    const bars = barsOf(tag.type, data.values, format, language)
    const most = bars.reduce<Bar | undefined>(
      (top, bar) => (!top || bar.count > top.count ? bar : top),
      undefined,
    )
    const share = format.percent(most && data.coverage > 0 ? most.count / data.coverage : 0)
    const title = !most
      ? t.distribution
      : most.from
        ? t.topRange(most.from, most.to ?? '', share)
        : t.topValue(most.label, share)
    const isRanged = most?.from !== undefined
    const shown = isRanged ? bars : bars.slice(0, 12).reverse()
    const names = {
      type: 'category',
      data: shown.map(({ label }) => label),
      axisLabel: { interval: isRanged ? 'auto' : 0, width: 120, overflow: 'truncate' },
    }
    const counts = {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (value: number) => format.compact(value) },
    }
    return {
      title,
      option: {
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.rate(value, data.coverage),
        },
        xAxis: isRanged ? names : counts,
        yAxis: isRanged ? counts : names,
        series: [
          {
            type: 'bar',
            name: t.customers,
            barMaxWidth: 28,
            data: shown.map(({ count }) => count),
            label: {
              show: shown.length <= 12,
              position: isRanged ? 'top' : 'right',
              formatter: ({ value }: { value: number }) => format.compact(value),
            },
          },
        ],
        grid: { right: isRanged ? 16 : 56 },
      },
      table: {
        columns: [t.value, t.customers, t.share],
        rows: bars.map(({ label, count }) => [
          label,
          count,
          format.percent(data.coverage === 0 ? 0 : count / data.coverage),
        ]),
      },
    }
  }, [tag.type, data, t, format, language])
}
