import type { CreateAlert } from '#features/metrics/common/metric.ts'

/** What an alert looks at: the value of the period that ended and of the one before; undefined: never computed. */
export type AlarmFacts = {
  kind: CreateAlert['kind']
  threshold: number
  value: number | null | undefined
  previous: number | null | undefined
}

/**
 * Whether an alert speaks. `change` compares the size of the difference with a share of the value before; from nothing to
 * something is any share. A value that is not there is for `missing` alone.
 */
export function isAlarm({ kind, threshold, value, previous }: AlarmFacts): boolean {
  if (kind === 'missing') return value === undefined || value === null
  if (value === undefined || value === null) return false
  if (kind === 'above') return value > threshold
  if (kind === 'below') return value < threshold
  if (previous === undefined || previous === null || value === previous) return false
  return Math.abs(value - previous) > threshold * Math.abs(previous)
}
