import { z } from 'zod'
import { permissions, roles } from '#platform/common/access.ts'
import { PageQuery, pageOf } from '#platform/common/http.ts'

export const orgKinds = ['head_office', 'branch', 'sub_branch', 'outlet'] as const

export const OrgUnit = z
  .object({
    orgId: z.number().int(),
    code: z.string(),
    name: z.string(),
    kind: z.enum(orgKinds),
    parentId: z.number().int().nullable(),
    validFrom: z.string(),
  })
  .meta({ id: 'OrgUnit' })
export type OrgUnit = z.infer<typeof OrgUnit>

/** GET /api/org-units (org.read): the caller's subtree (whole tree for head office); `?asOf=YYYY-MM-DD` as it was that day. */
export const OrgUnits = z.object({ items: z.array(OrgUnit) })
export const OrgUnitsQuery = z.object({ asOf: z.iso.date().optional() })

/** POST /api/org-units (org.write) */
export const CreateOrgUnit = z.object({
  code: z.string().min(1).max(64),
  name: z.string().min(1).max(100),
  kind: z.enum(orgKinds),
  parentCode: z.string().max(64),
  validFrom: z.iso.date().optional(),
})
/** PUT /api/org-units/{code} (org.write): rename or move from a day on. */
export const ChangeOrgUnit = z.object({
  name: z.string().min(1).max(100).optional(),
  parentCode: z.string().max(64).optional(),
  validFrom: z.iso.date().optional(),
})

export const Post = z.object({
  orgId: z.number().int(),
  orgName: z.string(),
  role: z.enum(roles),
  validFrom: z.string(),
  validTo: z.string().nullable(),
})

export const Staff = z
  .object({
    staffId: z.number().int(),
    staffNo: z.string(),
    name: z.string(),
    username: z.string().nullable(),
    state: z.enum(['active', 'left']),
    isLocked: z.boolean(),
    posts: z.array(Post),
  })
  .meta({ id: 'Staff' })
export type Staff = z.infer<typeof Staff>

/** GET /api/staff (staff.read), in scope. */
export const StaffQuery = PageQuery.extend({
  q: z.string().max(100).optional(),
  role: z.enum(roles).optional(),
})
export const StaffPage = pageOf(Staff)

/** POST /api/staff (staff.write) */
export const CreateStaff = z.object({
  staffNo: z.string().min(1).max(64),
  name: z.string().min(1).max(100),
  username: z.string().min(1).max(64).optional(),
  password: z.string().min(8).max(200).optional(),
})
/** PUT /api/staff/{staffNo} (staff.write). Who leaves loses all sessions and tokens at once. */
export const ChangeStaff = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  username: z.string().min(1).max(64).optional(),
  state: z.enum(['active', 'left']).optional(),
  reason: z.string().min(1).max(500),
})
/** POST /api/staff/{staffNo}/password (staff.write): sets it and unlocks. */
export const SetPassword = z.strictObject({
  password: z.string().min(8).max(200),
  reason: z.string().min(1).max(500),
})
/** POST /api/password (self) → 204; one has to sign in again. */
export const ChangeOwnPassword = z.strictObject({
  current: z.string().max(200),
  next: z.string().min(8).max(200),
})
/** POST /api/staff/{staffNo}/posts (role.grant); DELETE …/posts ends it today. Nobody grants themselves. */
export const GrantPost = z.object({
  orgCode: z.string(),
  role: z.enum(roles),
  validFrom: z.iso.date().optional(),
})
export const EndPost = z.object({
  orgCode: z.string(),
  role: z.enum(roles),
  reason: z.string().min(1).max(500),
})

export const SessionUser = z
  .object({
    username: z.string(),
    staffNo: z.string(),
    name: z.string(),
    roles: z.array(z.enum(roles)),
    permissions: z.array(z.enum(permissions)),
    orgId: z.number().int(),
    orgName: z.string(),
    isDemo: z.boolean(),
  })
  .meta({ id: 'SessionUser' })
export type SessionUser = z.infer<typeof SessionUser>

/** POST /api/login (public) */
export const Login = z.object({ username: z.string().min(1).max(64), password: z.string().min(1).max(200) })
export const LoggedIn = z.object({ csrfToken: z.string(), user: SessionUser })
/** GET /api/session (self): the same for a page that was reloaded. POST /api/logout (self) → 204. */

/** POST /api/tokens (self): a token acting as the caller. The text is shown once. DELETE /api/tokens/{name} revokes. */
export const CreateToken = z.object({
  name: z.string().min(1).max(100),
  days: z.number().int().min(1).max(366).default(90),
})
export const CreatedToken = z.object({ token: z.string(), expiresAt: z.string() })
