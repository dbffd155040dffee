import { z } from 'zod'
import { readNumber } from '#features/rules/common/canonical.ts'
import { Rule, storable, Where, Within } from '#features/rules/common/rule.ts'

/** Types of a tag's values. */
export const tagTypes = ['bool', 'enum', 'number', 'date'] as const
export type TagType = (typeof tagTypes)[number]

const Text = (longest: number) =>
  z.string().min(1).max(longest).refine(storable, 'holds characters that cannot be stored')
const Name = Text(200)
const Key = Text(64)
const Days = z.number().int().min(1).max(3660)

export const aggregations = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'distinct',
  'first',
  'last',
  'days',
  'top',
  'streak',
] as const
export const balanceStats = ['last', 'average', 'monthAverage', 'min', 'max', 'change', 'changeRate'] as const
export const holdingStats = ['count', 'amount', 'has', 'maturing', 'nextMaturity'] as const
export const rfmParts = ['recency', 'frequency', 'monetary', 'cell'] as const

const Attribute = z.strictObject({ attribute: Name })
const OfRule = z.strictObject({ rule: Rule })

/** Statistics of one event; `days`, `top` and `streak` count days of the bank. */
const Event = z.strictObject({
  event: Name,
  where: z.array(Where).max(50).optional(),
  within: Within.optional(),
  agg: z.enum(aggregations),
  prop: Name.optional(),
  /** Of `top`: the n-th most frequent value; the smaller text first among equals. */
  rank: z.number().int().min(1).max(100).optional(),
})

/**
 * Balances at the ends of days of the bank, in one currency (CNY unless said): `aum` is the sum of all classes. Before its
 * first record a balance is 0; customers without a record until today have no value. `average` is the sum of the days'
 * balances over the days (积数 / 天数), today included; `change` compares with the end of the day `days` ago; `changeRate`
 * is that change over the size of the balance then, and no value where that was 0.
 */
const Balance = z.strictObject({
  balance: Key,
  stat: z.enum(balanceStats),
  days: Days.optional(),
  currency: Text(8).optional(),
})

/**
 * Holdings open today (opened, not closed), of a family and a product where given. A holding matures on the date in its
 * attribute `matures_on`; `maturing` counts those that mature today or in the next `days` days. `has` is true or false for
 * every customer. `amount` sums amounts of one currency (CNY unless said).
 */
const Holding = z.strictObject({
  holding: z.strictObject({ family: Name.optional(), product: Name.optional() }),
  stat: z.enum(holdingStats),
  days: Days.optional(),
  currency: Text(8).optional(),
})

/** The label of the band a number tag's value lies in; a value equal to a cut belongs to the band above it. */
const Bands = z.strictObject({
  bands: z.strictObject({
    tag: Key,
    cuts: z.array(z.number()).min(1).max(100),
    labels: z.array(Text(100)).min(2).max(101),
  }),
})

/** The value of the first rule that holds, else `else`, else none. */
const Cases = z.strictObject({
  cases: z
    .array(z.strictObject({ value: Text(100), rule: Rule }))
    .min(1)
    .max(50),
  else: Text(100).optional(),
})

/**
 * A state for every customer. Whoever has none begins in `initial`; each later run makes at most one transition: the first of
 * the list whose `from` holds the state and whose rule holds. With `settle`, those who begin move on in the same run until
 * no transition applies, by at most as many as there are states.
 */
const Lifecycle = z.strictObject({
  lifecycle: z.strictObject({
    initial: Text(100),
    transitions: z
      .array(z.strictObject({ from: z.array(Text(100)).min(1).max(50), to: Text(100), when: Rule }))
      .min(1)
      .max(50),
    settle: z.boolean().optional(),
  }),
})

/**
 * Groups from 1 to `groups` (best last) of the customers with such an event: by the day of the last one, by how many, by the
 * sum of `prop`. A group is 1 + the whole part of groups × (customers with a lower value) / (customers), so equals are
 * together. `cell` writes the three behind one another, as in 543.
 */
const Rfm = z.strictObject({
  rfm: z.strictObject({
    event: Name,
    prop: Name.optional(),
    within: Within.optional(),
    part: z.enum(rfmParts),
    groups: z.number().int().min(2).max(9).optional(),
  }),
})

/** One SELECT that gives customer_id and value, each customer once. */
const OfSql = z.strictObject({ sql: Text(20_000) })
const OfModel = z.strictObject({ model: Key })
/** Of a fixed list: the value beside the customer or, for a bool, whether they are on it. */
const OfList = z.strictObject({ list: Key })

const kinds = {
  attribute: Attribute,
  rule: OfRule,
  event: Event,
  balance: Balance,
  holding: Holding,
  bands: Bands,
  cases: Cases,
  lifecycle: Lifecycle,
  rfm: Rfm,
  sql: OfSql,
  model: OfModel,
  list: OfList,
} as const

export type TagKindName = keyof typeof kinds
export type SourceByKind = { [K in TagKindName]: z.infer<(typeof kinds)[K]> }
export type TagSource = SourceByKind[TagKindName]
export type EventSource = SourceByKind['event']

export const tagKindNames = Object.keys(kinds) as TagKindName[]

/** Which kind a source is. */
export function kindOfSource(source: TagSource): TagKindName {
  const kind = tagKindNames.find((name) => Object.hasOwn(source, name))
  if (!kind) throw new TypeError('Not a source')
  return kind
}

type Issue = z.core.$ZodIssue

/** A union only says that nothing fitted: takes the alternative that knows the fields given. */
function clearest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.find((issues) => issues.every((one) => one.path.length > 0))
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(clearest) ?? [issue]
}

function checkKind(value: unknown, context: z.RefinementCtx): void {
  const fail = (path: PropertyKey[], message: string) =>
    context.addIssue({ code: 'custom', path, message, continue: false })
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const kind = isObject ? tagKindNames.find((name) => Object.hasOwn(value, name)) : undefined
  if (!kind) {
    fail([], `a source has one of ${tagKindNames.join(', ')}`)
    return
  }
  const parsed = kinds[kind].safeParse(value)
  for (const issue of parsed.error?.issues.flatMap(clearest) ?? []) fail([...issue.path], issue.message)
}

/** What stands inside is described where all of the API is, under the name it has there. */
const jsonOf = (schema: z.ZodType): object => {
  const { $schema: _, $defs: __, ...json } = z.toJSONSchema(schema) as Record<string, unknown>
  return JSON.parse(JSON.stringify(json).replaceAll('#/$defs/', '#/components/schemas/')) as object
}

/** Where a tag's values come from. Checked by hand, because a union of schemas names only itself as broken. */
export const TagSource: z.ZodType<TagSource> = z
  .any()
  .superRefine(checkKind)
  .meta({ id: 'TagSource', anyOf: Object.values(kinds).map(jsonOf) }) as unknown as z.ZodType<TagSource>

/** Statistics that give a number whatever they look at. */
export const numericAggregations: readonly string[] = ['count', 'sum', 'avg', 'distinct', 'days', 'streak']

type Fail = (path: PropertyKey[], message: string) => void
type Check<K extends TagKindName> = (source: SourceByKind[K], type: TagType, fail: Fail) => void

const gives =
  (wanted: TagType, what: string) =>
  (_source: unknown, type: TagType, fail: Fail): void => {
    if (type !== wanted) fail(['type'], `${what} gives ${wanted === 'enum' ? 'an enum' : `a ${wanted}`}`)
  }

const isAscending = (cuts: readonly number[]): boolean =>
  cuts.every((cut, index) => index === 0 || cut > (cuts[index - 1] ?? cut))

/** States that no chain of transitions leads to from the initial one. */
function unreachable({ initial, transitions }: SourceByKind['lifecycle']['lifecycle']): string[] {
  const reached = new Set([initial])
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const { from, to } of transitions) if (from.some((state) => reached.has(state))) reached.add(to)
  }
  return [...new Set(transitions.flatMap(({ from, to }) => [...from, to]))].filter(
    (state) => !reached.has(state),
  )
}

function checkEvent(source: EventSource, type: TagType, fail: Fail): void {
  const { agg, prop, rank } = source
  const needsNone = agg === 'count' || agg === 'days' || agg === 'streak'
  const isDay = type === 'date' && (agg === 'first' || agg === 'last')
  if (!needsNone && !prop && !isDay) fail(['source', 'prop'], `${agg} needs a prop`)
  if (rank !== undefined && agg !== 'top') fail(['source', 'rank'], 'only top has a rank')
  if (numericAggregations.includes(agg) && (type === 'bool' || type === 'date')) {
    fail(['type'], `${agg} gives a number`)
  }
}

function checkHolding({ stat, days }: SourceByKind['holding'], type: TagType, fail: Fail): void {
  const wanted: TagType = stat === 'has' ? 'bool' : stat === 'nextMaturity' ? 'date' : 'number'
  gives(wanted, stat)(undefined, type, fail)
  if ((stat === 'maturing') !== (days !== undefined)) {
    fail(['source', 'days'], stat === 'maturing' ? 'maturing needs days' : `${stat} takes no days`)
  }
}

function checkBalance({ stat, days }: SourceByKind['balance'], type: TagType, fail: Fail): void {
  gives('number', stat)(undefined, type, fail)
  const needsDays = stat !== 'last' && stat !== 'monthAverage'
  if (needsDays !== (days !== undefined)) {
    fail(['source', 'days'], needsDays ? `${stat} needs days` : `${stat} takes no days`)
  }
}

function checkBands({ bands }: SourceByKind['bands'], type: TagType, fail: Fail): void {
  gives('enum', 'bands')(undefined, type, fail)
  if (!isAscending(bands.cuts)) fail(['source', 'bands', 'cuts'], 'cuts ascend')
  if (bands.labels.length !== bands.cuts.length + 1) {
    fail(['source', 'bands', 'labels'], 'there is one label more than cuts')
  }
}

function checkLifecycle(source: SourceByKind['lifecycle'], type: TagType, fail: Fail): void {
  gives('enum', 'lifecycle')(undefined, type, fail)
  const lost = unreachable(source.lifecycle)
  if (lost.length > 0) {
    fail(['source', 'lifecycle', 'transitions'], `no transition leads to: ${lost.slice(0, 10).join(', ')}`)
  }
}

function checkRfm({ rfm }: SourceByKind['rfm'], type: TagType, fail: Fail): void {
  gives(rfm.part === 'cell' ? 'enum' : 'number', rfm.part)(undefined, type, fail)
  const needsProp = rfm.part === 'cell' || rfm.part === 'monetary'
  if (needsProp && !rfm.prop) fail(['source', 'rfm', 'prop'], `${rfm.part} needs a prop`)
}

const isOfType: { readonly [T in TagType]: (text: string) => boolean } = {
  bool: (text) => text === 'true' || text === 'false',
  enum: () => true,
  number: (text) => readNumber(text) !== undefined,
  date: (text) => z.iso.date().safeParse(text).success,
}

function checkCases(source: SourceByKind['cases'], type: TagType, fail: Fail): void {
  const check = (path: PropertyKey[], value: string) => {
    if (!isOfType[type](value)) fail(['source', ...path], `is no ${type}`)
  }
  for (const [index, { value }] of source.cases.entries()) check(['cases', index, 'value'], value)
  if (source.else !== undefined) check(['else'], source.else)
}

const checks: { readonly [K in TagKindName]?: Check<K> } = {
  rule: gives('bool', 'a rule'),
  event: checkEvent,
  balance: checkBalance,
  holding: checkHolding,
  bands: checkBands,
  cases: checkCases,
  lifecycle: checkLifecycle,
  rfm: checkRfm,
  model: gives('number', 'a model'),
}

/** Whether type and source fit each other; reports each place that does not. */
export function checkSourceOfType(source: TagSource, type: TagType, fail: Fail): void {
  const check = checks[kindOfSource(source)] as Check<TagKindName> | undefined
  check?.(source, type, fail)
}
