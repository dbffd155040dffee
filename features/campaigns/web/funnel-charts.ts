import type { EChartsCoreOption } from 'echarts/core'
import type { ChartTable } from '#platform/web/chart-download.ts'
import type { Format } from '#platform/web/format.ts'
import type { Funnel } from '../common/campaign.ts'

type Named = { name: string; count: number }

/** The funnel as bars from the whole list down to who converted; each label has its share of the list. */
export function funnelOption(steps: readonly Named[], format: Pick<Format, 'rate'>): EChartsCoreOption {
  const whole = steps[0]?.count ?? 0
  return {
    grid: { right: 150, top: 8 },
    xAxis: { type: 'value', min: 0, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: 'category', inverse: true, data: steps.map(({ name }) => name) },
    tooltip: { trigger: 'item', valueFormatter: (value: number) => format.rate(value, whole) },
    series: [
      {
        type: 'bar',
        barMaxWidth: 22,
        data: steps.map(({ count }) => count),
        label: {
          show: true,
          position: 'right',
          formatter: ({ value }: { value: number }) => format.rate(value, whole),
        },
      },
    ],
  }
}

export function byDayOption(
  days: Funnel['byDay'],
  names: readonly [string, string, string],
): EChartsCoreOption {
  const [exposed, clicked, converted] = names
  const shifts = labelShifts(days.at(-1), Math.max(1, ...days.map((day) => day.exposed)))
  const line = (name: string, data: number[], shift: number) => ({
    name,
    type: 'line',
    data,
    showSymbol: days.length < 15,
    symbolSize: 6,
    endLabel: { show: true, formatter: '{a}', offset: [0, shift], color: 'inherit', textBorderWidth: 0 },
  })
  return {
    grid: { right: 72 },
    xAxis: { type: 'category', data: days.map(({ date }) => date.slice(5)), boundaryGap: false },
    yAxis: { type: 'value', min: 0, minInterval: 1 },
    tooltip: { trigger: 'axis' },
    series: [
      line(
        exposed,
        days.map((day) => day.exposed),
        shifts.exposed,
      ),
      line(
        clicked,
        days.map((day) => day.clicked),
        shifts.clicked,
      ),
      line(
        converted,
        days.map((day) => day.converted),
        shifts.converted,
      ),
    ],
  }
}

type Last = Pick<Funnel['byDay'][number], 'exposed' | 'clicked' | 'converted'>

/** How far the labels at the lines' ends move up, in pixels, so that none covers another. */
export function labelShifts(
  last: Last | undefined,
  most: number,
  height = 190,
  line = 15,
): Record<keyof Last, number> {
  const ends = (['exposed', 'clicked', 'converted'] as const)
    .map((name) => ({ name, at: ((last?.[name] ?? 0) / most) * height }))
    .sort((one, other) => one.at - other.at)
  const shifts = { exposed: 0, clicked: 0, converted: 0 }
  let free = 0
  for (const { name, at } of ends) {
    const place = Math.max(at, free)
    shifts[name] = at - place
    free = place + line
  }
  return shifts
}

/** The day on which most saw it. */
export const bestDay = (days: Funnel['byDay']): Funnel['byDay'][number] | undefined =>
  days.reduce<Funnel['byDay'][number] | undefined>(
    (best, day) => (best && best.exposed >= day.exposed ? best : day),
    undefined,
  )

export const byDayTable = (days: Funnel['byDay'], columns: readonly string[]): ChartTable => ({
  columns,
  rows: days.map((day) => [day.date, day.exposed, day.clicked, day.converted]),
})
