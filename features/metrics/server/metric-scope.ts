import { type Formula, showsAmounts } from '#features/metrics/common/metric.ts'
import { metricError } from '#features/metrics/common/metric-errors.ts'
import type { Caller, OrgScope, Permission } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What a figure needs beside metric.read: amounts only for those who may see balances. */
const neededFor = (formula: Formula): Permission => (showsAmounts(formula) ? 'balance.read' : 'metric.read')

/** The scope in which a caller may see a figure, the ones it is made of included; throws where they may not at all. */
export function scopeOfMetric(caller: Caller, key: string, formulas: readonly Formula[]): OrgScope {
  const permissions = new Set<Permission>(formulas.map(neededFor))
  for (const permission of permissions) {
    if (!caller.permissions.has(permission)) throw metricError('METRIC_AMOUNTS', { key })
  }
  return caller.scopeOf(permissions.has('balance.read') ? 'balance.read' : 'metric.read')
}

/** The units whose stored values stand for a scope: the topmost of them. Customers of one person have none. */
export async function unitsOf(pg: PgRunner, scope: OrgScope, orgId: number | undefined): Promise<number[]> {
  if (orgId !== undefined) {
    const isKnown = await pg.first(sql`SELECT 1 FROM org_unit_current AS u WHERE u.org_id = ${orgId}`)
    if (!isKnown || (!scope.everyone && !scope.orgIds.includes(orgId))) throw metricError('METRIC_ORG', {})
    return [orgId]
  }
  if (!scope.everyone && scope.orgIds.length === 0) throw metricError('METRIC_ORG', {})
  const rows = await pg.query<{ org_id: number }>(sql`
    SELECT u.org_id FROM org_unit_current AS u
    WHERE CASE WHEN ${scope.everyone} THEN u.parent_id IS NULL
      ELSE u.org_id = ANY(${[...scope.orgIds]}::int[])
        AND (u.parent_id IS NULL OR u.parent_id <> ALL(${[...scope.orgIds]}::int[])) END
    ORDER BY u.org_id`)
  return rows.map((row) => row.org_id)
}

/** Ids of the units a scope allows; null: all. */
export const orgIdsOf = (scope: OrgScope): readonly number[] | null => (scope.everyone ? null : scope.orgIds)
