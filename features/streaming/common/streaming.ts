import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { PageQuery, pageOf } from '#platform/common/http.ts'

const At = z.string().nullable()

/** A segment kept within seconds, and how far it was off at its last full refresh. */
export const StreamedSegmentState = z.object({
  key: z.string(),
  name: z.string(),
  /** Members in the whole bank, only for callers who see the whole bank; else null. */
  memberCount: z.number().int().nullable(),
  refreshedAt: At,
  /** Customers for whom streaming was wrong at the last full refresh; null before the first comparison. */
  drift: z.number().int().nullable(),
  driftShare: z.number().nullable(),
  driftLimit: z.number(),
  driftAt: At,
  isSendable: z.boolean(),
  /** Why streaming has set the segment aside; null: it is live. */
  error: z.string().nullable(),
})
export type StreamedSegmentState = z.infer<typeof StreamedSegmentState>

export const SegmentAlarm = z.object({
  segment: z.string(),
  kind: z.enum(['refresh_failed', 'drift', 'set_aside']),
  detail: z.string(),
  raisedAt: z.string(),
  seenAt: z.string(),
  times: z.number().int(),
})
export type SegmentAlarm = z.infer<typeof SegmentAlarm>

/** GET /api/streaming/status (segment.read): how streaming is doing now. */
export const StreamingStatus = z
  .object({
    /** Whether a process streams. */
    isRunning: z.boolean(),
    beatAt: At,
    /** Age of the oldest change that waits; 0 when none does. */
    lagMs: z.number().int(),
    touchesWaiting: z.number().int(),
    customersWaiting: z.number().int(),
    /** Those of them that only time has moved. */
    customersWaitingByTime: z.number().int(),
    passes: z.number().int(),
    customersLookedAt: z.number().int(),
    entered: z.number().int(),
    left: z.number().int(),
    lastPassAt: At,
    lastPassMs: z.number().int().nullable(),
    lastLagMs: z.number().int().nullable(),
    lastError: z.string().nullable(),
    lastErrorAt: At,
    segmentCount: z.number().int(),
    /** The first thousand: set aside and blocked ones first. */
    segments: z.array(StreamedSegmentState),
    alarms: z.array(SegmentAlarm),
    asOf: z.string(),
  })
  .meta({ id: 'StreamingStatus' })
export type StreamingStatus = z.infer<typeof StreamingStatus>

export const StreamedKey = z.object({ key: z.string().max(64).refine(storable) })

/** GET /api/streaming/segments/{key}/refreshes (segment.read): the newest first. Counts are of the whole bank. */
export const SegmentRefresh = z.object({
  at: z.string(),
  version: z.number().int(),
  state: z.enum(['done', 'superseded', 'failed']),
  members: z.number().int().nullable(),
  entered: z.number().int().nullable(),
  left: z.number().int().nullable(),
  /** Whether who differed was told as facts; a first refresh of very many is not. */
  isTold: z.boolean(),
  drift: z.number().int().nullable(),
  driftShare: z.number().nullable(),
  isWithinLimit: z.boolean().nullable(),
  durationMs: z.number().int(),
  error: z.string().nullable(),
})
export type SegmentRefresh = z.infer<typeof SegmentRefresh>
export const SegmentRefreshes = pageOf(SegmentRefresh)
export const RefreshQuery = PageQuery

/**
 * POST /api/streaming/segments/{key}/sendable (segment.write): a person answers for sending to a segment whose drift passed
 * its limit; they type its key and say why.
 */
export const AllowSending = z.strictObject({
  confirm: z.string().max(64).refine(storable),
  reason: z.string().min(5).max(1000).refine(storable, 'holds characters that cannot be stored'),
})
export type AllowSending = z.infer<typeof AllowSending>
export const SendingAllowed = z.object({ key: z.string(), isSendable: z.literal(true) })
