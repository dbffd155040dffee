import { z } from 'zod'

/** GET /api/segment-settings (segment.read) · PUT /api/segment-settings (system.write). */
export const SegmentSettings = z
  .strictObject({
    /** Exports of more customers need someone else's approval. */
    exportApprovalOver: z.number().int().min(0).max(1_000_000_000),
    /** Campaigns to, and exports of, more customers need the approvals of two people. */
    twoApprovalsOver: z.number().int().min(0).max(1_000_000_000),
    /** Hours for which a finished export can be fetched. */
    exportHours: z.number().int().min(1).max(720),
    /** Private addresses webhooks may go to, as host:port. */
    privateHosts: z
      .array(
        z
          .string()
          .max(255)
          .regex(/^[A-Za-z0-9._[\]:-]+:\d{1,5}$/, 'is host:port'),
      )
      .max(50),
  })
  .meta({ id: 'SegmentSettings' })
export type SegmentSettings = z.infer<typeof SegmentSettings>
