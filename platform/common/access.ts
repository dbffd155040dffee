/**
 * Who may do what. Roles are fixed; a post gives a person one role at one org unit, and the scope of a permission is the
 * union of the subtrees of the posts that grant it (an RM's post grants only customers they own).
 */
export const roles = [
  'system_admin',
  'security_admin',
  'auditor',
  'hq_operator',
  'approver',
  'branch_operator',
  'relationship_manager',
] as const
export type Role = (typeof roles)[number]

export const permissions = [
  'self',
  'org.read',
  'org.write',
  'staff.read',
  'staff.write',
  'role.grant',
  'audit.read',
  'system.read',
  'system.write',
  'source.read',
  'source.write',
  'reject.read',
  'reject.write',
  'debug.watch',
  'plan.read',
  'plan.write',
  'import.read',
  'customer.read',
  'customer.unmask',
  'identity.write',
  'balance.read',
  'event.read',
  'list.read',
  'list.write',
  'model.read',
  'model.write',
  'tag.read',
  'tag.write',
  'segment.read',
  'segment.write',
  'segment.export',
  'campaign.read',
  'campaign.write',
  'campaign.review',
  'approval.read',
  'approval.decide',
  'task.read',
  'task.work',
  'report.read',
  'insight.read',
  'metric.read',
  'metric.write',
] as const
export type Permission = (typeof permissions)[number]

const operating: readonly Permission[] = [
  'self',
  'org.read',
  'staff.read',
  'customer.read',
  'balance.read',
  'event.read',
  'plan.read',
  'list.read',
  'list.write',
  'model.read',
  'tag.read',
  'segment.read',
  'segment.write',
  'segment.export',
  'campaign.read',
  'campaign.write',
  'campaign.review',
  'approval.read',
  'task.read',
  'report.read',
  'insight.read',
  'metric.read',
]

/** Three-role separation: system, security and audit administrators never see customers, and only the auditor reads audit. */
export const rolePermissions: { readonly [R in Role]: readonly Permission[] } = {
  system_admin: [
    'self',
    'org.read',
    'org.write',
    'staff.read',
    'system.read',
    'system.write',
    'source.read',
    'source.write',
    'plan.read',
    'import.read',
  ],
  security_admin: ['self', 'org.read', 'staff.read', 'staff.write', 'role.grant', 'system.read'],
  auditor: [
    'self',
    'org.read',
    'staff.read',
    'audit.read',
    'model.read',
    'plan.read',
    'approval.read',
    'campaign.read',
  ],
  hq_operator: [
    ...operating,
    'plan.write',
    'model.write',
    'metric.write',
    'tag.write',
    'source.read',
    'reject.read',
    'reject.write',
    'debug.watch',
    'import.read',
    'customer.unmask',
    'identity.write',
  ],
  approver: [
    'self',
    'org.read',
    'staff.read',
    'customer.read',
    'list.read',
    'model.read',
    'tag.read',
    'segment.read',
    'campaign.read',
    'approval.read',
    'approval.decide',
    'report.read',
    'metric.read',
  ],
  branch_operator: operating,
  relationship_manager: [
    'self',
    'org.read',
    'customer.read',
    'customer.unmask',
    'balance.read',
    'event.read',
    'tag.read',
    'segment.read',
    'insight.read',
    'campaign.read',
    'task.read',
    'task.work',
  ],
}

/** The customers a caller may see, count and export: everyone, those of some org units, those owned by one person. */
export type OrgScope = {
  readonly everyone: boolean
  /** Org units with all their descendants already in the list. */
  readonly orgIds: readonly number[]
  /** Customers of this relationship manager, whatever their org unit. */
  readonly rmStaffId: number | null
}

export const scopeOfEveryone: OrgScope = { everyone: true, orgIds: [], rmStaffId: null }

/** The signed-in person behind a request. */
export type Caller = {
  readonly staffId: number
  readonly staffNo: string
  readonly username: string
  readonly name: string
  /** The org unit of the first post: what this person makes belongs to it. */
  readonly homeOrgId: number
  readonly roles: readonly Role[]
  readonly permissions: ReadonlySet<Permission>
  scopeOf(permission: Permission): OrgScope
}
