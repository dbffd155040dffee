import type { FunnelAnswer, FunnelQuery } from '../common/funnel.ts'
import type { TrendAnswer, TrendFigures, TrendQuery } from '../common/trend.ts'
import type { Cell, Figure, Panel, ViewTools } from './analysis-view.ts'
import { durationWords, filterLabel, groupLabel, insightWords } from './words.ts'

/** A figure that opens its customers; zero opens nobody. */
export const clickable = (count: number, cell: Cell, text?: string): Figure =>
  count > 0 ? { text: text ?? count, cell } : (text ?? count)

const axisTip = { trigger: 'axis' } as const

/** Bars over labels, from zero. */
export const bars = (labels: readonly string[], values: readonly number[], format: ViewTools['format']) => ({
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
  return `${language === 'zh' ? '，' : ', '}${words} ${share >= 0 ? '+' : '−'}${format.percent(Math.abs(share))}`
}

export function trendPanels(answer: TrendAnswer, query: TrendQuery, tools: ViewTools): Panel[] {
  const { language, format } = tools
  const t = insightWords(language)
  const labels = answer.buckets.map(
    (bucket) => `${bucketLabel(bucket.from, query, tools)}${bucket.isPartial ? ` (${t.partial})` : ''}`,
  )
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
      legend: { top: 0, type: 'scroll' },
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
        labels[nth] ?? '',
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
export function timePanel(
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
