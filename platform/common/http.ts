import { z } from 'zod'

/** RFC 9457 problem document, as every error of the API comes. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** Query of a list: how many, and where the page before ended. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
})
export type PageQuery = z.infer<typeof PageQuery>

/** One page of a list; `nextCursor` is null on the last. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
export type Page<T> = { items: T[]; nextCursor: string | null }

/** Text in both languages. */
export const LocalText = z.object({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) })
export type LocalText = z.infer<typeof LocalText>

/** Key of a definition: lower case, digits, `_` and `-`. */
export const Key = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z][a-z0-9_-]*$/, 'lower-case letters, digits, _ and -, starting with a letter')

/** A time as ISO 8601 text in UTC. */
export const Instant = z.iso.datetime({ offset: true })

/** Money as decimal text, never a float. */
export const Money = z.string().regex(/^-?\d+(\.\d{1,4})?$/)

export const JobAccepted = z.object({ jobId: z.string() })
export const Job = z
  .object({
    jobId: z.string(),
    kind: z.string(),
    state: z.enum(['queued', 'running', 'done', 'failed']),
    progress: z.number().min(0).max(1),
    result: z.unknown().optional(),
    error: z.object({ code: z.string(), detail: z.string() }).optional(),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof Job>
