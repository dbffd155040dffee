import { z } from 'zod'
import { PageQuery, pageOf } from '#platform/common/http.ts'

const Text = z
  .string()
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'has characters that cannot be stored')

export const approvalStates = ['open', 'approved', 'rejected', 'withdrawn'] as const

/** Something the content rests on, with everything that decides what it means. */
export const Reference = z.object({ kind: z.string(), key: z.string(), definition: z.unknown() })
export type Reference = z.infer<typeof Reference>

/** GET /api/approvals?state=open (approval.read) · POST /api/approvals/{id}/approve|reject {reason?} (approval.decide). */
export const Approval = z
  .object({
    approvalId: z.number().int(),
    /** What kind of thing is approved: a campaign, a tag, a segment, an export of one. */
    objectType: z.string(),
    objectKey: z.string(),
    objectName: z.string(),
    contentHash: z.string(),
    content: z.unknown(),
    /** The content last approved, for the diff; null the first time. */
    previousContent: z.unknown(),
    /** What the content rests on, as it was when it was submitted: part of the hash. */
    references: z.array(Reference),
    summary: z.string(),
    state: z.enum(approvalStates),
    /** How many different people have to approve. */
    levels: z.number().int(),
    /** Those who approved so far, in order. */
    steps: z.array(
      z.object({ level: z.number().int(), checker: z.string(), reason: z.string(), at: z.string() }),
    ),
    maker: z.string(),
    submittedAt: z.string(),
    checker: z.string().nullable(),
    decidedAt: z.string().nullable(),
    reason: z.string().nullable(),
    /** False for everyone who made the content, and for whoever approved it already. */
    mayDecide: z.boolean(),
  })
  .meta({ id: 'Approval' })
export type Approval = z.infer<typeof Approval>

export const ApprovalQuery = PageQuery.extend({
  state: z.enum(approvalStates).optional(),
  objectType: Text.max(64).optional(),
  objectKey: Text.max(200).optional(),
})
export type ApprovalQuery = z.output<typeof ApprovalQuery>
export const ApprovalPage = pageOf(Approval)
/** `contentHash` is what the checker read: an approval of other content is a conflict. */
export const Decide = z.object({ contentHash: z.string(), reason: Text.max(2000).default('') })
export const Reject = z.object({ contentHash: z.string(), reason: Text.min(5).max(2000) })
