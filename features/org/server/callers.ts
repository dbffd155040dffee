import {
  type Caller,
  type OrgScope,
  type Permission,
  type Role,
  rolePermissions,
  scopeOfEveryone,
} from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

type CallerRow = {
  staff_id: number
  staff_no: string
  username: string | null
  name: string
  is_demo: boolean
  role: Role
  org_id: number
  is_root: boolean
  subtree: number[]
}

/** Builds callers from the posts a person holds today. */
export function createCallers(deps: { pg: Postgres; clock: Clock; timeZone: string }) {
  const { pg, clock, timeZone } = deps

  function scopeOfPosts(posts: readonly CallerRow[], permission: Permission): OrgScope {
    const granting = posts.filter((post) => rolePermissions[post.role].includes(permission))
    const wide = granting.filter((post) => post.role !== 'relationship_manager')
    if (wide.some((post) => post.is_root)) return scopeOfEveryone
    return {
      everyone: false,
      orgIds: [...new Set(wide.flatMap((post) => post.subtree))],
      rmStaffId: granting.some((post) => post.role === 'relationship_manager')
        ? (granting[0]?.staff_id ?? null)
        : null,
    }
  }

  /** The caller behind a staff id, or undefined when this person holds no post today. */
  async function find(staffId: number): Promise<Caller | undefined> {
    const day = bankDay(clock.now(), timeZone)
    const posts = await pg.query<CallerRow>(sql`
      SELECT s.staff_id, s.staff_no, s.username, s.name, s.is_demo, p.role, p.org_id, u.parent_id IS NULL AS is_root,
        CASE WHEN u.parent_id IS NULL THEN ARRAY[]::int[]
          ELSE ARRAY(SELECT below.org_id FROM org_unit_version AS below
                     WHERE below.valid_to IS NULL AND below.path @> ARRAY[p.org_id]::int[]) END AS subtree
      FROM staff AS s JOIN post AS p ON p.staff_id = s.staff_id JOIN org_unit_current AS u ON u.org_id = p.org_id
      WHERE s.staff_id = ${staffId} AND s.state = 'active'
        AND p.valid_from <= ${day}::date AND (p.valid_to IS NULL OR p.valid_to > ${day}::date)
      ORDER BY p.post_id`)
    const first = posts[0]
    if (!first) return undefined
    const scopes = new Map<Permission, OrgScope>()
    return {
      staffId: first.staff_id,
      staffNo: first.staff_no,
      username: first.username ?? first.staff_no,
      name: first.name,
      homeOrgId: first.org_id,
      roles: [...new Set(posts.map((post) => post.role))],
      permissions: new Set(posts.flatMap((post) => rolePermissions[post.role])),
      scopeOf(permission) {
        const known = scopes.get(permission) ?? scopeOfPosts(posts, permission)
        scopes.set(permission, known)
        return known
      },
    }
  }

  return { find }
}
