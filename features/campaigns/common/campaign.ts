import { z } from 'zod'
import type { Approval } from '#features/approvals/common/approval.ts'
import { Rule } from '#features/rules/common/rule.ts'
import { Instant, Key, Money, PageQuery, pageOf } from '#platform/common/http.ts'

/** What a campaign is for: an event to happen, or assets under management to grow. */
export const Objective = z.union([
  z.strictObject({ event: z.string().min(1).max(200) }),
  z.strictObject({ aum: z.literal(true) }),
])

/** Links are our own pages or the bank's: a path, or an https address. */
const Link = z
  .string()
  .max(2000)
  .regex(/^(\/[^/\\]|\/$|https:\/\/)/, 'a path starting with / or an https address')

export const Offer = z.strictObject({
  title: z.string().min(1).max(60),
  body: z.string().min(1).max(500),
  link: Link,
  productCode: z.string().max(100).optional(),
})

/** Whether PostgreSQL can hold a text: no NUL, no half of a surrogate pair. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')
const Text = z.string().refine(isStorable, 'has characters that cannot be stored')

/** Whether every text anywhere in a value can be stored. */
function isAllStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, item]) => isStorable(name) && isAllStorable(item))
}

const After = z.union([
  z.strictObject({ days: z.number().int().min(0).max(365) }),
  z.strictObject({ hours: z.number().int().min(0).max(8760) }),
  z.strictObject({ minutes: z.number().int().min(0).max(525_600) }),
])

/**
 * One level of escalation. `place`: the slot on the customer's page and, unless `inbox` is false, an inbox message.
 * `task`: for those who clicked the level before and did not convert `after` that long, a task for their RM.
 */
export const Rung = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('place'),
    slot: z.string().min(1).max(64).default('home_top'),
    inbox: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('task'),
    after: After,
    title: z.string().min(1).max(100),
    dueDays: z.number().int().min(1).max(90).default(3),
  }),
])
export type Rung = z.infer<typeof Rung>

export const CampaignBody = z
  .strictObject({
    key: Key,
    name: z.string().min(1).max(100),
    objective: Objective,
    audience: Rule,
    offer: Offer,
    rungs: z.array(Rung).min(1).max(5),
    holdoutPercent: z.number().min(0).max(90).multipleOf(0.01),
    from: Instant,
    to: Instant,
  })
  .superRefine((body, context) => {
    if (Date.parse(body.to) <= Date.parse(body.from)) {
      context.addIssue({ code: 'custom', path: ['to'], message: 'must be after from' })
    }
    if (!isAllStorable(body)) {
      context.addIssue({ code: 'custom', path: [], message: 'has characters that cannot be stored' })
    }
    if (body.rungs[0]?.kind !== 'place') {
      context.addIssue({ code: 'custom', path: ['rungs', 0], message: 'the first rung is a placement' })
    }
  })
export type CampaignBody = z.infer<typeof CampaignBody>

export const campaignStates = [
  'draft',
  'submitted',
  'approved',
  'rejected',
  'running',
  'paused',
  'stopped',
  'ended',
  'closed',
] as const

/** What a stop came too late for (messages, finished tasks) and what it took back. */
export const StopReport = z.object({
  messagesSent: z.number().int(),
  tasksFinished: z.number().int(),
  placementsClosed: z.number().int(),
  tasksCancelled: z.number().int(),
})
export type StopReport = z.infer<typeof StopReport>

/** POST /api/campaigns (campaign.write) → 201 · GET /api/campaigns · GET/PUT /api/campaigns/{key} */
export const Campaign = z
  .object({
    key: z.string(),
    name: z.string(),
    state: z.enum(campaignStates),
    /** Null for a finished campaign that was imported. */
    body: CampaignBody.nullable(),
    contentHash: z.string(),
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    version: z.number().int(),
    isImported: z.boolean(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    reviewText: z.string().nullable(),
    lastError: z.string().nullable(),
    /** What had gone out when it was stopped, and what of it was taken back; null unless stopped. */
    stopReport: StopReport.nullable(),
    updatedAt: z.string(),
    /** What the caller may do next, given state and permissions. */
    actions: z.array(
      z.enum(['edit', 'submit', 'withdraw', 'start', 'pause', 'resume', 'stop', 'review', 'close']),
    ),
  })
  .meta({ id: 'Campaign' })
export type Campaign = z.infer<typeof Campaign>
export const CampaignQuery = PageQuery.extend({
  q: Text.max(100).optional(),
  state: z.enum(campaignStates).optional(),
})
export const CampaignPage = pageOf(Campaign)

/**
 * Stages, all POST: /submit {summary?} (campaign.write) → Campaign · /withdraw → Campaign · /start → 202 {jobId} ·
 * /advance → 202 {jobId}: does at once what is due · /pause · /resume → Campaign ·
 * /stop {reason} → Campaign · /close {reviewText} (campaign.review) → Campaign.
 */
export const Submit = z.object({ summary: Text.max(2000).default('') })
export const Stop = z.object({ reason: Text.min(5).max(500) })
export const Close = z.object({ reviewText: Text.trim().min(20).max(10_000) })

/** The approval of a campaign: of its body, resting on segments and tags. */
export type CampaignApproval = Approval & { content: CampaignBody; previousContent: CampaignBody | null }

/** GET /api/campaigns/{key}/funnel (report.read): live numbers, in scope. */
export const Funnel = z
  .object({
    asOf: z.string(),
    eligible: z.number().int(),
    control: z.number().int(),
    placed: z.number().int(),
    stopped: z.number().int(),
    exposed: z.number().int(),
    clicked: z.number().int(),
    tasks: z.number().int(),
    tasksDone: z.number().int(),
    converted: z.number().int(),
    byDay: z.array(
      z.object({
        date: z.string(),
        exposed: z.number().int(),
        clicked: z.number().int(),
        converted: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Funnel' })
export type Funnel = z.infer<typeof Funnel>

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number(), method: z.string() })
const MoneyInterval = z.object({ value: Money, low: Money, high: Money, method: z.string() })

/** GET /api/campaigns/{key}/report (report.read): what it was worth, intention to treat, in scope. */
export const Report = z
  .object({
    arms: z.array(
      z.object({
        arm: z.string(),
        control: z.boolean(),
        customers: z.number().int(),
        reached: z.number().int(),
        converted: z.number().int(),
        rate: z.number(),
        /** Against the control arm; null for it and where there is none. */
        lift: Interval.nullable(),
        aum: z.object({ opening: Money, closing: Money, changePerCustomer: Money }).optional(),
      }),
    ),
    aum: z
      .object({
        overall: MoneyInterval.nullable(),
        unadjusted: MoneyInterval.nullable(),
        totalEffect: Money.nullable(),
        byTier: z.array(
          z.object({
            tier: z.string(),
            treatedCustomers: z.number().int(),
            controlCustomers: z.number().int(),
            effect: MoneyInterval.nullable(),
            isTooFew: z.boolean(),
          }),
        ),
      })
      .nullable(),
    byOrg: z.array(
      z.object({
        orgId: z.number().int(),
        orgName: z.string(),
        arm: z.string(),
        control: z.boolean(),
        customers: z.number().int(),
        reached: z.number().int(),
        converted: z.number().int(),
        rate: z.number(),
      }),
    ),
    gate: z.array(z.object({ code: z.string(), count: z.number().int() })),
    /** Control customers who were touched all the same: counted, shown, kept in their arm. */
    treatedHoldouts: z.number().int(),
    outcome: z.string(),
    method: z.string(),
    asOf: z.string(),
  })
  .meta({ id: 'Report' })
export type Report = z.infer<typeof Report>
