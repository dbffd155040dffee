import { z } from 'zod'
import { Rule, storable } from '#features/rules/common/rule.ts'

const SegmentName = z.string().min(1).max(64).refine(storable)
const oneOf = (value: Record<string, unknown>, keys: readonly string[]) =>
  keys.filter((key) => value[key] !== undefined).length === 1

/** POST /api/segments/overlap (segment.read): how sets of customers lie over each other, in scope, now. */
export const OverlapRequest = z
  .strictObject({
    segments: z.array(SegmentName).min(2).max(8).optional(),
    rules: z.array(Rule).min(2).max(8).optional(),
  })
  .refine((value) => oneOf(value, ['segments', 'rules']), 'takes either segments or rules')
export type OverlapRequest = z.infer<typeof OverlapRequest>

export const Overlap = z
  .object({
    /** Customers in scope. */
    base: z.number().int(),
    /** Customers of each set, in the order asked. */
    counts: z.array(z.number().int()),
    /** Customers in at least one set. */
    union: z.number().int(),
    /** For at most five sets: customers in exactly these sets and no other; regions without customers included. */
    regions: z.array(z.object({ in: z.array(z.number().int()), count: z.number().int() })).nullable(),
    /** Every two sets: customers in both, Jaccard = both / either, and the share of each set that is in the other. */
    pairs: z.array(
      z.object({
        one: z.number().int(),
        other: z.number().int(),
        both: z.number().int(),
        jaccard: z.number().nullable(),
        shareOfOne: z.number().nullable(),
        shareOfOther: z.number().nullable(),
      }),
    ),
    asOf: z.string(),
    exact: z.literal(true),
  })
  .meta({ id: 'Overlap' })
export type Overlap = z.infer<typeof Overlap>

const Side = z
  .strictObject({ segment: SegmentName.optional(), rule: Rule.optional() })
  .refine((value) => oneOf(value, ['segment', 'rule']), 'takes either a segment or a rule')

/**
 * POST /api/segments/compare (segment.read): tags whose values differ most between a set of customers and another, everyone
 * in scope, or everyone else in scope. 200 with the comparison, or 202 {jobId} where it takes long.
 */
export const CompareRequest = z.strictObject({
  one: Side,
  other: z.union([Side, z.literal('everyone'), z.literal('others')]).default('everyone'),
  /** Tags to give, the most different first. */
  limit: z.number().int().min(1).max(500).default(50),
})
export type CompareRequest = z.infer<typeof CompareRequest>

const Numbers = z.object({ mean: z.number().nullable(), deviation: z.number().nullable() })

export const ComparedTag = z.object({
  tag: z.string(),
  name: z.object({ zh: z.string(), en: z.string() }),
  type: z.enum(['bool', 'enum', 'number', 'date']),
  /**
   * What the order is made of: Cohen's d for numbers and days, Cohen's h of the most different value for others; positive
   * where the first set has more. Null where it cannot be worked out.
   */
  effect: z.number().nullable(),
  measure: z.enum(['d', 'h']),
  /** Cramér's V over all values of a tag that is no number. */
  cramersV: z.number().nullable(),
  /** Customers with a value: the base of means and shares. */
  base: z.tuple([z.number().int(), z.number().int()]),
  /** Mean and deviation of a number; of a date in days since 1970. */
  numbers: z.tuple([Numbers, Numbers]).nullable(),
  /** At most 20 values, the most different first. */
  values: z
    .array(
      z.object({
        value: z.string(),
        counts: z.tuple([z.number().int(), z.number().int()]),
        shares: z.tuple([z.number(), z.number()]),
        h: z.number(),
      }),
    )
    .nullable(),
  /** How many values there are; more than listed when it is larger. */
  valueCount: z.number().int().nullable(),
  /** A tag of too many different values: only how many customers have one is compared. */
  isCoverageOnly: z.boolean(),
})
export type ComparedTag = z.infer<typeof ComparedTag>

export const Comparison = z
  .object({
    sizes: z.tuple([z.number().int(), z.number().int()]),
    base: z.number().int(),
    tags: z.array(ComparedTag),
    /** Tags compared; `tags` holds the first `limit` of them. */
    compared: z.number().int(),
    /** Tags of class C2 left out, because the caller may not see balances of all these customers. */
    hidden: z.number().int(),
    asOf: z.string(),
    exact: z.literal(true),
  })
  .meta({ id: 'Comparison' })
export type Comparison = z.infer<typeof Comparison>
