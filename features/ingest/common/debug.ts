import { z } from 'zod'
import { debugKinds } from '#features/ingest/common/debug-filter.ts'

/**
 * GET /api/debug/stream?device=… | customerNo=… | source=… (debug.watch): text/event-stream. Events: `session` (DebugSession),
 * `sighting` (DebugSighting, with its id; Last-Event-ID goes on from there), `skipped` ({count}), `end`.
 */
export const DebugQuery = z
  .strictObject({
    device: z.string().min(1).max(200).optional(),
    customerNo: z.string().min(1).max(64).optional(),
    source: z.string().min(1).max(64).optional(),
  })
  .refine((query) => Object.values(query).filter((value) => value !== undefined).length === 1, {
    message: 'one of device, customerNo and source',
  })
export type DebugQuery = z.infer<typeof DebugQuery>

export const DebugSession = z.object({
  sessionId: z.string(),
  kind: z.enum(debugKinds),
  value: z.string(),
  expiresAt: z.string(),
})
export type DebugSession = z.infer<typeof DebugSession>

/** One message as it arrived, taken or refused, values masked. */
export const DebugSighting = z.object({
  receivedAt: z.string(),
  occurredAt: z.string().nullable(),
  source: z.string(),
  protocol: z.string(),
  anonymousId: z.string().nullable(),
  customerNo: z.string().nullable(),
  isProven: z.boolean(),
  event: z.string(),
  messageId: z.string().nullable(),
  properties: z.record(z.string(), z.string()),
  /** What breaks the tracking plan without being refused for it. */
  planFindings: z.array(z.object({ code: z.string(), path: z.string() })),
  refused: z.object({ code: z.string(), path: z.string(), detail: z.string() }).nullable(),
})
export type DebugSighting = z.infer<typeof DebugSighting>
