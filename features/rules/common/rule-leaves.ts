import { z } from 'zod'
import { bankTimePattern } from '#features/rules/common/bank-time.ts'

/** How a leaf compares a value. */
export const comparisons = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between', 'exists'] as const
export type Comparison = (typeof comparisons)[number]

/** Text that both databases can hold: no NUL, no half of a surrogate pair. */
export const storable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text)

const text = (longest: number) =>
  z.string().max(longest).refine(storable, 'holds characters that cannot be stored')
const name = (longest: number) => text(longest).min(1)

const Scalar = z.union([text(1000), z.number(), z.boolean()])
export type Scalar = string | number | boolean

type Condition = { is: Comparison; value?: Scalar | Scalar[] }

/** Checks that the value fits the operator: none for exists, a list for in, two for between, else one. */
function checkValue({ is, value }: Condition, context: z.RefinementCtx): void {
  const fail = (message: string) => context.addIssue({ code: 'custom', path: ['value'], message })
  if (is === 'exists') {
    if (value !== undefined) fail('exists takes no value')
  } else if (is === 'in') {
    if (!Array.isArray(value)) fail('in takes a list')
  } else if (is === 'between') {
    if (!Array.isArray(value) || value.length !== 2) fail('between takes two values')
  } else if (value === undefined || Array.isArray(value)) {
    fail(`${is} takes one value`)
  }
}

const ConditionValue = z.union([Scalar, z.array(Scalar).max(10_000)]).optional()

export const Where = z
  .strictObject({ prop: name(200), is: z.enum(comparisons), value: ConditionValue })
  .superRefine(checkValue)
export type Where = z.infer<typeof Where>

const BankTime = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true }).regex(bankTimePattern)])
export const Within = z.union([
  z.strictObject({ days: z.number().int().min(1).max(36_600) }),
  z.strictObject({ hours: z.number().positive().max(900_000) }),
  z.strictObject({ minutes: z.number().positive().max(60_000_000) }),
  z.strictObject({ from: BankTime.optional(), to: BankTime.optional() }),
])
export type Within = z.infer<typeof Within>

const numeric = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between'] as const
const NumberValue = z.union([z.number(), z.array(z.number()).max(1000)])
export const CountCondition = z
  .strictObject({ is: z.enum(numeric), value: NumberValue })
  .superRefine(checkValue)
export type CountCondition = z.infer<typeof CountCondition>
export const SumCondition = z
  .strictObject({ prop: name(200), is: z.enum(numeric), value: NumberValue })
  .superRefine(checkValue)
export type SumCondition = z.infer<typeof SumCondition>

/** A tag's value as it is now or, with `at`, as it was at the end of that day of the bank. */
export const TagLeaf = z
  .strictObject({
    tag: name(64),
    is: z.enum(comparisons),
    value: ConditionValue,
    at: z.iso.date().optional(),
  })
  .superRefine(checkValue)
export type TagLeaf = z.infer<typeof TagLeaf>

/** An event that happened; with `first` the customer's very first such event (name and where) must lie in `within`. */
export const DidLeaf = z.strictObject({
  did: name(200),
  where: z.array(Where).max(50).optional(),
  within: Within.optional(),
  count: CountCondition.optional(),
  sum: SumCondition.optional(),
  first: z.boolean().optional(),
})
export type DidLeaf = z.infer<typeof DidLeaf>

export const SegmentLeaf = z.strictObject({ segment: name(64) })
export type SegmentLeaf = z.infer<typeof SegmentLeaf>

/** Compares a property of a step's event with the property `of` of an earlier step's event. */
export const StepReference = z.strictObject({
  prop: name(200),
  is: z.enum(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']),
  step: z.number().int().min(0),
  of: name(200),
})
export type StepReference = z.infer<typeof StepReference>

const SequenceStep = z.strictObject({
  did: name(200),
  where: z
    .array(z.union([Where, StepReference]))
    .max(50)
    .optional(),
})
export type SequenceStep = z.infer<typeof SequenceStep>

/** Exact lengths of time: a day of a duration has 24 hours. */
const Duration = z.union([
  z.strictObject({ days: z.number().positive().max(36_600) }),
  z.strictObject({ hours: z.number().positive().max(900_000) }),
  z.strictObject({ minutes: z.number().positive().max(60_000_000) }),
])
export type Duration = z.infer<typeof Duration>

const mostSteps = 10

/**
 * Events one after the other: each step strictly later than the one before, all inside `within`, at most `duration` from
 * the first to the last, and with `same` all with the same value of that property (a missing one matches nothing).
 */
export const SequenceLeaf = z
  .strictObject({
    sequence: z.array(SequenceStep).min(1).max(mostSteps),
    within: Within.optional(),
    duration: Duration.optional(),
    same: name(200).optional(),
  })
  .superRefine(({ sequence }, context) => {
    for (const [index, { where }] of sequence.entries())
      for (const [at, one] of (where ?? []).entries())
        if ('step' in one && one.step >= index)
          context.addIssue({
            code: 'custom',
            path: ['sequence', index, 'where', at, 'step'],
            message: 'names an earlier step, counted from 0',
          })
  })
export type SequenceLeaf = z.infer<typeof SequenceLeaf>

/** A sticky sample: customers whose bucket of (salt, customer number) lies in the first `percent` of all buckets. */
export const SampleLeaf = z.strictObject({
  sample: z.strictObject({ percent: z.number().min(0).max(100), salt: name(200) }),
})
export type SampleLeaf = z.infer<typeof SampleLeaf>

/** The n customers in scope (of those `of` holds for) with the largest or smallest value; ties by customer number. */
export interface TopLeaf<R = unknown> {
  top: { tag: string; n: number; order?: 'desc' | 'asc' | undefined; of?: R | undefined }
}
export const TopLeaf = z.strictObject({
  top: z.strictObject({
    tag: name(64),
    n: z.number().int().min(1).max(1_000_000),
    order: z.enum(['desc', 'asc']).optional(),
    of: z.unknown().optional(),
  }),
})

export const ListLeaf = z.strictObject({ list: name(64) })
export type ListLeaf = z.infer<typeof ListLeaf>

/**
 * Within so many kilometres of a place: the customer's attributes `latitude` and `longitude`, or with `did` at least one
 * such event that carries them.
 */
export const NearLeaf = z
  .strictObject({
    near: z.strictObject({
      lat: z.number().min(-90).max(90),
      lng: z.number().min(-180).max(180),
      km: z.number().positive().max(25_000),
    }),
    did: name(200).optional(),
    within: Within.optional(),
  })
  .superRefine(({ did, within }, context) => {
    if (within && did === undefined)
      context.addIssue({ code: 'custom', path: ['within'], message: 'needs an event: did' })
  })
export type NearLeaf = z.infer<typeof NearLeaf>

/** Customers of an org unit and of all below it, by its code. */
export const OrgLeaf = z.strictObject({ org: name(64) })
export type OrgLeaf = z.infer<typeof OrgLeaf>
