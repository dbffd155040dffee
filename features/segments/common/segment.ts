import { z } from 'zod'
import type { Explanation as RuleExplanation } from '#features/rules/common/evaluate-rule.ts'
import { Rule, storable } from '#features/rules/common/rule.ts'
import { Key, PageQuery, pageOf } from '#platform/common/http.ts'

/**
 * POST /api/segments/estimate (segment.read): customers in the caller's scope for whom the rule holds now; with `branches`
 * the same of every part of the rule, by its path (`rule` is all of it, `rule.all.0` its first part).
 */
export const EstimateRequest = z.strictObject({ rule: Rule, branches: z.boolean().optional() })
export const Estimate = z
  .object({
    count: z.number().int(),
    asOf: z.string(),
    exact: z.literal(true),
    base: z.number().int(),
    branches: z.array(z.object({ path: z.string(), count: z.number().int() })).optional(),
  })
  .meta({ id: 'Estimate' })

const Text = (longest: number) =>
  z.string().max(longest).refine(storable, 'holds characters that cannot be stored')

/** How members are kept: within seconds of an event, at most so often, or only when someone asks. */
export const refreshModes = ['streaming', 'schedule', 'manual'] as const

/**
 * POST /api/segments (segment.write) → 201; counting its members starts at once. Without a mode members are kept
 * streaming and reconciled with a full refresh once a day. `driftLimit` is the share of members
 * that may differ between the two before nothing is sent to it any more. A change leaves out what is to stay.
 */
export const CreateSegment = z.strictObject({
  key: Key,
  name: Text(200).min(1),
  description: Text(2000).default(''),
  rule: Rule,
  refreshMode: z.enum(refreshModes).optional(),
  refreshEveryMinutes: z.number().int().min(5).max(525_600).optional(),
  driftLimit: z.number().min(0).max(1).optional(),
})
export type CreateSegment = z.infer<typeof CreateSegment>
/**
 * PUT /api/segments/{key} (segment.write): a new version. It and DELETE only for whoever's scope holds the owning org
 * unit.
 */
export const ChangeSegment = CreateSegment.omit({ key: true })
export type ChangeSegment = z.infer<typeof ChangeSegment>
export const SegmentKey = z.object({ key: z.string().max(64).refine(storable) })
export const WhyParams = SegmentKey.extend({ customerNo: z.string().max(200).refine(storable) })

export const Segment = z
  .object({
    key: z.string(),
    name: z.string(),
    description: z.string(),
    rule: Rule,
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    version: z.number().int(),
    /** Members in the whole bank at the last refresh, only for callers who see the whole bank; else null. */
    memberCount: z.number().int().nullable(),
    refreshedAt: z.string().nullable(),
    lastError: z.string().nullable(),
    refreshMode: z.enum(refreshModes),
    refreshEveryMinutes: z.number().int(),
    driftLimit: z.number(),
    /** False: its drift passed the limit; nothing is sent to it until a clean refresh or a person's word. */
    isSendable: z.boolean(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Segment' })
export type Segment = z.infer<typeof Segment>

/** GET /api/segments · GET /api/segments/{key} (segment.read) */
export const SegmentQuery = PageQuery.extend({ q: z.string().max(100).refine(storable).optional() })
export const SegmentPage = pageOf(Segment)

/** GET /api/segments/{key}/members (segment.read): masked, in scope; ordered by customer id. */
export const SegmentMember = z.object({
  customerNo: z.string(),
  name: z.string().nullable(),
  orgName: z.string(),
  rmName: z.string().nullable(),
})
export const SegmentMembers = pageOf(SegmentMember)
/** POST /api/segments/{key}/refresh (segment.write) → 202 {jobId} */

/** GET /api/segments/{key}/why/{customerNo} (segment.read): which leaves hold, and on what facts. */
export type Explanation = RuleExplanation
export const Explanation: z.ZodType<Explanation> = z
  .lazy(() =>
    z.object({
      path: z.string(),
      rule: Rule,
      holds: z.boolean(),
      facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).optional(),
      children: z.array(Explanation).optional(),
    }),
  )
  .meta({ id: 'Explanation' }) as z.ZodType<Explanation>
export const Why = z.object({
  customerNo: z.string(),
  holds: z.boolean(),
  asOf: z.string(),
  /** Whether the explanation, worked out for this customer alone, agrees with the count. */
  isConsistent: z.boolean(),
  explanation: Explanation,
})

/** GET /api/segments/{key}/uses (segment.read) · GET /api/segments/{key}/versions · DELETE /api/segments/{key} (segment.write) → 204 unless used */
export const SegmentUses = z.object({
  items: z.array(
    z.object({ type: z.enum(['segment', 'tag', 'campaign']), key: z.string(), name: z.string() }),
  ),
})
export const SegmentVersions = z.object({
  items: z.array(
    z.object({ version: z.number().int(), definition: z.unknown(), changedBy: z.string(), at: z.string() }),
  ),
})
