import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import { type OutboxEvent, writeOutbox } from '#features/gate/server/index.ts'
import {
  nextTaskStates,
  type Task,
  type TaskQuery,
  type TaskState,
  type TaskSummary,
  type WorkTask,
} from '#features/tasks/common/task.ts'
import { taskError } from '#features/tasks/common/task-errors.ts'
import { createTaskMaking, leadEvent, leadSteps } from '#features/tasks/server/task-making.ts'
import {
  countTasks,
  findTask,
  listTasks,
  mayTakeFrom,
  moveTask,
  type TaskPosition,
  type TaskRow,
  type TaskScope,
} from '#features/tasks/server/task-store.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { Page } from '#platform/common/http.ts'
import { httpError } from '#platform/common/http-errors.ts'
import { sql } from '#platform/common/sql.ts'
import { decodeCursor, toPage } from '#platform/server/page.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Masked names of the customers in scope, by customer id, as the customers feature gives them. */
export type CustomerNames = {
  names(
    scope: OrgScope,
    customerIds: readonly number[],
  ): Promise<ReadonlyMap<number, { readonly name: string | null }>>
}

export type CreateTasksInput = {
  campaignId: number
  campaignKey: string
  campaignName: string
  offerTitle: string
  offerBody: string
  title: string
  /** Why these customers, in words. */
  reason: string
  dueAt: Date
  /** Never control customers: that is the caller's duty. */
  customerIds: readonly number[]
}

/** What a person has to do for a customer. */
export type Tasks = {
  /**
   * One task a campaign and customer, for the customer's RM or else the pool of the customer's org unit, each new one
   * with a `lead_created` event. Gives how many were made: a customer who has one already is left out.
   */
  createMany(tx: PgRunner, input: CreateTasksInput): Promise<number>
  /** Cancels what is not finished of a campaign, all or for some customers; gives how many. */
  cancelOpen(tx: PgRunner, campaignId: number, customerIds?: readonly number[]): Promise<number>
  list(caller: Caller, query: z.infer<typeof TaskQuery>): Promise<Page<Task>>
  get(caller: Caller, taskId: number): Promise<Task>
  summary(caller: Caller): Promise<z.infer<typeof TaskSummary>>
  /** The next step of a task by the RM it belongs to; accepting one from the pool takes it. */
  work(caller: Caller, taskId: number, step: z.infer<typeof WorkTask>): Promise<Task>
  /** Ids of customers with a task that is not done, for the platform's own reports: never shown as they are. */
  customersWithOpenTask(): Promise<number[]>
}

type Deps = {
  pg: Postgres
  clock: Clock
  audit: Pick<Audit, 'record'>
  customers: CustomerNames
  timeZone: string
}

export function createTasks(deps: Deps): Tasks {
  return {
    ...createTaskMaking(deps),
    ...createTaskWork(deps),
    async customersWithOpenTask() {
      const rows = await deps.pg.query<{ customer_id: number }>(sql`
        SELECT DISTINCT t.customer_id FROM task AS t WHERE t.state IN ('open', 'accepted', 'contacted')`)
      return rows.map((row) => row.customer_id)
    },
  }
}

function createTaskWork(deps: Deps): Pick<Tasks, 'list' | 'get' | 'summary' | 'work'> {
  const { pg, clock, audit, timeZone } = deps
  const scopeOf = (caller: Caller): TaskScope => ({
    ...caller.scopeOf('task.read'),
    day: bankDay(clock.now(), timeZone),
  })

  async function describe(caller: Caller, rows: readonly TaskRow[]): Promise<(row: TaskRow) => Task> {
    const ids = rows.map((row) => row.customer_id)
    const names = await deps.customers.names(caller.scopeOf('task.read'), ids)
    return (row) => describeTask(row, names.get(row.customer_id)?.name ?? null)
  }

  async function getRow(caller: Caller, taskId: number): Promise<TaskRow> {
    const row = await findTask(pg, scopeOf(caller), taskId, clock.now())
    if (!row) throw taskError('TASK_NOT_FOUND', { taskId })
    return row
  }

  async function get(caller: Caller, taskId: number): Promise<Task> {
    const row = await getRow(caller, taskId)
    return (await describe(caller, [row]))(row)
  }

  return {
    get,
    summary: (caller) => countTasks(pg, scopeOf(caller), clock.now(), timeZone),

    async list(caller, query) {
      const after = readPosition(query.cursor)
      const asOf = after?.asOf ?? clock.now()
      const rows = await listTasks(pg, scopeOf(caller), query, asOf, after)
      const describeRow = await describe(caller, rows)
      return toPage(rows, query.limit, (row) => positionOf(row, asOf), describeRow)
    },

    async work(caller, taskId, step) {
      const seen = await getRow(caller, taskId)
      checkStep(seen, step)
      const isMine = seen.staff_id === caller.staffId
      const isTaking = seen.staff_id === null
      if (
        !isMine &&
        !(isTaking && (await mayTakeFrom(pg, caller.staffId, seen.org_id, scopeOf(caller).day)))
      ) {
        throw taskError('TASK_NOT_YOURS', {})
      }
      if (isTaking && step.state !== 'accepted') throw taskError('TASK_NOT_TAKEN', {})
      const at = clock.now()
      const next = { state: step.state, staffId: caller.staffId, note: step.note.trim() || seen.note, at }
      await pg.transaction(async (tx) => {
        if (!(await moveTask(tx, seen, next))) throw taskError('TASK_CHANGED', { taskId })
        await writeOutbox(tx, stepEvents(seen, next))
        await audit.record(tx, {
          actor: caller.username,
          action: 'task.work',
          objectType: 'task',
          objectId: String(taskId),
          orgId: seen.org_id,
          // The note stays out: people write names and numbers into it.
          before: { state: seen.state, staffId: seen.staff_id },
          after: { state: next.state, staffId: next.staffId },
        })
      })
      return get(caller, taskId)
    },
  }
}

/** Everything about a step that does not depend on who takes it. */
function checkStep(seen: TaskRow, step: z.infer<typeof WorkTask>): void {
  if (step.from !== undefined && step.from !== seen.state) {
    throw taskError('TASK_CHANGED', { taskId: seen.task_id })
  }
  if (!nextTaskStates[seen.state].includes(step.state)) {
    throw taskError('TASK_STEP_INVALID', { from: seen.state, to: step.state })
  }
  if (nextTaskStates[step.state].length === 0 && step.note.trim() === '') {
    throw taskError('TASK_NOTE_MISSING', {}, [
      { path: 'note', code: 'TASK_NOTE_MISSING', message: 'an end needs a note' },
    ])
  }
}

function stepEvents(seen: TaskRow, next: { state: TaskState; staffId: number; at: Date }): OutboxEvent[] {
  const step = leadSteps[next.state]
  if (!step) return []
  const outcome = step === 'closed' ? next.state : undefined
  return [leadEvent(step, { ...seen, staff_id: next.staffId }, next.at, outcome)]
}

const positionOf = (row: TaskRow, asOf: Date) => [
  asOf.getTime(),
  row.is_overdue ? 1 : 0,
  row.due_at.getTime(),
  row.task_id,
]

function readPosition(cursor: string | undefined): TaskPosition | undefined {
  const parts = decodeCursor(cursor, 4)
  if (!parts) return undefined
  const [asOf, isOverdue, dueAt, taskId] = parts.map((part) =>
    Number.isSafeInteger(part) ? Number(part) : NaN,
  )
  const position = {
    asOf: new Date(asOf ?? NaN),
    isOverdue: isOverdue === 1,
    dueAt: new Date(dueAt ?? NaN),
    taskId: taskId ?? NaN,
  }
  const isOurs = [position.asOf.getTime(), position.dueAt.getTime(), position.taskId].every(Number.isFinite)
  if (!isOurs) throw httpError('CURSOR_INVALID', {})
  return position
}

const describeTask = (row: TaskRow, customerName: string | null): Task => ({
  taskId: row.task_id,
  title: row.title,
  reason: row.reason,
  state: row.state,
  note: row.note,
  dueAt: row.due_at.toISOString(),
  createdAt: row.created_at.toISOString(),
  campaignKey: row.campaign_key,
  campaignName: row.campaign_name,
  offerTitle: row.offer_title,
  offerBody: row.offer_body,
  customerNo: row.customer_no,
  customerName,
  orgName: row.org_name,
  rmName: row.rm_name,
  isOverdue: row.is_overdue,
})
