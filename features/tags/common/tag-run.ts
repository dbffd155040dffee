import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { PageQuery, pageOf } from '#platform/common/http.ts'

export const runModes = ['full', 'incremental'] as const
export type RunMode = (typeof runModes)[number]
export const runStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

/**
 * POST /api/tag-runs (tag.write) → 202 {jobId, runId}: computes these tags, or all of them. Incremental recomputes only
 * customers touched since the last run, for tags that allow it; others are computed in full.
 */
export const StartRun = z.union([
  z.strictObject({
    tags: z.array(z.string().max(64).refine(storable)).min(1).max(10_000),
    mode: z.enum(runModes),
  }),
  z.strictObject({ all: z.literal(true), mode: z.enum(runModes) }),
])
export type StartRun = z.infer<typeof StartRun>
export const RunAccepted = z.object({ jobId: z.string(), runId: z.string() })

const Cost = {
  /** Rows and bytes the engine read, as far as it can be told from what else ran meanwhile. */
  rowsRead: z.number(),
  bytesRead: z.number(),
  durationMs: z.number(),
}

export const TagRun = z
  .object({
    runId: z.string(),
    mode: z.enum(runModes),
    state: z.enum(runStates),
    startedBy: z.string(),
    tags: z.number().int(),
    steps: z.number().int(),
    stepsDone: z.number().int(),
    /** Steps of which some tag failed: the others went on. */
    stepsFailed: z.number().int(),
    ...Cost,
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    /** How often it was taken up: more than once after a crash, each time behind the last finished step. */
    attempts: z.number().int(),
    error: z.string().nullable(),
  })
  .meta({ id: 'TagRun' })
export type TagRun = z.infer<typeof TagRun>
export const TagRunPage = pageOf(TagRun)
/** GET /api/tag-runs (tag.read), the newest first. */
export const TagRunQuery = PageQuery.extend({ state: z.enum(runStates).optional() })
export const TagRunKey = z.object({ runId: z.string().regex(/^\d{1,18}$/) })

const RunTag = z.object({
  key: z.string(),
  mode: z.enum(runModes),
  state: z.enum(['done', 'superseded', 'failed']),
  ...Cost,
  coverage: z.number().int().nullable(),
  /** Customers whose value is another than before. */
  changed: z.number().int().nullable(),
  error: z.string().nullable(),
})

/** GET /api/tag-runs/{runId} (tag.read): its steps and what each tag cost. */
export const TagRunDetail = TagRun.extend({
  stepList: z.array(
    z.object({
      step: z.number().int(),
      level: z.number().int(),
      name: z.string(),
      mode: z.enum(runModes),
      state: z.enum(['waiting', 'running', 'done', 'failed']),
      tags: z.number().int(),
      ...Cost,
      error: z.string().nullable(),
    }),
  ),
  /** The costliest first, at most a thousand; `tags` says how many there are. */
  tagList: z.array(RunTag),
}).meta({ id: 'TagRunDetail' })
export type TagRunDetail = z.infer<typeof TagRunDetail>

/** A distribution kept small enough to compare: the most frequent values, or counts between bounds. */
export const Summary = z.object({
  kind: z.enum(['values', 'bounds', 'none']),
  labels: z.array(z.string()),
  counts: z.array(z.number()),
})
export type Summary = z.infer<typeof Summary>

/** GET /api/tags/{key}/history (tag.read): coverage, cost and distribution of each computation, the newest first. */
export const TagHistory = z
  .object({
    items: z.array(
      z.object({
        at: z.string(),
        runId: z.string().nullable(),
        mode: z.enum(runModes),
        state: z.enum(['done', 'superseded', 'failed']),
        coverage: z.number().int().nullable(),
        changed: z.number().int().nullable(),
        ...Cost,
        distribution: Summary.nullable(),
        psi: z.number().nullable(),
        error: z.string().nullable(),
      }),
    ),
    /** Cost of the last computation, and of thirty days. */
    lastCost: z.object(Cost).nullable(),
    cost30Days: z.object(Cost),
  })
  .meta({ id: 'TagHistory' })
export type TagHistory = z.infer<typeof TagHistory>

export const alertKinds = ['failed', 'coverage', 'drift', 'stale', 'bitmaps'] as const
export type AlertKind = (typeof alertKinds)[number]

export const TagAlert = z
  .object({
    alertId: z.string(),
    key: z.string(),
    name: z.object({ zh: z.string(), en: z.string() }),
    kind: z.enum(alertKinds),
    severity: z.enum(['warning', 'serious']),
    /** Numbers and codes behind it. */
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    openedAt: z.string(),
    seenAt: z.string(),
    times: z.number().int(),
    acknowledgedAt: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    reason: z.string().nullable(),
    /** When its cause went away. */
    closedAt: z.string().nullable(),
  })
  .meta({ id: 'TagAlert' })
export type TagAlert = z.infer<typeof TagAlert>
export const TagAlertPage = pageOf(TagAlert)
/** GET /api/tag-alerts (tag.read): open ones unless asked otherwise. */
export const TagAlertQuery = PageQuery.extend({
  state: z.enum(['open', 'acknowledged', 'closed', 'all']).default('open'),
  key: z.string().max(64).refine(storable).optional(),
})
export const TagAlertKey = z.object({ alertId: z.string().regex(/^\d{1,18}$/) })
/** POST /api/tag-alerts/{alertId}/acknowledge (tag.write) → TagAlert. */
export const AcknowledgeAlert = z.strictObject({
  reason: z.string().trim().min(1).max(500).refine(storable),
})
