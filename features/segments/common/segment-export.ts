import { z } from 'zod'
import { storable } from '#features/rules/common/rule.ts'
import { PageQuery, pageOf } from '#platform/common/http.ts'

/** What a file may hold of a customer: names are masked; AUM and tags of class C2 take balance.read. */
export const exportFields = ['customerNo', 'name', 'org', 'rm', 'aum'] as const
export type ExportField = (typeof exportFields)[number]
const TagColumn = z
  .string()
  .max(68)
  .regex(/^tag:[a-z][a-z0-9_-]*$/, 'is tag:key')
export const ExportColumn = z.union([z.enum(exportFields), TagColumn])
export type ExportColumn = z.infer<typeof ExportColumn>

/**
 * POST /api/segments/{key}/exports (segment.export) → 201 SegmentExport. Above a size it waits for someone else's approval;
 * then a job writes the file, of the customers the person who asked may see at that moment.
 */
export const CreateExport = z.strictObject({
  columns: z
    .array(ExportColumn)
    .min(1)
    .max(25)
    .refine((list) => new Set(list).size === list.length, 'names a column twice')
    .default(['customerNo', 'name', 'org', 'rm']),
  reason: z.string().trim().min(5).max(2000).refine(storable, 'holds characters that cannot be stored'),
  language: z.enum(['zh', 'en']).default('zh'),
})
export type CreateExport = z.output<typeof CreateExport>

export const SegmentExport = z
  .object({
    exportId: z.number().int(),
    segment: z.string(),
    segmentName: z.string(),
    version: z.number().int(),
    columns: z.array(z.string()),
    reason: z.string(),
    state: z.enum(['waiting', 'queued', 'running', 'ready', 'rejected', 'failed', 'expired']),
    /** Customers when it was asked for; in the file. */
    askedCount: z.number().int(),
    rowCount: z.number().int().nullable(),
    byteCount: z.number().int().nullable(),
    jobId: z.string().nullable(),
    errorCode: z.string().nullable(),
    requestedBy: z.string(),
    fetchedCount: z.number().int(),
    createdAt: z.string(),
    readyAt: z.string().nullable(),
    expiresAt: z.string().nullable(),
    /** Whether the caller may fetch the file now: only whoever asked for it, for a limited time. */
    mayFetch: z.boolean(),
  })
  .meta({ id: 'SegmentExport' })
export type SegmentExport = z.infer<typeof SegmentExport>

/** GET /api/segments/{key}/exports (segment.export), of org units in scope, newest first. */
export const ExportQuery = PageQuery
export const ExportPage = pageOf(SegmentExport)
export const ExportId = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })
/** GET /api/segment-exports/{id}/file (segment.export) → text/csv */
