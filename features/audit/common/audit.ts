import { z } from 'zod'
import { PageQuery, pageOf } from '#platform/common/http.ts'

export const AuditEntry = z
  .object({
    seq: z.number().int(),
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    objectType: z.string(),
    objectId: z.string(),
    before: z.unknown().nullable(),
    after: z.unknown().nullable(),
    reason: z.string().nullable(),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

/** GET /api/audit (audit.read), newest first. */
export const AuditQuery = PageQuery.extend({
  actor: z.string().max(100).optional(),
  objectType: z.string().max(50).optional(),
  objectId: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
})
export const AuditPage = pageOf(AuditEntry)

/** GET /api/audit/verify (audit.read): the first broken row, if any. */
export const AuditVerification = z.object({
  ok: z.boolean(),
  checked: z.number().int(),
  brokenSeq: z.number().int().nullable(),
  reason: z.string().nullable(),
})
export type AuditVerification = z.infer<typeof AuditVerification>
