import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type {
  BaseFormula,
  ChangeMetric,
  CreateMetric,
  Formula,
  Metric,
  MetricQuery,
} from '#features/metrics/common/metric.ts'
import { metricError } from '#features/metrics/common/metric-errors.ts'
import { standardMetrics } from '#features/metrics/common/standard-metrics.ts'
import { addsDenominators } from '#features/metrics/server/compute-metrics.ts'
import { orgIdsOf, scopeOfMetric } from '#features/metrics/server/metric-scope.ts'
import * as store from '#features/metrics/server/metric-store.ts'
import type { MetricDeps } from '#features/metrics/server/metrics.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type MetricRegistry = ReturnType<typeof createMetricRegistry>

/** Definitions of figures: one formula each, in versions. */
export function createMetricRegistry(deps: MetricDeps) {
  const { pg, clock, audit, rules } = deps
  let standard: Promise<void> | undefined

  /** The standard figures are there from the beginning; what a bank changed in one stays. */
  async function insertStandard(): Promise<void> {
    await pg.transaction(async (tx) => {
      const by = { username: 'standard', orgId: null }
      const made = await store.insertMetrics(tx, standardMetrics, by, clock.now())
      for (const { key, version } of made) {
        const { key: _, ...content } = standardMetrics.find((one) => one.key === key) as CreateMetric
        await store.insertVersion(tx, { key, version, content, reason: '', by: by.username }, clock.now())
      }
    })
  }
  const ready = (): Promise<void> => {
    standard ??= insertStandard().catch((error) => {
      standard = undefined
      throw error
    })
    return standard
  }

  async function get(key: string): Promise<store.MetricRow> {
    await ready()
    const row = await store.findMetric(pg, key)
    if (!row) throw metricError('METRIC_NOT_FOUND', { key })
    return row
  }

  const partOf =
    (runner: PgRunner) =>
    async (key: string): Promise<BaseFormula | undefined> => {
      const row = await store.findMetric(runner, key)
      if (!row || 'ratio' in row.formula || addsDenominators(row.formula)) return undefined
      return row.formula
    }

  /** The formula with those it is made of. */
  async function formulasOf(formula: Formula): Promise<Formula[]> {
    if (!('ratio' in formula)) return [formula]
    const parts = await Promise.all([formula.ratio.of, formula.ratio.to].map(partOf(pg)))
    return [formula, ...parts.filter((part) => part !== undefined)]
  }
  const scopeFor = async (caller: Caller, row: store.MetricRow): Promise<OrgScope> =>
    scopeOfMetric(caller, row.key, await formulasOf(row.formula))

  /** Refuses a formula of what does not exist or does not add up. */
  async function checkFormula(tx: PgRunner, formula: Formula): Promise<void> {
    if ('customers' in formula && formula.customers.rule)
      await rules.check(formula.customers.rule, { path: 'formula.customers.rule' }, tx)
    if ('tag' in formula) await rules.check({ tag: formula.tag.key, is: 'exists' }, { path: 'formula' }, tx)
    if (!('ratio' in formula)) return
    for (const side of ['of', 'to'] as const) {
      const key = formula.ratio[side]
      if (await partOf(tx)(key)) continue
      throw metricError('METRIC_RATIO_PART', { key }, [
        { path: `formula.ratio.${side}`, code: 'METRIC_RATIO_PART', message: 'is no metric that adds up' },
      ])
    }
  }

  const record = (
    tx: PgRunner,
    caller: Caller,
    action: string,
    key: string,
    change: object,
    reason?: string,
  ) =>
    audit.record(tx, {
      actor: caller.username,
      action,
      objectType: 'metric',
      objectId: key,
      ...change,
      reason,
    })

  async function create(caller: Caller, input: CreateMetric): Promise<Metric> {
    await ready()
    return pg.transaction(async (tx) => {
      await checkFormula(tx, input.formula)
      const by = { username: caller.username, orgId: caller.homeOrgId }
      const [made] = await store.insertMetrics(tx, [input], by, clock.now())
      if (!made) {
        throw metricError('METRIC_KEY_TAKEN', { key: input.key }, [
          { path: 'key', code: 'METRIC_KEY_TAKEN', message: 'is taken' },
        ])
      }
      const { key, ...content } = input
      await store.insertVersion(tx, { ...made, content, reason: '', by: caller.username }, clock.now())
      await record(tx, caller, 'metric.create', key, { after: content })
      return store.describeMetric((await store.findMetric(tx, key)) as store.MetricRow)
    })
  }

  async function lockOwn(tx: PgRunner, scope: OrgScope, key: string): Promise<store.MetricRow> {
    const row = await store.lockMetric(tx, key)
    if (!row) throw metricError('METRIC_NOT_FOUND', { key })
    // The platform's own figures are everybody's: only whoever sees the whole bank may change one.
    if (!scope.everyone && (row.owner_org_id === null || !scope.orgIds.includes(row.owner_org_id)))
      throw metricError('METRIC_NOT_YOURS', { key })
    return row
  }

  const usesOf = async (runner: PgRunner, key: string): Promise<string[]> =>
    (await store.allMetrics(runner))
      .filter(({ formula }) => 'ratio' in formula && [formula.ratio.of, formula.ratio.to].includes(key))
      .map((row) => row.key)

  async function change(caller: Caller, scope: OrgScope, key: string, input: ChangeMetric): Promise<Metric> {
    await ready()
    const { reason, ...content } = input
    return pg.transaction(async (tx) => {
      const before = await lockOwn(tx, scope, key)
      await checkFormula(tx, content.formula)
      const uses = await usesOf(tx, key)
      if (uses.length > 0 && ('ratio' in content.formula || addsDenominators(content.formula)))
        throw metricError('METRIC_IN_USE', { key, uses: uses.join(', ') })
      await store.updateMetric(tx, key, content, clock.now())
      const version = before.version + 1
      await store.insertVersion(tx, { key, version, content, reason, by: caller.username }, clock.now())
      // What a ratio's parts mean is what the ratio means: it gets a version, too.
      if (!isDeepStrictEqual(before.formula, content.formula)) await renew(tx, caller, uses, key, reason)
      await record(
        tx,
        caller,
        'metric.change',
        key,
        { before: store.contentOf(before), after: content },
        reason,
      )
      return store.describeMetric((await store.findMetric(tx, key)) as store.MetricRow)
    })
  }

  async function renew(tx: PgRunner, caller: Caller, keys: readonly string[], part: string, reason: string) {
    for (const key of keys) {
      const row = await store.lockMetric(tx, key)
      if (!row) continue
      const content = store.contentOf(row)
      await store.updateMetric(tx, key, content, clock.now())
      const version = {
        key,
        version: row.version + 1,
        content,
        reason: `${part}: ${reason}`,
        by: caller.username,
      }
      await store.insertVersion(tx, version, clock.now())
      await record(tx, caller, 'metric.change', key, { before: content, after: content }, version.reason)
    }
  }

  async function remove(caller: Caller, scope: OrgScope, key: string): Promise<void> {
    await ready()
    await pg.transaction(async (tx) => {
      const before = await lockOwn(tx, scope, key)
      const uses = await usesOf(tx, key)
      if (uses.length > 0) throw metricError('METRIC_IN_USE', { key, uses: uses.join(', ') })
      await store.retireMetric(tx, key, clock.now())
      await record(tx, caller, 'metric.delete', key, { before: store.contentOf(before) })
    })
  }

  return {
    ready,
    /** A figure by its key, of everybody's alarms. */
    get,
    partOf,
    scopeFor,
    create,
    change,
    remove,
    describe: async (scope: OrgScope, key: string): Promise<Metric> => {
      await ready()
      const row = await store.findMetric(pg, key, orgIdsOf(scope))
      if (!row) throw metricError('METRIC_NOT_FOUND', { key })
      return store.describeMetric(row)
    },
    async list(scope: OrgScope, query: z.output<typeof MetricQuery>) {
      await ready()
      return store.listMetrics(pg, query, orgIdsOf(scope))
    },
    async versions(key: string) {
      await get(key)
      return { items: await store.listVersions(pg, key) }
    },
  }
}
