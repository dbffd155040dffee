import { z } from 'zod'
import { Within } from '#features/rules/common/rule.ts'
import { roles } from '#platform/common/access.ts'
import { Key, PageQuery, pageOf } from '#platform/common/http.ts'

const columns = 12

/** A saved question with its place on a grid of twelve columns. */
export const DashboardCard = z
  .strictObject({
    id: z.string().min(1).max(40),
    title: z.string().trim().min(1).max(200),
    kind: z.string().min(1).max(64),
    /** The question, as POST /api/insight/{kind} takes it. */
    query: z.record(z.string(), z.unknown()),
    /** How the page shows it; the page's own business. */
    view: z.string().max(40).optional(),
    x: z
      .number()
      .int()
      .min(0)
      .max(columns - 1),
    y: z.number().int().min(0).max(500),
    w: z.number().int().min(2).max(columns),
    h: z.number().int().min(1).max(12),
  })
  .refine((card) => card.x + card.w <= columns, { path: ['w'], message: 'is wider than the grid' })
export type DashboardCard = z.infer<typeof DashboardCard>

export const sharings = ['private', 'roles', 'everyone'] as const

const body = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2000).default(''),
  cards: z
    .array(DashboardCard)
    .max(40)
    .refine((cards) => new Set(cards.map((card) => card.id)).size === cards.length, 'two cards have one id'),
  /** Who else sees it, at the owner's org unit and below: nobody, people of `roles`, everyone. */
  sharing: z.enum(sharings).default('private'),
  roles: z.array(z.enum(roles)).max(roles.length).default([]),
}
export const CreateDashboard = z.strictObject({ key: Key, ...body })
export type CreateDashboard = z.output<typeof CreateDashboard>
export const ChangeDashboard = z.strictObject({
  ...body,
  /** The version that was changed; another one in between is a conflict. */
  version: z.number().int(),
})
export type ChangeDashboard = z.output<typeof ChangeDashboard>
export const CopyDashboard = z.strictObject({ key: Key, name: body.name })

export const Dashboard = z
  .object({
    ...{ key: z.string(), name: z.string(), description: z.string() },
    cards: z.array(DashboardCard),
    sharing: z.enum(sharings),
    roles: z.array(z.enum(roles)),
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    isMine: z.boolean(),
    version: z.number().int(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Dashboard' })
export type Dashboard = z.infer<typeof Dashboard>

export const DashboardPage = pageOf(Dashboard)
export const DashboardQuery = PageQuery.extend({ q: z.string().max(200).optional() })
export const DashboardKey = z.object({ key: z.string().max(64) })
export const DashboardVersions = z.object({
  items: z.array(
    z.object({
      version: z.number().int(),
      definition: z.unknown(),
      changedBy: z.string(),
      at: z.string(),
    }),
  ),
})

/** The period all cards of a dashboard are looked at in, instead of their own. */
const _PeriodOverride = Within
