import { z } from 'zod'
import { Instant, PageQuery, pageOf } from '#platform/common/http.ts'

export const rejectStates = ['open', 'replayed', 'dismissed'] as const

/** Which rejects: every given one must hold; the end of the time is left out. */
export const RejectFilter = z.strictObject({
  source: z.string().max(64).optional(),
  code: z.string().max(64).optional(),
  event: z.string().max(200).optional(),
  protocol: z.string().max(64).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
})
export type RejectFilter = z.infer<typeof RejectFilter>

/** GET /api/rejects (source.read), newest first. */
export const RejectQuery = PageQuery.extend({
  ...RejectFilter.shape,
  state: z.enum([...rejectStates, 'all']).default('open'),
})
export type RejectQuery = z.infer<typeof RejectQuery>

export const Reject = z.object({
  rejectId: z.string(),
  receivedAt: z.string(),
  source: z.string(),
  event: z.string(),
  protocol: z.string(),
  messageId: z.string(),
  code: z.string(),
  path: z.string(),
  detail: z.string(),
  /** A copy was kept, so it can be mended and sent again. */
  hasOriginal: z.boolean(),
  state: z.enum(rejectStates),
  attempts: z.number().int(),
  /** Why it was refused the last time it was sent again. */
  lastCode: z.string().nullable(),
  lastDetail: z.string().nullable(),
  reason: z.string().nullable(),
  changedBy: z.string().nullable(),
  changedAt: z.string().nullable(),
})
export type Reject = z.infer<typeof Reject>
export const RejectPage = pageOf(Reject)

/** GET /api/rejects/{rejectId} (reject.read): with the message, as JSON text without identifiers; null: no copy was kept. */
export const RejectDetail = Reject.extend({ original: z.string().nullable() })
export type RejectDetail = z.infer<typeof RejectDetail>

/** GET /api/rejects/summary (source.read), by RejectFilter. */
export const RejectSummary = z.object({
  asOf: z.string(),
  total: z.number(),
  open: z.number(),
  byCode: z.array(z.object({ code: z.string(), count: z.number() })),
  bySource: z.array(z.object({ source: z.string(), count: z.number() })),
  /** Length of one step of `series`, in seconds. */
  stepSeconds: z.number(),
  series: z.array(z.object({ at: z.string(), code: z.string(), count: z.number() })),
})
export type RejectSummary = z.infer<typeof RejectSummary>

/** POST /api/rejects/{rejectId}/replay (reject.write): the mended message, or as it was. */
export const ReplayReject = z.strictObject({ message: z.record(z.string(), z.unknown()).optional() })
export const ReplayAnswer = z.object({
  outcome: z.enum(['accepted', 'rejected']),
  code: z.string().nullable(),
  detail: z.string().nullable(),
})
export type ReplayAnswer = z.infer<typeof ReplayAnswer>

const reason = z.string().trim().min(2).max(500)
/** POST /api/rejects/{rejectId}/dismiss and …/reopen (reject.write) */
export const RejectReason = z.strictObject({ reason })
/** POST /api/rejects/replay and /api/rejects/dismiss (reject.write) → 202 {jobId}: every open one of the filter. */
export const BulkRejects = z.strictObject({ filter: RejectFilter, reason })
export type BulkRejects = z.infer<typeof BulkRejects>
/** What such a job did; `skipped`: no copy, a masked identity, or a revoked source. */
export const BulkResult = z.object({
  replayed: z.number().int(),
  refused: z.number().int(),
  skipped: z.number().int(),
  dismissed: z.number().int(),
})
export type BulkResult = z.infer<typeof BulkResult>
