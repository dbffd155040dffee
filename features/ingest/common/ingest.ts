import { z } from 'zod'

/** POST /v1/batch and the single calls answer 200 with this; `index` is the message's place in the batch. */
export const IngestAnswer = z
  .object({
    accepted: z.number().int(),
    rejected: z.array(
      z.object({ index: z.number().int(), messageId: z.string().nullable(), code: z.string(), detail: z.string() }),
    ),
  })
  .meta({ id: 'IngestAnswer' })
export type IngestAnswer = z.infer<typeof IngestAnswer>

/** GET /api/sources (source.read) */
export const Source = z.object({ source: z.string(), kind: z.enum(['trusted', 'public']), key: z.string(), state: z.enum(['active', 'revoked']), eventsToday: z.number().int() })
export const Sources = z.object({ items: z.array(Source) })
export const CreateSource = z.strictObject({ source: z.string().min(1).max(64), kind: z.enum(['trusted', 'public']), jwks: z.unknown().optional() })

/** GET /api/event-names (event.read): what the rule editor offers. */
export const EventNames = z.object({ items: z.array(z.object({ name: z.string(), count: z.number().int(), lastAt: z.string() })) })
/** GET /api/event-names/{name}/properties (event.read) */
export const EventProperties = z.object({ items: z.array(z.object({ name: z.string(), examples: z.array(z.string()) })) })

/** GET /api/ingest/status (system.read) */
export const IngestStatus = z.object({
  spoolBytes: z.number(),
  spoolSegments: z.number().int(),
  accepted: z.number().int(),
  rejectedByCode: z.array(z.object({ code: z.string(), count: z.number().int() })),
  loaded: z.number().int(),
  lastLoadAt: z.string().nullable(),
  lastError: z.string().nullable(),
})
