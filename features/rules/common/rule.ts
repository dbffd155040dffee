import { z } from 'zod'
import { bankTimePattern } from '#features/rules/common/bank-time.ts'

/** Rule JSON of the outside contract: a predicate over all customers in the caller's scope. */
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

export const TagLeaf = z
  .strictObject({ tag: name(64), is: z.enum(comparisons), value: ConditionValue })
  .superRefine(checkValue)
export type TagLeaf = z.infer<typeof TagLeaf>

export const DidLeaf = z.strictObject({
  did: name(200),
  where: z.array(Where).max(50).optional(),
  within: Within.optional(),
  count: CountCondition.optional(),
  sum: SumCondition.optional(),
})
export type DidLeaf = z.infer<typeof DidLeaf>

export const SegmentLeaf = z.strictObject({ segment: name(64) })
export type SegmentLeaf = z.infer<typeof SegmentLeaf>

export type Rule = { all: Rule[] } | { any: Rule[] } | { not: Rule } | SegmentLeaf | TagLeaf | DidLeaf

type Place = { value: unknown; path: (string | number)[] }
type Report = (path: (string | number)[], message: string) => void

const leaves = { tag: TagLeaf, did: DidLeaf, segment: SegmentLeaf } as const
const kinds = ['all', 'any', 'not', 'tag', 'did', 'segment'] as const

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Issue = z.core.$ZodIssue

/** A union only says that nothing fitted: takes the alternative that knows the fields given. */
function clearest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.find((issues) => issues.every((one) => one.path.length > 0))
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue]
}

/** Checks one node and gives the places of its children. */
function checkNode({ value, path }: Place, report: Report): Place[] {
  if (!isPlain(value)) {
    report(path, 'a rule is an object')
    return []
  }
  const kind = kinds.find((key) => Object.hasOwn(value, key))
  if (!kind) {
    report(path, `a rule has one of ${kinds.join(', ')}`)
    return []
  }
  if (kind === 'tag' || kind === 'did' || kind === 'segment') {
    const parsed = leaves[kind].safeParse(value)
    for (const issue of parsed.error?.issues.flatMap(clearest) ?? []) {
      report([...path, ...(issue.path as (string | number)[])], issue.message)
    }
    return []
  }
  const others = Object.keys(value).filter((key) => key !== kind)
  for (const other of others) report([...path, other.slice(0, 64)], `does not belong beside ${kind}`)
  const inside = value[kind]
  if (kind === 'not') return [{ value: inside, path: [...path, 'not'] }]
  if (Array.isArray(inside))
    return inside.map((child, index) => ({ value: child, path: [...path, kind, index] }))
  report([...path, kind], `${kind} takes a list of rules`)
  return []
}

const mostIssues = 20
const deepestRead = 100

/** Walks without recursion, so that no nesting exhausts the stack, and names the broken field itself. */
function checkRule(value: unknown, context: z.RefinementCtx): void {
  let issues = 0
  const report: Report = (path, message) => {
    issues += 1
    // A rule that is not there at all is no candidate for what a union of sources meant.
    context.addIssue({ code: 'custom', path, message, continue: value !== undefined })
  }
  const waiting: { place: Place; depth: number }[] = [{ place: { value, path: [] }, depth: 1 }]
  for (let next = waiting.pop(); next && issues < mostIssues; next = waiting.pop()) {
    const { place, depth } = next
    if (depth > deepestRead) {
      report(place.path.slice(0, 6), 'the rule is nested too deeply')
      return
    }
    for (const child of checkNode(place, report).reverse()) waiting.push({ place: child, depth: depth + 1 })
  }
}

const reference = { $ref: '#/components/schemas/Rule' }
const strict = (properties: Record<string, object>, required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const jsonOf = (schema: z.ZodType): object => {
  const { $schema: _, ...json } = z.toJSONSchema(schema) as Record<string, unknown>
  return json
}

/**
 * A whole rule. An empty `all` holds for everyone, an empty `any` for nobody. It is checked by hand because a union of
 * schemas names only itself as broken, and recurses as deep as its input.
 */
export const Rule: z.ZodType<Rule> = z
  .any()
  .superRefine(checkRule)
  .meta({
    id: 'Rule',
    description: 'A predicate over customers: all, any, not, or a leaf about a tag, an event or a segment.',
    anyOf: [
      strict({ all: { type: 'array', items: reference } }, ['all']),
      strict({ any: { type: 'array', items: reference } }, ['any']),
      strict({ not: reference }, ['not']),
      ...[SegmentLeaf, TagLeaf, DidLeaf].map(jsonOf),
    ],
  }) as unknown as z.ZodType<Rule>
