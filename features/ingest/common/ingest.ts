import { z } from 'zod'

/**
 * One message of Segment's: what it describes depends on its type (see `type` in a batch; single calls have it in their
 * path). Checked message by message when collecting, not by this schema.
 */
export const SegmentMessage = z
  .looseObject({
    type: z.enum(['track', 'identify', 'page', 'screen', 'group', 'alias']).optional(),
    messageId: z.string().max(200).optional(),
    /** Name of a tracked event. */
    event: z.string().min(1).max(200).optional(),
    name: z.string().max(200).optional(),
    userId: z.string().max(200).nullish(),
    anonymousId: z.string().max(200).nullish(),
    previousId: z.string().max(200).nullish(),
    groupId: z.string().max(200).nullish(),
    /** ISO 8601 (without a zone: the bank's), or milliseconds since 1970. */
    timestamp: z.union([z.string(), z.number()]).nullish(),
    properties: z.record(z.string(), z.unknown()).nullish(),
    traits: z.record(z.string(), z.unknown()).nullish(),
    /** `token`: the bank's short-lived customer token, for public keys. */
    context: z.looseObject({ token: z.string().max(4096).nullish() }).nullish(),
    writeKey: z.string().optional(),
  })
  .meta({ id: 'SegmentMessage' })
export const SegmentBatch = z
  .looseObject({ batch: z.array(SegmentMessage).max(10_000), writeKey: z.string().optional() })
  .meta({ id: 'SegmentBatch' })

/** POST /v1/batch and the single calls answer 200 with this; `index` is the message's place in the batch. */
export const IngestAnswer = z
  .object({
    accepted: z.number().int(),
    rejected: z.array(
      z.object({
        index: z.number().int(),
        messageId: z.string().nullable(),
        code: z.string(),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'IngestAnswer' })
export type IngestAnswer = z.infer<typeof IngestAnswer>

/** GET /api/event-names (event.read): what the rule editor offers. */
export const EventNames = z.object({
  items: z.array(z.object({ name: z.string(), count: z.number().int(), lastAt: z.string() })),
})
export type EventNames = z.infer<typeof EventNames>
/** GET /api/event-names/{name}/properties (event.read) */
export const EventProperties = z.object({
  items: z.array(z.object({ name: z.string(), examples: z.array(z.string()) })),
})
export type EventProperties = z.infer<typeof EventProperties>

/** GET /api/ingest/status (system.read). POST /api/ingest/flush (source.read) → 204 once all accepted is loaded. */
export const IngestStatus = z.object({
  spoolBytes: z.number(),
  spoolSegments: z.number().int(),
  accepted: z.number().int(),
  rejectedByCode: z.array(z.object({ code: z.string(), count: z.number().int() })),
  /** Properties left out because they were direct identifiers. */
  droppedProperties: z.number().int(),
  loaded: z.number().int(),
  /** Segments that could not be read and were moved to the folder `broken`. */
  brokenSegments: z.number().int(),
  lastLoadAt: z.string().nullable(),
  lastError: z.string().nullable(),
})
export type IngestStatus = z.infer<typeof IngestStatus>

/** GET /api/ingest/processes (system.read): every process that collects, as it said itself in the last minute. */
export const IngestProcesses = z.object({
  items: z.array(
    z.object({
      processId: z.string(),
      host: z.string(),
      pid: z.number().int(),
      spoolBytes: z.number(),
      spoolSegments: z.number().int(),
      accepted: z.number(),
      loaded: z.number(),
      lastLoadAt: z.string().nullable(),
      lastError: z.string().nullable(),
      startedAt: z.string(),
      seenAt: z.string(),
      /** It holds events and hasn't loaded any for half a minute. */
      isBehind: z.boolean(),
    }),
  ),
})
export type IngestProcesses = z.infer<typeof IngestProcesses>

/** GET /api/ingest/rates?minutes=60&source= (source.read): one row a minute, source and protocol that had any. */
export const RatesQuery = z.object({
  minutes: z.coerce.number().int().min(1).max(1440).default(60),
  source: z.string().max(64).optional(),
})
export const IngestRates = z.object({
  asOf: z.string(),
  items: z.array(
    z.object({
      at: z.string(),
      source: z.string(),
      protocol: z.string(),
      accepted: z.number(),
      rejected: z.number(),
      dropped: z.number(),
      lagP50Ms: z.number(),
      lagP99Ms: z.number(),
    }),
  ),
})
export type IngestRates = z.infer<typeof IngestRates>
