import { z } from 'zod'
import { Rule, storable, Where, Within } from '#features/rules/common/rule.ts'
import { Key, LocalText, PageQuery, pageOf } from '#platform/common/http.ts'

export const tagTypes = ['bool', 'enum', 'number', 'date'] as const
const Text = (longest: number) =>
  z.string().min(1).max(longest).refine(storable, 'holds characters that cannot be stored')

export const aggregations = ['count', 'sum', 'avg', 'min', 'max', 'distinct', 'first', 'last'] as const

/** Where a tag's values come from: an attribute of the customer, a rule (a bool), or a statistic of one event. */
export const TagSource = z.union([
  z.strictObject({ attribute: Text(200) }),
  z.strictObject({ rule: Rule }),
  z.strictObject({
    event: Text(200),
    where: z.array(Where).max(50).optional(),
    within: Within.optional(),
    agg: z.enum(aggregations),
    prop: Text(200).optional(),
  }),
])
export type TagSource = z.infer<typeof TagSource>
export type EventSource = Extract<TagSource, { event: string }>

const definition = {
  name: LocalText.refine((name) => storable(name.zh + name.en), 'holds characters that cannot be stored'),
  type: z.enum(tagTypes),
  source: TagSource,
  class: z.enum(['C1', 'C2']),
  description: z.string().max(2000).refine(storable, 'holds characters that cannot be stored'),
  refreshEveryMinutes: z.number().int().min(5).max(525_600).nullable(),
}

/** Statistics that give a number whatever they look at. */
export const numericAggregations: readonly string[] = ['count', 'sum', 'avg', 'distinct']

function checkDefinition(
  tag: { type: (typeof tagTypes)[number]; source: TagSource },
  context: z.RefinementCtx,
): void {
  const fail = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  const { source, type } = tag
  if ('rule' in source && type !== 'bool') fail(['type'], 'a rule gives a bool')
  if (!('event' in source)) return
  const isDay = type === 'date' && (source.agg === 'first' || source.agg === 'last')
  if (source.agg !== 'count' && !source.prop && !isDay) fail(['source', 'prop'], `${source.agg} needs a prop`)
  if (numericAggregations.includes(source.agg) && (type === 'bool' || type === 'date')) {
    fail(['type'], `${source.agg} gives a number`)
  }
}

/**
 * POST /api/tags (tag.write) → 201 Tag; computing starts at once. Customers for whom nothing happened have no value of an
 * event statistic, not a zero. `first` and `last` of a date tag without a prop are the day it happened. A rule gives every
 * customer true or false.
 */
export const CreateTag = z
  .strictObject({
    key: Key,
    ...definition,
    class: definition.class.default('C1'),
    description: definition.description.default(''),
    refreshEveryMinutes: definition.refreshEveryMinutes.default(1440),
  })
  .superRefine(checkDefinition)
export type CreateTag = z.infer<typeof CreateTag>

export const Tag = z
  .object({
    key: z.string(),
    name: z.object({ zh: z.string(), en: z.string() }),
    type: z.enum(tagTypes),
    source: TagSource,
    class: z.enum(['C1', 'C2']),
    description: z.string(),
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    version: z.number().int(),
    refreshEveryMinutes: z.number().int().nullable(),
    refreshedAt: z.string().nullable(),
    /** Customers of the whole bank with a value at the last refresh; null before the first. */
    coverage: z.number().int().nullable(),
    /** Customers whose source said something that is no value of the type; they have none. */
    unreadable: z.number().int().nullable(),
    lastAttemptAt: z.string().nullable(),
    /** Why the last attempt failed; the values of the refresh before stay. */
    lastError: z.string().nullable(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Tag' })
export type Tag = z.infer<typeof Tag>

export const TagKey = z.object({ key: z.string().max(64).refine(storable) })

/** GET /api/tags (tag.read) · GET /api/tags/{key} */
export const TagQuery = PageQuery.extend({
  q: z.string().max(100).refine(storable).optional(),
  type: z.enum(tagTypes).optional(),
})
export const TagPage = pageOf(Tag)
/** PUT /api/tags/{key} (tag.write): a new version. */
export const ChangeTag = z.strictObject(definition).superRefine(checkDefinition)
export type ChangeTag = z.infer<typeof ChangeTag>
/** POST /api/tags/{key}/refresh (tag.write) → 202 {jobId}. DELETE /api/tags/{key} (tag.write) → 204 unless used. */

/** GET /api/tags/{key}/distribution (tag.read): over customers in the caller's scope. */
export const Distribution = z
  .object({
    coverage: z.number().int(),
    /** Customers in scope, so that coverage has its base. */
    base: z.number().int(),
    values: z.array(
      z.object({
        value: z.string().optional(),
        /** Number and date tags come in buckets, half-open but for the last. */
        from: z.string().optional(),
        to: z.string().optional(),
        count: z.number().int(),
        /** All values beyond the thousand most frequent, together. */
        isRest: z.literal(true).optional(),
      }),
    ),
    refreshedAt: z.string().nullable(),
  })
  .meta({ id: 'Distribution' })
export type Distribution = z.infer<typeof Distribution>

/** GET /api/tags/{key}/uses (tag.read) */
export type TagUse = { type: 'tag' | 'segment' | 'campaign'; key: string; name: string }
export const TagUses = z.object({
  items: z.array(
    z.object({ type: z.enum(['tag', 'segment', 'campaign']), key: z.string(), name: z.string() }),
  ),
})
/** GET /api/tags/{key}/versions (tag.read) */
export const DefinitionVersions = z.object({
  items: z.array(
    z.object({ version: z.number().int(), definition: z.unknown(), changedBy: z.string(), at: z.string() }),
  ),
})
