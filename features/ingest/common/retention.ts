import { z } from 'zod'

/** Data kept for a time of its own each. */
export const retentionClasses = ['event', 'event_anonymous', 'reject', 'rate'] as const
export type RetentionClass = (typeof retentionClasses)[number]

const Partition = z.object({
  partition: z.string(),
  rows: z.number(),
  bytes: z.number(),
  oldestAt: z.string(),
  newestAt: z.string(),
})

/** GET /api/retention (system.read): the rules, and what each would remove now. */
export const RetentionRule = z.object({
  class: z.enum(retentionClasses),
  months: z.number().int(),
  isOn: z.boolean(),
  changedBy: z.string().nullable(),
  changedAt: z.string().nullable(),
  /** What is older goes, as soon as a whole partition is. */
  cutoffAt: z.string(),
  partitions: z.array(Partition),
  /** Partitions that are old by name but hold younger rows: they stay. */
  held: z.array(Partition),
  totalRows: z.number(),
  totalBytes: z.number(),
  lastRun: z
    .object({
      day: z.string(),
      partitions: z.number().int(),
      rows: z.number(),
      bytes: z.number(),
      startedBy: z.string(),
      endedAt: z.string(),
    })
    .nullable(),
})
export type RetentionRule = z.infer<typeof RetentionRule>
export const Retention = z.object({ asOf: z.string(), items: z.array(RetentionRule) })
export type Retention = z.infer<typeof Retention>

const reason = z.string().trim().min(2).max(500)
/** PUT /api/retention/{class} (system.write) */
export const ChangeRetention = z.strictObject({
  months: z.number().int().min(1).max(240),
  isOn: z.boolean(),
  reason,
})
export type ChangeRetention = z.infer<typeof ChangeRetention>
/** POST /api/retention/{class}/purge (system.write) → 202 {jobId}: now instead of tonight; only a rule that is on. */
export const PurgeNow = z.strictObject({ reason })
