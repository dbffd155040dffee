import type { OrgScope } from '#platform/common/access.ts'
import { identifier, type Sql, sql, typed } from '#platform/common/sql.ts'

const column = (alias: string, name: string): Sql => sql`${identifier(alias)}.${identifier(name)}`

/** Condition on a PostgreSQL row with `org_id` and `rm_staff_id` that keeps what the scope allows. */
export function postgresScope(scope: OrgScope, alias: string): Sql {
  if (scope.everyone) return sql`true`
  return sql`(${column(alias, 'org_id')} = ANY(${[...scope.orgIds]}::int[])
    OR ${column(alias, 'rm_staff_id')} = ${scope.rmStaffId}::int)`
}

/** Condition on a ClickHouse row with `org_id` and `rm_staff_id` that keeps what the scope allows. */
export function clickHouseScope(scope: OrgScope, alias: string): Sql {
  if (scope.everyone) return sql`1`
  const byOrg = sql`${column(alias, 'org_id')} IN ${typed('Array(UInt32)', scope.orgIds)}`
  if (scope.rmStaffId === null) return byOrg
  return sql`(${byOrg} OR ${column(alias, 'rm_staff_id')} = ${typed('UInt32', scope.rmStaffId)})`
}
