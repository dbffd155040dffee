import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { checkSourceOfType, TagSource, type TagType, tagTypes } from '#features/tags/common/tag-source.ts'
import { Instant, Key, LocalText, PageQuery, pageOf } from '#platform/common/http.ts'

export { type EventSource, TagSource } from '#features/tags/common/tag-source.ts'

const definition = {
  name: LocalText.refine((name) => storable(name.zh + name.en), 'holds characters that cannot be stored'),
  type: z.enum(tagTypes),
  source: TagSource,
  class: z.enum(['C1', 'C2']),
  description: z.string().max(2000).refine(storable, 'holds characters that cannot be stored'),
  refreshEveryMinutes: z.number().int().min(5).max(525_600).nullable(),
  /** What a number counts: yuan, times, days; shown behind it. */
  unit: z.string().max(20).refine(storable, 'holds characters that cannot be stored').default(''),
  /** After this it is shown as expired and no longer refreshed. */
  expiresAt: Instant.nullable().default(null),
  /** Updated within seconds of an event, too; left out, it follows from the source. */
  streaming: z.boolean().optional(),
}
/** Where it stands and who answers for it: changed without a new version. */
const place = {
  /** Folder keys from the top; left out, it stays where it is. */
  directory: z.array(Key).max(8).nullish(),
  owner: z.string().min(1).max(100).refine(storable).optional(),
}

const checkDefinition = (
  { type, source }: { type: TagType; source: TagSource },
  context: z.RefinementCtx,
): void =>
  checkSourceOfType(source, type, (path, message) => context.addIssue({ code: 'custom', path, message }))

/** Whether a definition takes effect only once someone other than its makers has approved it. */
export const needsApproval = (tag: { class: 'C1' | 'C2'; source: TagSource }): boolean =>
  tag.class === 'C2' || 'sql' in tag.source || 'model' in tag.source

/**
 * POST /api/tags (tag.write) → 201 Tag. A C1 tag is published and computed at once; a C2, SQL or model tag comes back
 * submitted and is computed once someone else has approved it. Customers for whom nothing happened have no value of an
 * event statistic, not a zero. `first` and `last` of a date tag without a prop are the day it happened. A rule gives every
 * customer true or false.
 */
export const CreateTag = z
  .strictObject({
    key: Key,
    ...definition,
    ...place,
    /** Keeps it as a draft: neither submitted nor published. */
    draft: z.boolean().default(false),
    /** The template it was made from. */
    template: z.string().max(64).refine(storable).nullish(),
    class: definition.class.default('C1'),
    description: definition.description.default(''),
    refreshEveryMinutes: definition.refreshEveryMinutes.default(1440),
  })
  .superRefine(checkDefinition)
export type CreateTag = z.infer<typeof CreateTag>

export const tagStates = ['draft', 'submitted', 'published', 'retired'] as const
export type TagState = (typeof tagStates)[number]
/** A changed definition of a published tag that waits for its approval; the old one stays in force meanwhile. */
const Proposal = z.object({
  definition: z.unknown(),
  by: z.string(),
  at: z.string(),
  approvalId: z.number().int().nullable(),
})

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
    state: z.enum(tagStates),
    unit: z.string(),
    owner: z.string(),
    /** Folder keys from the top; empty at the top. */
    directory: z.array(z.string()),
    streaming: z.boolean(),
    expiresAt: z.string().nullable(),
    isExpired: z.boolean(),
    template: z.string().nullable(),
    proposal: Proposal.nullable(),
    retiredReason: z.string().nullable(),
    /** The tag to use instead of a retired one. */
    replacedBy: z.string().nullable(),
  })
  .meta({ id: 'Tag' })
export type Tag = z.infer<typeof Tag>

export const TagKey = z.object({ key: z.string().max(64).refine(storable) })

/** Search words: names, key, pinyin in full or by initials. `directory` is a folder's key, with all below; `none`: outside every folder. */
export const TagQuery = PageQuery.extend({
  q: z.string().max(100).refine(storable).optional(),
  type: z.enum(tagTypes).optional(),
  directory: z.string().max(64).refine(storable).optional(),
  kind: z.string().max(32).refine(storable).optional(),
  class: z.enum(['C1', 'C2']).optional(),
  owner: z.string().max(100).refine(storable).optional(),
  /** Published ones unless said otherwise. */
  state: z.enum([...tagStates, 'any']).default('published'),
  mode: z.enum(['streaming', 'schedule', 'demand']).optional(),
  used: z.enum(['true', 'false']).optional(),
})
/** GET /api/tags (tag.read) · GET /api/tags/{key} */
export const TagListItem = Tag.extend({
  /** What its last computation took, and alerts that are open; null before the first. */
  lastDurationMs: z.number().nullable(),
  /** Customers per value or bucket at its last computation; of class C2 only for who may see balances. */
  counts: z.array(z.number()).nullable(),
  openAlerts: z.number().int(),
}).meta({ id: 'TagListItem' })
export type TagListItem = z.infer<typeof TagListItem>
export const TagPage = pageOf(TagListItem)
/** PUT /api/tags/{key} (tag.write): a new version. */
export const ChangeTag = z.strictObject({ ...definition, ...place }).superRefine(checkDefinition)
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
