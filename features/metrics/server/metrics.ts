import type { Audit } from '#features/audit/server/index.ts'
import { addsDenominators } from '#features/metrics/server/compute-metrics.ts'
import { createMetricAlerts } from '#features/metrics/server/metric-alerts.ts'
import { createMetricRegistry } from '#features/metrics/server/metric-registry.ts'
import { createMetricValues } from '#features/metrics/server/metric-values.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Jobs } from '#platform/server/jobs.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type MetricDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  jobs: Pick<Jobs, 'define' | 'every' | 'enqueue'>
  rules: Pick<Rules, 'memberIdsSql' | 'prepare' | 'check'>
  /** Rules as they answer at another moment. */
  rulesAt: (now: Date) => Pick<Rules, 'memberIdsSql'>
}
export type Metrics = ReturnType<typeof createMetrics>

/** Key figures: one formula each, in versions, with values by org unit and alerts on them. */
export function createMetrics(deps: MetricDeps) {
  const registry = createMetricRegistry(deps)
  const alerts = createMetricAlerts({
    ...deps,
    get: registry.get,
    scopeFor: registry.scopeFor,
    addsDenominators,
  })
  const values = createMetricValues({ ...deps, registry, checkAlerts: alerts.check })
  const { create, change, remove, list, versions } = registry
  return { create, change, remove, list, versions, get: registry.describe, ...values, alerts }
}
