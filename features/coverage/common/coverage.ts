import { z } from 'zod'
import { answerShape, orgLevels } from '#features/insight/common/frame.ts'
import { Rule, storable } from '#features/rules/common/rule.ts'
import { Key } from '#platform/common/http.ts'

/**
 * Every active customer is in exactly one lifecycle state and has at least one live strategy. A strategy is live for a
 * customer who is in the audience of a running campaign (its hold-out included: they are spared on purpose), who has a
 * task that is not done, or who is in a segment marked as covered.
 */
export const CoverageQuery = z.strictObject({
  /** Who counts as active; without a rule every customer in the state `active`. */
  active: Rule.optional(),
  /** The tag that holds the lifecycle state. */
  lifecycle: Key.default('lifecycle'),
  /** Segments whose members are looked after elsewhere, such as by a journey. */
  covered: z.array(Key).max(50).default([]),
  orgLevel: z.enum(orgLevels).default('branch'),
})
export type CoverageQuery = z.output<typeof CoverageQuery>

export const CoverageRow = z.object({
  /** The lifecycle state; null: in none. */
  lifecycle: z.string().nullable(),
  /** The AUM tier; null where the reader may not see balances. */
  tier: z.string().nullable(),
  /** `v` and the code of the org unit, or `-`. */
  org: z.string(),
  orgName: z.string().nullable(),
  active: z.number().int(),
  uncovered: z.number().int(),
})
export type CoverageRow = z.infer<typeof CoverageRow>

export const Coverage = z
  .object({
    ...answerShape,
    active: z.number().int(),
    covered: z.number().int(),
    uncovered: z.number().int(),
    /** Active customers by why they are covered; somebody may be in several. */
    byCampaign: z.number().int(),
    byTask: z.number().int(),
    bySegment: z.number().int(),
    lifecycle: z.object({
      tag: z.string(),
      /** False where there is no such tag or it has no values yet: states are not looked at then. */
      isKnown: z.boolean(),
      /** Violations. More than one state cannot be: a tag has one value a customer; this counts them all the same. */
      withoutState: z.number().int(),
      withSeveral: z.number().int(),
    }),
    /** Running campaigns the reader may see; all of them cover. */
    campaigns: z.array(z.object({ key: z.string(), name: z.string() })),
    otherCampaigns: z.number().int(),
    rows: z.array(CoverageRow),
  })
  .meta({ id: 'Coverage' })
export type Coverage = z.infer<typeof Coverage>

/** Which of the active customers: all, covered, uncovered, in no state; narrowed to rows. */
export const CoverageCell = z.strictObject({
  of: z.enum(['active', 'covered', 'uncovered', 'withoutState']),
  lifecycle: z.string().max(1000).refine(storable).nullable().optional(),
  tier: z.string().max(20).optional(),
  org: z.string().max(300).refine(storable).optional(),
})
export type CoverageCell = z.infer<typeof CoverageCell>
