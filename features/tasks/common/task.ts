import { z } from 'zod'
import { PageQuery, pageOf } from '#platform/common/http.ts'

export const taskStates = ['open', 'accepted', 'contacted', 'won', 'lost', 'cancelled'] as const
export type TaskState = (typeof taskStates)[number]

/** What is still to be done. */
export const activeStates: readonly TaskState[] = ['open', 'accepted', 'contacted']

/** Which step may follow which; the ends have none. */
export const nextTaskStates: { readonly [S in TaskState]: readonly TaskState[] } = {
  open: ['accepted', 'contacted', 'won', 'lost'],
  accepted: ['contacted', 'won', 'lost'],
  contacted: ['won', 'lost'],
  won: [],
  lost: [],
  cancelled: [],
}

export const Task = z
  .object({
    taskId: z.number().int(),
    title: z.string(),
    /** Why this customer, in words. */
    reason: z.string(),
    state: z.enum(taskStates),
    note: z.string(),
    dueAt: z.string(),
    createdAt: z.string(),
    campaignKey: z.string(),
    campaignName: z.string(),
    offerTitle: z.string(),
    offerBody: z.string(),
    customerNo: z.string(),
    customerName: z.string().nullable(),
    orgName: z.string(),
    rmName: z.string().nullable(),
    isOverdue: z.boolean(),
  })
  .meta({ id: 'Task' })
export type Task = z.infer<typeof Task>

/** GET /api/tasks (task.read), in scope: an RM's own; a branch's all. `done` = won, lost or cancelled. */
export const TaskQuery = PageQuery.extend({
  state: z.enum([...taskStates, 'active', 'done']).optional(),
  campaign: z.string().max(64).optional(),
})
export const TaskPage = pageOf(Task)
/** GET /api/tasks/{taskId} (task.read) */
export const TaskParams = z.object({ taskId: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) })
/**
 * PATCH /api/tasks/{taskId} (task.work) → Task. An end needs a note. With `from`, the state the caller saw, a task that has
 * moved on since is a conflict even where the step would still be allowed.
 */
export const WorkTask = z.object({
  state: z.enum(taskStates),
  note: z.string().max(2000).default(''),
  from: z.enum(taskStates).optional(),
})
/** GET /api/tasks/summary (task.read): what is to be done, what is late, what was won or lost today, in scope. */
export const TaskSummary = z.object({
  active: z.number().int(),
  overdue: z.number().int(),
  doneToday: z.number().int(),
})
