import { z } from 'zod'

/** Rule JSON of the outside contract: a predicate over all customers in the caller's scope. */
export const comparisons = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between', 'exists'] as const
export type Comparison = (typeof comparisons)[number]

const Scalar = z.union([z.string().max(1000), z.number(), z.boolean()])
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
  .strictObject({ prop: z.string().min(1).max(200), is: z.enum(comparisons), value: ConditionValue })
  .superRefine(checkValue)
export type Where = z.infer<typeof Where>

const BankTime = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })])
export const Within = z.union([
  z.strictObject({ days: z.number().int().min(1).max(36_600) }),
  z.strictObject({ hours: z.number().positive().max(900_000) }),
  z.strictObject({ minutes: z.number().positive().max(60_000_000) }),
  z.strictObject({ from: BankTime.optional(), to: BankTime.optional() }),
])
export type Within = z.infer<typeof Within>

const numeric = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between'] as const
const NumberValue = z.union([z.number(), z.array(z.number()).max(1000)])
export const CountCondition = z.strictObject({ is: z.enum(numeric), value: NumberValue }).superRefine(checkValue)
export const SumCondition = z
  .strictObject({ prop: z.string().min(1).max(200), is: z.enum(numeric), value: NumberValue })
  .superRefine(checkValue)

export const TagLeaf = z
  .strictObject({ tag: z.string().min(1).max(64), is: z.enum(comparisons), value: ConditionValue })
  .superRefine(checkValue)
export type TagLeaf = z.infer<typeof TagLeaf>

export const DidLeaf = z.strictObject({
  did: z.string().min(1).max(200),
  where: z.array(Where).max(50).optional(),
  within: Within.optional(),
  count: CountCondition.optional(),
  sum: SumCondition.optional(),
})
export type DidLeaf = z.infer<typeof DidLeaf>

export const SegmentLeaf = z.strictObject({ segment: z.string().min(1).max(64) })

export type Rule =
  | { all: Rule[] }
  | { any: Rule[] }
  | { not: Rule }
  | z.infer<typeof SegmentLeaf>
  | TagLeaf
  | DidLeaf

/** A whole rule. An empty `all` holds for everyone, an empty `any` for nobody. */
export const Rule: z.ZodType<Rule> = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(Rule).max(200) }),
      z.strictObject({ any: z.array(Rule).max(200) }),
      z.strictObject({ not: Rule }),
      SegmentLeaf,
      TagLeaf,
      DidLeaf,
    ]),
  )
  .meta({ id: 'Rule' }) as z.ZodType<Rule>
