import { heatRamps } from '#platform/web/chart-theme.ts'
import type { DistributionAnswer, DistributionQuery } from '../common/distribution.ts'
import type { IntervalAnswer, IntervalQuery } from '../common/interval.ts'
import type { RetentionAnswer, RetentionQuery } from '../common/retention.ts'
import type { Cell, Figure, Panel, ViewTools } from './analysis-view.ts'
import { bars, clickable, timePanel } from './panels.ts'
import { filterLabel, insightWords } from './words.ts'

export function retentionPanels(answer: RetentionAnswer, query: RetentionQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const periods = answer.average.map((_, nth) => t.periodN(nth + 1))
  const cohorts = answer.cohorts.map((cohort) => format.date(new Date(cohort.from)))
  const share = (part: number, base: number) => (base ? Math.round((part / base) * 1000) / 10 : 0)
  const points = answer.cohorts.flatMap((cohort, row) =>
    cohort.returned.flatMap((count, column) =>
      count === null ? [] : [[column, row, share(count, cohort.customers)]],
    ),
  )
  const first = answer.average[0]
  const rate = first && first.of > 0 ? format.rate(first.returned, first.of) : '–'
  return [
    {
      key: 'matrix',
      title:
        language === 'zh'
          ? `第 1 期回访 ${rate}（${filterLabel(query.returning, language)}）`
          : `${rate} come back in period 1 (${filterLabel(query.returning, language)})`,
      height: Math.max(220, 60 + cohorts.length * 26),
      option: {
        tooltip: { formatter: ({ data }: { data: number[] }) => `${data[2]}%` },
        xAxis: { type: 'category', data: periods },
        yAxis: { type: 'category', data: cohorts, inverse: true },
        visualMap: { min: 0, max: 100, show: false, inRange: { color: heatRamps.calm } },
        series: [
          {
            type: 'heatmap',
            data: points,
            label: {
              ...{ show: true, color: heatRamps.ink },
              formatter: ({ data }: { data: number[] }) => `${Math.round(data[2] ?? 0)}%`,
            },
            labelLayout: { hideOverlap: true },
          },
        ],
      },
      columns: [t.cohort, t.customers, ...periods],
      rows: [
        ...answer.cohorts.map((cohort, row): Figure[] => [
          cohorts[row] ?? '',
          clickable(cohort.customers, { cohort: cohort.from, period: 0 }),
          ...cohort.returned.map(
            (count, nth): Figure =>
              count === null ? null : clickable(count, { cohort: cohort.from, period: nth + 1 }),
          ),
        ]),
        [
          t.average,
          null,
          ...answer.average.map((one) => (one.of ? format.percent(one.returned / one.of) : '–')),
        ],
      ],
      cellAt: (index) => {
        const [column = 0, row = 0] = points[index] ?? []
        return { cohort: answer.cohorts[row]?.from, period: column + 1 }
      },
    },
  ]
}

export function distributionPanels(
  answer: DistributionAnswer,
  query: DistributionQuery,
  tools: ViewTools,
): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const { spread } = answer
  const isWhole = query.of === 'count' || query.of === 'days'
  const labels = spread.bins.map(({ from, to }) =>
    isWhole && to - from === 1 ? format.number(from) : `${format.number(from)} – ${format.number(to)}`,
  )
  const cellAt = (index: number): Cell | undefined => {
    const bin = spread.bins[index]
    return bin && { bin: { from: bin.from, to: bin.to } }
  }
  const at = (value: number | null) => (value === null ? '–' : format.number(value))
  return [
    {
      key: 'spread',
      title:
        language === 'zh'
          ? `中位数 ${at(spread.median)}，90% 不超过 ${at(spread.p90)}，最多 ${at(spread.max)}`
          : `Median ${at(spread.median)}, 90% at most ${at(spread.p90)}, largest ${at(spread.max)}`,
      option: bars(
        labels,
        spread.bins.map((bin) => bin.count),
        format,
      ),
      columns: [t.value, ...(query.of === 'value' ? [t.messages] : []), t.customers],
      rows: spread.bins.map((bin, nth): Figure[] => [
        labels[nth] ?? '',
        ...(query.of === 'value' ? [bin.count] : []),
        clickable(answer.byBin[nth] ?? 0, cellAt(nth) ?? {}),
      ]),
      cellAt,
    },
  ]
}

export function intervalPanels(answer: IntervalAnswer, query: IntervalQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const unfinished = answer.started - answer.finished
  const summary: Panel = {
    key: 'summary',
    title:
      language === 'zh'
        ? `${format.rate(answer.finished, answer.started)} 从“${filterLabel(query.first, language)}”走到“${filterLabel(query.next, language)}”`
        : `${format.rate(answer.finished, answer.started)} get from ${filterLabel(query.first, language)} to ${filterLabel(query.next, language)}`,
    columns: [t.group, t.customers],
    rows: [
      [t.started, clickable(answer.started, { of: 'started' })],
      [t.finished, clickable(answer.finished, { of: 'finished' })],
      [t.unfinished, clickable(unfinished, { of: 'unfinished' })],
    ],
  }
  if (answer.finished === 0) return [summary]
  return [timePanel(answer.time, tools, (took) => ({ took })), summary]
}
