import type { Audit } from '#features/audit/server/index.ts'
import { createCallers } from '#features/org/server/callers.ts'
import { createOrgTree } from '#features/org/server/org-tree.ts'
import { createSessions } from '#features/org/server/sessions.ts'
import { createStaffAccounts } from '#features/org/server/staff-accounts.ts'
import { createStaffService } from '#features/org/server/staff-service.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type Org = ReturnType<typeof createOrg>

/** Org units, staff, posts and who is signed in. */
export function createOrg(deps: { pg: Postgres; clock: Clock; audit: Audit; timeZone: string }) {
  const { pg } = deps
  const callers = createCallers(deps)
  const staff = createStaffService(deps)
  return {
    callers,
    tree: createOrgTree(deps),
    staff,
    accounts: createStaffAccounts({ ...deps, staff }),
    sessions: createSessions({ ...deps, callers }),
    /** The units a person may list: an RM, who has no units of their own, those of their post. */
    unitScope(caller: Caller): OrgScope {
      const scope = caller.scopeOf('org.read')
      return scope.everyone || scope.orgIds.length ? scope : { ...scope, orgIds: [caller.homeOrgId] }
    },
    async homeOf(caller: Caller): Promise<{ orgName: string; isDemo: boolean }> {
      const row = await pg.first<{ org_name: string; is_demo: boolean }>(sql`
        SELECT u.name AS org_name, s.is_demo FROM org_unit_current AS u, staff AS s
        WHERE u.org_id = ${caller.homeOrgId} AND s.staff_id = ${caller.staffId}`)
      return { orgName: row?.org_name ?? '', isDemo: row?.is_demo ?? false }
    },
  }
}
