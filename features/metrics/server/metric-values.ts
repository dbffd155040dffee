import type { ComputeRequest, MetricNow, SeriesQuery } from '#features/metrics/common/metric.ts'
import { metricError } from '#features/metrics/common/metric-errors.ts'
import {
  type Grain,
  type Period,
  periodBefore,
  periodOf,
  periodsBetween,
} from '#features/metrics/common/metric-period.ts'
import {
  addsDenominators,
  createMetricComputer,
  quotientOf,
  totalOf,
} from '#features/metrics/server/compute-metrics.ts'
import type { MetricRegistry } from '#features/metrics/server/metric-registry.ts'
import { unitsOf } from '#features/metrics/server/metric-scope.ts'
import * as store from '#features/metrics/server/metric-store.ts'
import type { MetricDeps } from '#features/metrics/server/metrics.ts'
import { addDays } from '#features/rules/common/bank-time.ts'
import { type Caller, type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import { AppError } from '#platform/common/errors.ts'

const hourMs = 3_600_000
const mostPeriods = 100
/** What a person waits for at most, and what a job may take a query. */
const interactive = { maxExecutionMs: 10_000 }
const inJob = { lane: 'jobs', maxExecutionMs: 600_000 } as const

/** Values of figures: computed on a schedule and on demand, stored by org unit, read as series. */
export function createMetricValues(
  deps: MetricDeps & { registry: MetricRegistry; checkAlerts: (today: string) => Promise<number> },
) {
  const { pg, clock, timeZone, jobs, registry } = deps
  const { get, scopeFor } = registry
  const computer = createMetricComputer(deps)
  const today = () => bankDay(clock.now(), timeZone)

  /** Computes and stores some periods of one grain. */
  async function computeAndStore(row: store.MetricRow, grain: Grain, periods: readonly Period[]) {
    const ask = { grain, periods, scope: scopeOfEveryone, options: inJob }
    const figures = await computer.figures(row.formula, registry.partOf(pg), ask)
    await pg.transaction(async (tx) => {
      await store.lockMetric(tx, row.key)
      const place = { key: row.key, version: row.version, grain }
      await store.storeFigures(tx, place, figures, { today: today(), now: clock.now() })
    })
    return figures.periods.length
  }

  /** The periods under way and those just ended of every figure; one that fails says so and stops none of the others. */
  async function computeDue(): Promise<{ metrics: number; failed: string[] }> {
    await registry.ready()
    const rows = await store.allMetrics(pg)
    const failed: string[] = []
    for (const row of rows) {
      try {
        for (const grain of row.grains) {
          const current = periodOf(today(), grain)
          const place = { key: row.key, version: row.version, grain }
          const due = await store.unfinished(pg, place, [periodBefore(current.first, grain), current])
          await computeAndStore(row, grain, due)
        }
        await store.setError(pg, row.key, null)
      } catch (error) {
        failed.push(row.key)
        await store.setError(
          pg,
          row.key,
          error instanceof AppError ? error.message : 'Something failed here.',
        )
        if (!(error instanceof AppError)) throw error
      }
    }
    await deps.checkAlerts(today())
    return { metrics: rows.length, failed }
  }

  jobs.define('metrics.compute', async (input: { key?: string } & Partial<ComputeRequest>) => {
    if (!input.key || !input.from || !input.to || !input.grain) return computeDue()
    const row = await get(input.key)
    const periods = periodsBetween(input.from, input.to, input.grain, mostPeriods)
    return { periods: await computeAndStore(row, input.grain, periods) }
  })
  jobs.every('metrics.compute', hourMs)

  async function now(caller: Caller, key: string, grain: Grain = 'day'): Promise<MetricNow> {
    const row = await get(key)
    return nowIn(await scopeFor(caller, row), row, grain)
  }

  async function nowIn(scope: OrgScope, row: store.MetricRow, grain: Grain): Promise<MetricNow> {
    const period = periodOf(today(), grain)
    const asOf = clock.now().toISOString()
    const ask = { grain, periods: [period], scope, options: interactive }
    const total = totalOf(await computer.figures(row.formula, registry.partOf(pg), ask), period)
    return {
      key: row.key,
      version: row.version,
      name: row.name,
      definition: row.definition,
      unit: row.unit,
      period: period.first,
      ...total,
      value: quotientOf(total.numerator, total.denominator),
      asOf,
      exact: true,
    }
  }

  async function series(caller: Caller, key: string, query: SeriesQuery) {
    const row = await get(key)
    const { grain, version = row.version, to = today() } = query
    const scope = await scopeFor(caller, row)
    const orgIds = await unitsOf(pg, scope, query.orgId)
    const from = query.from ?? addDays(to, { day: -60, week: -365, month: -1095 }[grain])
    const adds = addsDenominators(row.formula)
    const points = await store.readSeries(
      pg,
      { key, version, grain },
      { from, to, orgIds, addsDenominators: adds },
    )
    return {
      key,
      grain,
      unit: row.unit,
      version,
      orgIds,
      points,
      asOf: clock.now().toISOString(),
      exact: true as const,
    }
  }

  return {
    computeDue,
    now,
    nowIn: async (scope: OrgScope, key: string, grain: Grain = 'day') => nowIn(scope, await get(key), grain),
    series,
    async byOrg(
      caller: Caller,
      key: string,
      ask: { grain: Grain; period?: string | undefined; orgId?: number | undefined },
    ) {
      const row = await get(key)
      const scope = await scopeFor(caller, row)
      const [parentId] = await unitsOf(pg, scope, ask.orgId)
      const place = { key, version: row.version, grain: ask.grain }
      const found = await store.readByOrg(pg, place, { period: ask.period ?? null, parentId: parentId ?? 0 })
      return { ...found, version: row.version, asOf: clock.now().toISOString() }
    },
    async enqueueCompute(caller: Caller, key: string, input: ComputeRequest): Promise<string> {
      const row = await get(key)
      if (!row.grains.includes(input.grain)) throw metricError('METRIC_GRAIN', { key, grain: input.grain })
      const jobKey = { key: `metric:${key}:${input.grain}:${input.from}:${input.to}` }
      return jobs.enqueue('metrics.compute', { key, ...input }, caller.username, jobKey)
    },
  }
}
