import { z } from 'zod'
import { Key, PageQuery, pageOf } from '#platform/common/http.ts'

const storable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text)
const Text = (longest: number) =>
  z.string().max(longest).refine(storable, 'holds characters that cannot be stored')

/** A file of a list: at most so many rows and bytes. */
export const mostListRows = 5_000_000
export const mostListBytes = 512 * 1024 * 1024

const named = { name: Text(200).min(1), description: Text(2000).default('') }

/** POST /api/lists (list.write) → 201, empty until a file comes. */
export const CreateList = z.strictObject({ key: Key, ...named })
export type CreateList = z.infer<typeof CreateList>
/** PUT /api/lists/{key} (list.write) */
export const ChangeList = z.strictObject(named)
export type ChangeList = z.infer<typeof ChangeList>

export const CustomerList = z
  .object({
    key: z.string(),
    name: z.string(),
    description: z.string(),
    /** The upload whose members count; 0 before the first. */
    version: z.number().int(),
    /** Members in the caller's scope. */
    members: z.number().int(),
    ownerOrgId: z.number().int(),
    createdBy: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'CustomerList' })
export type CustomerList = z.infer<typeof CustomerList>

export const ListKey = z.object({ key: z.string().max(64).refine(storable) })
export const ListPage = pageOf(CustomerList)

/**
 * POST /api/lists/{key}/upload?name=… (list.write), body text/csv: customer number and, if wanted, a value; a first line with
 * headings may stand above. → 202; the job replaces all members at once. Numbers outside the sender's scope count as unknown.
 */
export const UploadQuery = z.object({ name: Text(200).default('') })
export const UploadAccepted = z.object({
  jobId: z.string(),
  version: z.number().int(),
  rows: z.number().int(),
})

export const ListUpload = z
  .object({
    version: z.number().int(),
    fileName: z.string(),
    state: z.enum(['receiving', 'queued', 'done', 'failed']),
    jobId: z.string().nullable(),
    rows: z.number().int(),
    members: z.number().int(),
    /** Rows that name a customer again; the first counts. */
    duplicates: z.number().int(),
    /** Rows that name nobody, kept to be downloaded. */
    rejects: z.number().int(),
    sha256: z.string().nullable(),
    uploadedBy: z.string(),
    uploadedAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'ListUpload' })
export type ListUpload = z.infer<typeof ListUpload>
/** GET /api/lists/{key}/uploads (list.read) */
export const ListUploads = z.object({ items: z.array(ListUpload) })
/** GET /api/lists/{key}/uploads/{version}/rejects (list.write): CSV of line, customerNo, value, reason. */
export const ListUploadKey = ListKey.extend({
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
})
/** GET /api/lists/{key}/members (list.read): those in the caller's scope. */
export const MemberQuery = PageQuery
export const ListMembers = pageOf(z.object({ customerNo: z.string(), value: z.string() }))
export const ListUses = z.object({
  items: z.array(z.object({ type: z.string(), key: z.string(), name: z.string() })),
})
