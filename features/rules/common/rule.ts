import { z } from 'zod'
import {
  DidLeaf,
  ListLeaf,
  NearLeaf,
  OrgLeaf,
  SampleLeaf,
  SegmentLeaf,
  SequenceLeaf,
  TagLeaf,
  TopLeaf,
} from '#features/rules/common/rule-leaves.ts'

export * from '#features/rules/common/rule-leaves.ts'

/** Rule JSON of the outside contract: a predicate over all customers in the caller's scope. */
export type Rule =
  | { all: Rule[] }
  | { any: Rule[] }
  | { not: Rule }
  | SegmentLeaf
  | TagLeaf
  | DidLeaf
  | SequenceLeaf
  | SampleLeaf
  | TopLeaf<Rule>
  | ListLeaf
  | NearLeaf
  | OrgLeaf

type Place = { value: unknown; path: (string | number)[] }
type Report = (path: (string | number)[], message: string) => void

/** In this order: `near` may stand beside `did`. */
const leaves = {
  segment: SegmentLeaf,
  tag: TagLeaf,
  near: NearLeaf,
  did: DidLeaf,
  sequence: SequenceLeaf,
  sample: SampleLeaf,
  top: TopLeaf,
  list: ListLeaf,
  org: OrgLeaf,
} as const
const joins = ['all', 'any', 'not'] as const
const leafKinds = Object.keys(leaves) as (keyof typeof leaves)[]

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Issue = z.core.$ZodIssue

/** A union only says that nothing fitted: takes the alternative that knows the fields given. */
function clearest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.find((issues) => issues.every((one) => one.path.length > 0))
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(clearest) ?? [issue]
}

/** Checks a leaf; the rule inside a `top` is the only one inside a leaf. */
function checkLeaf(kind: keyof typeof leaves, { value, path }: Place, report: Report): Place[] {
  const parsed = leaves[kind].safeParse(value)
  for (const issue of parsed.error?.issues.flatMap(clearest) ?? [])
    report([...path, ...(issue.path as (string | number)[])], issue.message)
  const inside = parsed.success && 'top' in parsed.data ? parsed.data.top.of : undefined
  return inside === undefined ? [] : [{ value: inside, path: [...path, 'top', 'of'] }]
}

/** Checks one node and gives the places of its children. */
function checkNode({ value, path }: Place, report: Report): Place[] {
  if (!isPlain(value)) {
    report(path, 'a rule is an object')
    return []
  }
  const kind = joins.find((key) => Object.hasOwn(value, key))
  if (!kind) {
    const leaf = leafKinds.find((key) => Object.hasOwn(value, key))
    if (leaf) return checkLeaf(leaf, { value, path }, report)
    report(path, `a rule has one of ${[...joins, ...leafKinds].join(', ')}`)
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
const topJson = jsonOf(TopLeaf.extend({ top: TopLeaf.shape.top.extend({ of: z.any().meta(reference) }) }))

/**
 * A whole rule. An empty `all` holds for everyone, an empty `any` for nobody. It is checked by hand because a union of
 * schemas names only itself as broken, and recurses as deep as its input.
 */
export const Rule: z.ZodType<Rule> = z
  .any()
  .superRefine(checkRule)
  .meta({
    id: 'Rule',
    description:
      'A predicate over customers: all, any, not, or a leaf about a tag, events, a segment, a list or a place.',
    anyOf: [
      strict({ all: { type: 'array', items: reference } }, ['all']),
      strict({ any: { type: 'array', items: reference } }, ['any']),
      strict({ not: reference }, ['not']),
      ...[SegmentLeaf, TagLeaf, DidLeaf, SequenceLeaf, SampleLeaf, ListLeaf, NearLeaf, OrgLeaf].map(jsonOf),
      topJson,
    ],
  }) as unknown as z.ZodType<Rule>
