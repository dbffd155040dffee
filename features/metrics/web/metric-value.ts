import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Metric } from '../common/metric.ts'
import { metricText } from './metric-text.ts'

/** Writes a figure in its unit; nothing to divide by is a dash. */
export function useMetricValue(): (value: number | null, unit: Metric['unit']) => string {
  const format = useFormat()
  const t = useText(metricText)
  return (value, unit) => {
    if (value === null) return '–'
    if (unit === 'percent') return format.percent(value)
    if (unit === 'yuan') return format.money(value)
    if (unit === 'customers' || unit === 'events') return format.number(value)
    return `${format.number(value)} ${t[unit]}`.trim()
  }
}
