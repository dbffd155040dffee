import type { DistributionAnswer, DistributionQuery } from '../common/distribution.ts'
import type { Group } from '../common/frame.ts'
import type { FunnelAnswer, FunnelQuery } from '../common/funnel.ts'
import type { IntervalAnswer, IntervalQuery } from '../common/interval.ts'
import type { RetentionAnswer, RetentionQuery } from '../common/retention.ts'
import type { TrendAnswer, TrendFigures, TrendQuery } from '../common/trend.ts'
import type { Cell, Figure, Panel, ViewTools } from './analysis-view.ts'
import { durationWords, filterLabel, groupLabel, insightWords } from './words.ts'

/** A figure that opens its customers; zero opens nobody. */
export const clickable = (count: number, cell: Cell, text?: string): Figure =>
  count > 0 ? { text: text ?? count, cell } : (text ?? count)

const axisTip = { trigger: 'axis' } as const

/** Bars over labels, from zero. */
const bars = (labels: readonly string[], values: readonly number[], format: ViewTools['format']) => ({
  tooltip: axisTip,
  xAxis: { type: 'category', data: [...labels] },
  yAxis: { type: 'value', min: 0, axisLabel: { formatter: (value: number) => format.compact(value) } },
  series: [{ type: 'bar', data: [...values], barMaxWidth: 40 }],
})

function bucketLabel(from: string, query: TrendQuery, { format }: ViewTools): string {
  if (query.size === 'hour') return format.time(from)
  const date = format.date(new Date(from))
  return query.size === 'month' ? date.slice(0, 7) : date
}

const change = (now: number, before: number | undefined, { format, language }: ViewTools): string => {
  if (!before) return ''
  const share = now / before - 1
  const words = language === 'zh' ? '较上一段' : 'on the period before'
  return `, ${words} ${share >= 0 ? '+' : '−'}${format.percent(Math.abs(share))}`
}

export function trendPanels(answer: TrendAnswer, query: TrendQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const labels = answer.buckets.map((bucket) => bucketLabel(bucket.from, query, tools))
  const of = (figures: TrendFigures) => figures.customers
  const name = filterLabel(query.event, language)
  const series = answer.groups.length
    ? [
        ...answer.groups
          .slice(0, 5)
          .map((group) => ({ name: groupLabel(group, language), points: group.points.map(of) })),
      ]
    : [
        { name: t.customers, points: answer.all.map(of) },
        ...(answer.before ? [{ name: t.before, points: answer.before.all.map(of) }] : []),
      ]
  const said =
    language === 'zh'
      ? `${format.number(answer.total.customers)} 位客户“${name}” ${format.number(answer.total.messages)} 次`
      : `${format.number(answer.total.customers)} customers: ${name}, ${format.number(answer.total.messages)} times`
  const figures = (one: TrendFigures, cell: Cell): Figure[] => [
    one.messages,
    clickable(one.customers, cell),
    ...(query.prop ? [one.sum === null ? null : Number(one.sum), one.average] : []),
  ]
  const columns = [t.messages, t.customers, ...(query.prop ? [t.sum, t.average] : [])]
  const overTime: Panel = {
    key: 'time',
    title: `${said}${change(answer.total.customers, answer.before?.total.customers, tools)}`,
    option: {
      tooltip: axisTip,
      legend: { top: 0 },
      grid: { top: 36 },
      xAxis: { type: 'category', data: labels },
      yAxis: { type: 'value', min: 0, axisLabel: { formatter: (value: number) => format.compact(value) } },
      series: series.map((one, nth) => ({
        ...{ name: one.name, type: 'line', showSymbol: false, data: one.points },
        ...(one.name === t.before && nth > 0 ? { lineStyle: { type: 'dashed' } } : {}),
      })),
    },
    columns: [t.time, ...columns],
    rows: [
      [t.total, ...figures(answer.total, {})],
      ...answer.all.map((one, nth) => [
        `${labels[nth]}${answer.buckets[nth]?.isPartial ? ` (${t.partial})` : ''}`,
        ...figures(one, { bucket: answer.buckets[nth]?.from }),
      ]),
    ],
    cellAt: (index) => ({ bucket: answer.buckets[index]?.from }),
  }
  if (answer.groups.length === 0) return [overTime]
  const not = answer.groups.map((group) => group.item)
  const names = answer.groups.map((group) => groupLabel(group, language))
  const byGroup: Panel = {
    key: 'groups',
    title: language === 'zh' ? `最多的是“${names[0]}”` : `Largest: ${names[0]}`,
    option: bars(
      names,
      answer.groups.map((group) => group.total.customers),
      format,
    ),
    columns: [t.group, ...columns],
    rows: [
      ...answer.groups.map((group, nth) => [names[nth] ?? '', ...figures(group.total, { item: group.item })]),
      ...(answer.others
        ? [
            [
              t.others(format.number(answer.others.groups)),
              ...figures(answer.others.total, { item: '+', not }),
            ],
          ]
        : []),
    ],
    cellAt: (index) => ({ item: answer.groups[index]?.item }),
  }
  return [overTime, byGroup]
}

export function funnelPanels(answer: FunnelAnswer, query: FunnelQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const names = query.steps.map((step, nth) => `${nth + 1}. ${filterLabel(step, language)}`)
  const rate = (share: number | null) => (share === null ? '–' : format.percent(share))
  const last = answer.steps.at(-1)
  const worst = answer.steps.reduce(
    (found, step, nth) => (nth > 0 && step.dropped > (answer.steps[found]?.dropped ?? 0) ? nth : found),
    1,
  )
  const steps: Panel = {
    key: 'steps',
    title:
      language === 'zh'
        ? `${rate(last?.fromFirst ?? null)} 走完全程，最多的人停在“${filterLabel(query.steps[worst - 1] ?? { event: '' }, language)}”之后`
        : `${rate(last?.fromFirst ?? null)} go all the way; most stop after ${filterLabel(query.steps[worst - 1] ?? { event: '' }, language)}`,
    option: bars(
      names,
      answer.steps.map((step) => step.customers),
      format,
    ),
    columns: [t.steps, t.customers, t.fromPrevious, t.fromFirst, t.dropped, t.medianTime],
    rows: answer.steps.map((step, nth) => [
      names[nth] ?? '',
      clickable(step.customers, { step: nth + 1 }),
      rate(step.fromPrevious),
      rate(step.fromFirst),
      nth === 0 ? null : clickable(step.dropped, { step: nth, dropped: true }),
      step.medianMs === null ? '–' : durationWords(step.medianMs, language, format),
    ]),
    cellAt: (index) => ({ step: index + 1 }),
  }
  const { timeToConvert } = answer
  const times = timePanel(timeToConvert, tools, (took) => ({ step: query.steps.length, took }))
  const panels = timeToConvert.count > 0 ? [steps, times] : [steps]
  if (answer.groups.length === 0) return panels
  const not = answer.groups.map((group) => group.item)
  const row = (name: string, customers: readonly number[], cell: Cell): Figure[] => [
    name,
    ...customers.map((count, nth) => clickable(count, { ...cell, step: nth + 1 })),
    rate(customers[0] ? (customers.at(-1) ?? 0) / customers[0] : null),
  ]
  const conversion = (group: { customers: readonly number[] }) =>
    group.customers[0] ? ((group.customers.at(-1) ?? 0) / group.customers[0]) * 100 : 0
  const labels = answer.groups.map((group) => groupLabel(group, language))
  panels.push({
    key: 'groups',
    title: language === 'zh' ? '各组转化率（%）' : 'Conversion by group (%)',
    option: bars(
      labels,
      answer.groups.map((group) => Math.round(conversion(group) * 10) / 10),
      format,
    ),
    columns: [t.group, ...names, t.fromFirst],
    rows: [
      ...answer.groups.map((group, nth) => row(labels[nth] ?? '', group.customers, { item: group.item })),
      ...(answer.others
        ? [row(t.others(format.number(answer.others.groups)), answer.others.customers, { item: '+', not })]
        : []),
    ],
    cellAt: (index) => ({ step: query.steps.length, item: answer.groups[index]?.item }),
  })
  return panels
}

/** A spread of times as bars and quantiles. */
function timePanel(
  spread: FunnelAnswer['timeToConvert'],
  { language, format }: ViewTools,
  cellOf: (took: { fromMs: number; toMs: number }) => Cell,
): Panel {
  const t = insightWords(language)
  const words = (ms: number | null) => (ms === null ? '–' : durationWords(ms, language, format))
  const labels = spread.bins.map((bin) => `${words(bin.from)} – ${words(bin.to)}`)
  const cellAt = (index: number) => {
    const bin = spread.bins[index]
    return bin && cellOf({ fromMs: bin.from, toMs: bin.to })
  }
  return {
    key: 'times',
    title:
      language === 'zh'
        ? `一半的人在 ${words(spread.median)} 内完成；25% 在 ${words(spread.p25)} 内，90% 在 ${words(spread.p90)} 内`
        : `Half are done within ${words(spread.median)}; 25% within ${words(spread.p25)}, 90% within ${words(spread.p90)}`,
    option: bars(
      labels,
      spread.bins.map((bin) => bin.count),
      format,
    ),
    columns: [t.took, t.customers],
    rows: spread.bins.map((bin, nth) => [labels[nth] ?? '', clickable(bin.count, cellAt(nth) ?? {})]),
    cellAt,
  }
}

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
        visualMap: { min: 0, max: 100, show: false, inRange: { color: ['#eef3fb', '#1f5fbf'] } },
        series: [
          {
            type: 'heatmap',
            data: points,
            label: { show: true, formatter: ({ data }: { data: number[] }) => `${data[2]}` },
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

/** Groups with their words, for features that show their own panels. */
export const namesOf = (groups: readonly Group[], language: ViewTools['language']): string[] =>
  groups.map((group) => groupLabel(group, language))
