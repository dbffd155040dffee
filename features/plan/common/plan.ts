import { z } from 'zod'
import { isHarmlessPattern } from '#features/plan/common/harmless-pattern.ts'
import { LocalText, PageQuery, pageOf } from '#platform/common/http.ts'

export const propertyTypes = [
  'string',
  'number',
  'integer',
  'boolean',
  'date',
  'datetime',
  'enum',
  'array',
  'object',
] as const
export type PropertyType = (typeof propertyTypes)[number]

/** C1 the bank's own facts, C2 facts about a person, `identifier` what names a person: it never stays in an event. */
export const propertyClasses = ['C1', 'C2', 'identifier'] as const
export const eventStates = ['draft', 'active', 'deprecated', 'retired'] as const
export type EventState = (typeof eventStates)[number]
export const planModes = ['observe', 'warn', 'enforce'] as const
export type PlanMode = (typeof planModes)[number]

const isStorable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text)
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are refused in names
const isOneLine = (text: string): boolean => isStorable(text) && !/[\u0000-\u001f\u007f]/.test(text)
const text = (longest: number) =>
  z.string().max(longest).refine(isStorable, 'holds characters that cannot be stored')
const line = (longest: number) =>
  z.string().min(1).max(longest).refine(isOneLine, 'holds characters that cannot be stored')

/** Name of an event as clients send it; it also stands in addresses. */
export const EventKey = line(200)
  .refine((key) => encodeURIComponent(key).length <= 480, 'is too long')
  .refine((key) => key.trim() === key && key !== '.' && key !== '..', 'must not start or end with a space')

export const Property = z.strictObject({
  /** Nested names are joined by dots. */
  name: line(200),
  type: z.enum(propertyTypes),
  required: z.boolean().default(false),
  class: z.enum(propertyClasses).default('C1'),
  /** What an enum may be. */
  values: z.array(line(200)).max(500).optional(),
  /** The whole text must match. Groups that repeat, look-around and back references are refused: checking must stay fast. */
  pattern: text(200)
    .min(1)
    .refine(isHarmlessPattern, 'is no regular expression, or one that may run for long')
    .optional(),
  maxLength: z.number().int().min(1).max(8192).optional(),
  example: text(500).default(''),
  description: text(1000).default(''),
})
export type Property = z.infer<typeof Property>

/** Where an event must come from; no page means any page of the space. */
export const Place = z.strictObject({ space: line(100), page: line(200).optional() })
export type Place = z.infer<typeof Place>

const definitionFields = {
  name: LocalText.refine((name) => isOneLine(name.zh + name.en), 'holds characters that cannot be stored'),
  description: text(2000).default(''),
  /** User name of the person who answers for it. */
  owner: line(64),
  properties: z.array(Property).max(200).default([]),
  places: z.array(Place).max(200).default([]),
}

type Checked = { properties: readonly Property[]; places: readonly Place[] }
type Fail = (path: (string | number)[], message: string) => void

function checkProperty(property: Property, at: number, fail: Fail): void {
  const { type, values, pattern, maxLength } = property
  const path = (field: string) => ['properties', at, field]
  if (type === 'enum' && !values?.length) fail(path('values'), 'an enum needs allowed values')
  if (type !== 'enum' && values) fail(path('values'), 'only an enum has allowed values')
  if (values && new Set(values).size < values.length) fail(path('values'), 'a value stands there twice')
  if (type !== 'string' && pattern !== undefined) fail(path('pattern'), 'only a string has a pattern')
  if (type !== 'string' && maxLength !== undefined) fail(path('maxLength'), 'only a string has a length')
}

/** `a.b` may stand beside `a` only where `a` is an object. */
function checkNames(properties: readonly Property[], fail: Fail): void {
  const types = new Map<string, PropertyType>()
  properties.forEach(({ name, type }, at) => {
    if (types.has(name)) fail(['properties', at, 'name'], 'another property has this name')
    types.set(name, type)
  })
  properties.forEach(({ name }, at) => {
    for (const parent of ancestorsOf(name)) {
      const type = types.get(parent)
      if (type !== undefined && type !== 'object')
        fail(['properties', at, 'name'], 'stands inside of a property that is no object')
    }
  })
}

/** `a.b.c` → `a`, `a.b`. */
export function ancestorsOf(name: string): string[] {
  const found: string[] = []
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) found.push(name.slice(0, dot))
  return found
}

function checkDefinition(definition: Checked, context: z.RefinementCtx): void {
  const fail: Fail = (path, message) => context.addIssue({ code: 'custom', path, message })
  definition.properties.forEach((property, at) => {
    checkProperty(property, at, fail)
  })
  checkNames(definition.properties, fail)
  const places = definition.places.map((place) => JSON.stringify([place.space, place.page ?? null]))
  places.forEach((place, at) => {
    if (places.indexOf(place) !== at) fail(['places', at], 'stands there twice')
  })
}

/** What a version of an event says. */
export const Definition = z.strictObject(definitionFields).superRefine(checkDefinition)
export type Definition = z.infer<typeof Definition>

/** POST /api/plan/events (plan.write) → 201 PlanEvent, a draft. */
export const CreatePlanEvent = z
  .strictObject({ key: EventKey, ...definitionFields })
  .superRefine(checkDefinition)
export type CreatePlanEvent = z.infer<typeof CreatePlanEvent>

const Revision = z.number().int().min(0)
/**
 * PUT /api/plan/events/{key} (plan.write): changes the draft; what is checked changes only when it is published. `revision`
 * is the one that was read: 409 PLAN_CHANGED when somebody else was faster.
 */
export const ChangePlanEvent = z
  .strictObject({ revision: Revision, ...definitionFields })
  .superRefine(checkDefinition)
export type ChangePlanEvent = z.infer<typeof ChangePlanEvent>

/** POST …/publish, …/deprecate, …/retire, …/restore, …/discard (plan.write) */
export const ChangeState = z.strictObject({ revision: Revision, reason: text(500).default('') })
export type ChangeState = z.infer<typeof ChangeState>

export const PlanEvent = z
  .object({
    key: z.string(),
    state: z.enum(eventStates),
    /** The published version; 0 before the first. */
    version: z.number().int(),
    revision: z.number().int(),
    /** What is being worked on; equal to `published` when there is nothing to publish. */
    draft: Definition,
    published: Definition.nullable(),
    hasChanges: z.boolean(),
    createdBy: z.string(),
    changedBy: z.string(),
    updatedAt: z.string(),
    publishedAt: z.string().nullable(),
  })
  .meta({ id: 'PlanEvent' })
export type PlanEvent = z.infer<typeof PlanEvent>

/** GET /api/plan/events (plan.read); `q` also finds by pinyin and its initials. */
export const PlanEventQuery = PageQuery.extend({
  q: z.string().max(100).refine(isStorable).optional(),
  state: z.enum(eventStates).optional(),
})
export const PlanEventPage = pageOf(PlanEvent)
export const PlanEventKey = z.object({ key: z.string().min(1).max(200).refine(isStorable) })

/** One line of what changed between two versions. */
export const Difference = z.object({
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** Messages that were right may now be wrong. */
  isStricter: z.boolean(),
})
export type Difference = z.infer<typeof Difference>

/** GET /api/plan/events/{key}/versions (plan.read), the latest first, each with what changed against the one before. */
export const PlanVersions = z.object({
  items: z.array(
    z.object({
      version: z.number().int(),
      definition: Definition,
      publishedBy: z.string(),
      reason: z.string(),
      at: z.string(),
      differences: z.array(Difference),
    }),
  ),
})
export type PlanVersions = z.infer<typeof PlanVersions>

/** GET /api/plan/events/{key}/changes (plan.read): the draft against the published version, and who uses the event. */
export type PlanUse = { type: 'tag' | 'segment' | 'campaign'; key: string; name: string }
export const PlanChanges = z.object({
  differences: z.array(Difference),
  uses: z.array(
    z.object({ type: z.enum(['tag', 'segment', 'campaign']), key: z.string(), name: z.string() }),
  ),
})
export type PlanChanges = z.infer<typeof PlanChanges>

/** GET /api/plan/modes (plan.read) · PUT /api/plan/modes/{source} (plan.write). A source without a row observes. */
export const SourceMode = z.object({
  source: z.string(),
  mode: z.enum(planModes),
  changedBy: z.string().nullable(),
  changedAt: z.string().nullable(),
})
export type SourceMode = z.infer<typeof SourceMode>
export const SourceModes = z.object({ items: z.array(SourceMode) })
export const ChangeMode = z.strictObject({ mode: z.enum(planModes), reason: text(500).default('') })
export const SourceKey = z.object({ source: line(64) })

/** GET /api/plan/findings (plan.read): what broke the plan, counted by day. Counters are approximate: see the guide. */
export const FindingsQuery = z.object({
  days: z.coerce.number().int().min(1).max(90).default(7),
  source: z.string().max(64).refine(isStorable).optional(),
  event: z.string().max(200).refine(isStorable).optional(),
})
export type FindingsQuery = z.infer<typeof FindingsQuery>
export const FindingCounts = z.object({
  items: z.array(
    z.object({
      day: z.string(),
      source: z.string(),
      /** Empty: events beyond those counted one by one. */
      event: z.string(),
      code: z.string(),
      path: z.string(),
      count: z.number().int(),
      lastAt: z.string(),
    }),
  ),
})
export type FindingCounts = z.infer<typeof FindingCounts>

/** GET /api/plan/activity (event.read): events of customers in scope, and for head office of visitors, by name. */
export const PlanActivity = z.object({
  items: z.array(
    z.object({ event: z.string(), today: z.number().int(), last7Days: z.number().int(), lastAt: z.string() }),
  ),
})
export type PlanActivity = z.infer<typeof PlanActivity>

/** GET /api/plan/coverage (event.read): the plan against what the last seven days brought, in scope. */
export const Coverage = z.object({
  days: z.number().int(),
  /** Declared, but none came. */
  unseen: z.array(z.object({ event: z.string(), state: z.enum(eventStates), name: LocalText })),
  /** Came, but not declared, or in a state in which it should not. */
  undeclared: z.array(
    z.object({
      event: z.string(),
      state: z.enum(['unknown', 'draft', 'deprecated', 'retired']),
      count: z.number().int(),
      lastAt: z.string(),
    }),
  ),
  /** Places that must send an event, with how many came from there. */
  places: z.array(
    z.object({
      event: z.string(),
      name: LocalText,
      space: z.string(),
      page: z.string().nullable(),
      count: z.number().int(),
    }),
  ),
})
export type Coverage = z.infer<typeof Coverage>

/** GET /api/plan/events/{key}/properties (event.read): properties as they came in the last seven days, in scope. */
export const SeenProperties = z.object({
  items: z.array(z.object({ name: z.string(), count: z.number().int(), isDeclared: z.boolean() })),
  messages: z.number().int(),
})
export type SeenProperties = z.infer<typeof SeenProperties>

/** GET /api/plan/export (plan.read) gives this file; POST /api/plan/import (plan.write) takes it. */
export const PlanFile = z
  .strictObject({
    format: z.literal('zhike-tracking-plan'),
    version: z.literal(1),
    events: z
      .array(
        z
          .strictObject({ key: EventKey, state: z.enum(eventStates).default('draft'), ...definitionFields })
          .superRefine(checkDefinition),
      )
      .max(2000),
  })
  .superRefine(({ events }, context) => {
    const seen = new Set<string>()
    events.forEach(({ key }, at) => {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: ['events', at, 'key'], message: 'stands there twice' })
      seen.add(key)
    })
  })
export type PlanFile = z.infer<typeof PlanFile>

/**
 * POST /api/plan/import (plan.write): all or nothing. `dryRun` only tells what would change. `publish` also publishes what
 * changed and takes over the states; without it events arrive as drafts. Events that the file doesn't name stay as they are.
 */
export const ImportPlan = z.strictObject({
  plan: PlanFile,
  dryRun: z.boolean().default(false),
  publish: z.boolean().default(false),
})
export type ImportPlan = z.input<typeof ImportPlan>
export const ImportOutcome = z.object({
  isDryRun: z.boolean(),
  created: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  items: z.array(
    z.object({
      key: z.string(),
      outcome: z.enum(['created', 'changed', 'unchanged']),
      state: z.object({ before: z.enum(eventStates).nullable(), after: z.enum(eventStates) }),
      differences: z.array(Difference),
    }),
  ),
})
export type ImportOutcome = z.infer<typeof ImportOutcome>
