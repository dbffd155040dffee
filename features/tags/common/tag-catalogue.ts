import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { CreateTag } from '#features/tags/common/tag.ts'
import { TagSource, tagTypes } from '#features/tags/common/tag-source.ts'
import { Key, LocalText } from '#platform/common/http.ts'

const Text = (shortest: number, longest: number) =>
  z.string().trim().min(shortest).max(longest).refine(storable, 'holds characters that cannot be stored')
const Name = LocalText.refine((name) => storable(name.zh + name.en), 'holds characters that cannot be stored')

/** GET /api/tag-directories (tag.read): all folders, brothers in their order. */
export const TagDirectory = z
  .object({
    key: z.string(),
    parentKey: z.string().nullable(),
    name: z.object({ zh: z.string(), en: z.string() }),
    position: z.number().int(),
    /** Keys from the top down to this one. */
    path: z.array(z.string()),
    /** Tags in it and in all below, retired ones not counted. */
    tags: z.number().int(),
  })
  .meta({ id: 'TagDirectory' })
export type TagDirectory = z.infer<typeof TagDirectory>
export const TagDirectories = z.object({ items: z.array(TagDirectory), outside: z.number().int() })
export type TagDirectories = z.infer<typeof TagDirectories>
const Position = z.number().int().min(0).max(100_000)
/** POST /api/tag-directories (tag.write) → 201; the position left out is behind its brothers. */
export const CreateDirectory = z.strictObject({
  key: Key,
  name: Name,
  parentKey: Key.nullable().default(null),
  position: Position.optional(),
})
export type CreateDirectory = z.output<typeof CreateDirectory>
/** PUT /api/tag-directories/{key} (tag.write): renames, moves and orders. DELETE → 204 when nothing is in it. */
export const ChangeDirectory = z.strictObject({
  name: Name,
  parentKey: Key.nullable(),
  position: Position.optional(),
})
export type ChangeDirectory = z.output<typeof ChangeDirectory>
export const DirectoryKey = z.object({ key: z.string().max(64).refine(storable) })

export const lineageKinds = [
  'event',
  'property',
  'attribute',
  'balance',
  'holding',
  'list',
  'model',
  'tag',
  'segment',
  'campaign',
] as const
export type LineageKind = (typeof lineageKinds)[number]
/** GET /api/tags/{key}/lineage (tag.read): what it is made of, up to the fields of events, and what is made of it. */
export const Lineage = z
  .object({
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(lineageKinds),
        key: z.string(),
        name: z.string(),
        /** Steps from the tag: negative upstream, positive downstream. */
        layer: z.number().int(),
      }),
    ),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
    /** False where the graph is larger than what is shown. */
    isComplete: z.boolean(),
  })
  .meta({ id: 'Lineage' })
export type Lineage = z.infer<typeof Lineage>

const UseKind = z.enum(['tag', 'segment', 'campaign'])
/** GET /api/tags/{key}/impact (tag.read): everything that would break without it, however far away. */
export const Impact = z.object({
  items: z.array(
    z.object({
      type: UseKind,
      key: z.string(),
      name: z.string(),
      /** What it depends on the tag through; null: names it itself. */
      through: z.string().nullable(),
    }),
  ),
})
export type Impact = z.infer<typeof Impact>

/**
 * POST /api/tags/{key}/retire (tag.write) → Tag. Refused while anything names the tag, unless `despiteUses`: what names it
 * then can no longer be evaluated, visibly.
 */
export const RetireTag = z.strictObject({
  reason: Text(5, 500),
  replacement: Key.nullish(),
  despiteUses: z.boolean().default(false),
})
export type RetireTag = z.output<typeof RetireTag>
/** POST /api/tags/{key}/submit {summary?} · /withdraw (tag.write) → Tag. */
export const SubmitTag = z.object({ summary: z.string().max(2000).refine(storable).default('') })

/** POST /api/tag-catalogue/bulk (tag.write): `preview` says what would happen and changes nothing. */
export const BulkTags = z.strictObject({
  keys: z.array(Key).min(1).max(1000),
  action: z.union([
    z.strictObject({ move: z.array(Key).max(8) }),
    z.strictObject({ retire: z.strictObject({ reason: Text(5, 500), replacement: Key.nullish() }) }),
  ]),
  preview: z.boolean().default(false),
})
export type BulkTags = z.output<typeof BulkTags>
export const BulkResult = z.object({
  isPreview: z.boolean(),
  done: z.number().int(),
  items: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      outcome: z.enum(['done', 'same', 'refused', 'unknown']),
      /** Why not, or what it is now and what it becomes. */
      detail: z.string(),
    }),
  ),
})
export type BulkResult = z.infer<typeof BulkResult>

/** POST /api/tag-catalogue/try (tag.write and balance.read of that customer): what a definition would say of one customer. */
export const TryTag = z.strictObject({
  type: z.enum(tagTypes),
  source: TagSource,
  customerNo: z.string().min(1).max(64).refine(storable),
})
export type TryTag = z.output<typeof TryTag>
/** `said` is what the source says, `value` that read as the type; both null where there is nothing. */
export const TriedTag = z.object({
  value: z.string().nullable(),
  said: z.string().nullable(),
  asOf: z.string(),
})
export type TriedTag = z.infer<typeof TriedTag>

/** GET /api/tag-templates (tag.read): tags every retail bank has, each with the tag made of it here. */
export const TagTemplate = z
  .object({
    key: z.string(),
    name: z.object({ zh: z.string(), en: z.string() }),
    description: z.object({ zh: z.string(), en: z.string() }),
    directory: z.array(z.string()),
    type: z.enum(['bool', 'enum', 'number', 'date']),
    class: z.enum(['C1', 'C2']),
    unit: z.string(),
    source: z.unknown(),
    /** Templates it needs as tags first. */
    needs: z.array(z.string()),
    /** The tag made from it, if there is one. */
    usedAs: z.string().nullable(),
  })
  .meta({ id: 'TagTemplate' })
export type TagTemplate = z.infer<typeof TagTemplate>
export const TagTemplates = z.object({ items: z.array(TagTemplate) })
/** POST /api/tag-templates/{key}/use (tag.write) → 201 Tag: as it stands, or with parts of the definition replaced. */
export const UseTemplate = z.strictObject({
  key: Key.optional(),
  name: Name.optional(),
  source: CreateTag.shape.source.optional(),
  class: z.enum(['C1', 'C2']).optional(),
  unit: z.string().max(20).refine(storable).optional(),
  refreshEveryMinutes: z.number().int().min(5).max(525_600).nullish(),
})
export type UseTemplate = z.output<typeof UseTemplate>
