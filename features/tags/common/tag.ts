import { z } from 'zod'
import { Rule, Where, Within } from '#features/rules/common/rule.ts'
import { Key, LocalText, PageQuery, pageOf } from '#platform/common/http.ts'

export const tagTypes = ['bool', 'enum', 'number', 'date'] as const
export const aggregations = ['count', 'sum', 'avg', 'min', 'max', 'distinct', 'first', 'last'] as const

/** Where a tag's values come from: an attribute of the customer, a rule (a bool), or a statistic of one event. */
export const TagSource = z.union([
  z.strictObject({ attribute: z.string().min(1).max(200) }),
  z.strictObject({ rule: Rule }),
  z.strictObject({
    event: z.string().min(1).max(200),
    where: z.array(Where).max(50).optional(),
    within: Within.optional(),
    agg: z.enum(aggregations),
    prop: z.string().min(1).max(200).optional(),
  }),
])
export type TagSource = z.infer<typeof TagSource>

/** POST /api/tags (tag.write) → 201 Tag; computing starts at once. */
export const CreateTag = z
  .strictObject({
    key: Key,
    name: LocalText,
    type: z.enum(tagTypes),
    source: TagSource,
    class: z.enum(['C1', 'C2']).default('C1'),
    description: z.string().max(2000).default(''),
    refreshEveryMinutes: z.number().int().min(5).max(525_600).nullable().default(1440),
  })
  .superRefine((tag, context) => {
    if ('event' in tag.source && tag.source.agg !== 'count' && !tag.source.prop) {
      context.addIssue({ code: 'custom', path: ['source', 'prop'], message: `${tag.source.agg} needs a prop` })
    }
    if ('rule' in tag.source && tag.type !== 'bool') {
      context.addIssue({ code: 'custom', path: ['type'], message: 'a rule gives a bool' })
    }
  })
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

/** GET /api/tags (tag.read) · GET /api/tags/{key} */
export const TagQuery = PageQuery.extend({ q: z.string().max(100).optional(), type: z.enum(tagTypes).optional() })
export const TagPage = pageOf(Tag)
/** PUT /api/tags/{key} (tag.write): a new version. */
export const ChangeTag = z.strictObject({
  name: LocalText,
  type: z.enum(tagTypes),
  source: TagSource,
  class: z.enum(['C1', 'C2']),
  description: z.string().max(2000),
  refreshEveryMinutes: z.number().int().min(5).max(525_600).nullable(),
})
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
export const TagUses = z.object({ items: z.array(z.object({ type: z.enum(['tag', 'segment', 'campaign']), key: z.string(), name: z.string() })) })
/** GET /api/tags/{key}/versions (tag.read) */
export const DefinitionVersions = z.object({
  items: z.array(z.object({ version: z.number().int(), definition: z.unknown(), changedBy: z.string(), at: z.string() })),
})
