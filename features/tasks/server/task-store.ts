import type { z } from 'zod'
import { activeStates, type TaskQuery, type TaskState } from '#features/tasks/common/task.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** A task as it is read for its screens. */
export type TaskRow = {
  task_id: number
  campaign_key: string
  campaign_name: string
  offer_title: string
  offer_body: string
  customer_id: number
  customer_no: string
  org_id: number
  org_name: string
  staff_id: number | null
  rm_name: string | null
  title: string
  reason: string
  state: TaskState
  note: string
  due_at: Date
  created_at: Date
  is_overdue: boolean
}

/** Whose tasks may be seen: those of org units, those of one RM with the pools of the units where this person is one. */
export type TaskScope = OrgScope & { readonly day: string }

/** Where a page ended: sorted as of then, so that tasks that fall due meanwhile move nothing. */
export type TaskPosition = { asOf: Date; isOverdue: boolean; dueAt: Date; taskId: number }

const isActive = sql`t.state = ANY(${activeStates}::text[])`
const isOverdueAt = (now: Date): Sql => sql`(${isActive} AND t.due_at < ${now}::timestamptz)`

/** The org units in whose pools this person may take tasks. */
const poolsOf = (staffId: number, day: string): Sql => sql`(
  SELECT p.org_id FROM post AS p
  WHERE p.staff_id = ${staffId} AND p.role = 'relationship_manager'
    AND p.valid_from <= ${day}::date AND (p.valid_to IS NULL OR p.valid_to > ${day}::date))`

function inScope(scope: TaskScope): Sql {
  if (scope.everyone) return sql`true`
  const byOrg = sql`t.org_id = ANY(${scope.orgIds}::int[])`
  if (scope.rmStaffId === null) return byOrg
  return sql`(${byOrg} OR t.staff_id = ${scope.rmStaffId}
    OR (t.staff_id IS NULL AND t.org_id IN ${poolsOf(scope.rmStaffId, scope.day)}))`
}

const selectTasks = (now: Date): Sql => sql`
  SELECT t.task_id, t.campaign_key, t.campaign_name, t.offer_title, t.offer_body, t.customer_id, c.customer_no,
    t.org_id, u.name AS org_name, t.staff_id, s.name AS rm_name, t.title, t.reason, t.state, t.note, t.due_at,
    t.created_at, ${isOverdueAt(now)} AS is_overdue
  FROM task AS t
  JOIN customer AS c ON c.customer_id = t.customer_id
  JOIN org_unit_current AS u ON u.org_id = t.org_id
  LEFT JOIN staff AS s ON s.staff_id = t.staff_id`

function inState(state: z.infer<typeof TaskQuery>['state']): Sql {
  if (state === undefined) return sql`true`
  if (state === 'active') return isActive
  if (state === 'done') return sql`NOT ${isActive}`
  return sql`t.state = ${state}`
}

/** One more than asked for, overdue first, then what is due first. */
export function listTasks(
  pg: PgRunner,
  scope: TaskScope,
  query: z.infer<typeof TaskQuery>,
  asOf: Date,
  after: TaskPosition | undefined,
): Promise<TaskRow[]> {
  const isLate = isOverdueAt(asOf)
  return pg.query<TaskRow>(sql`
    ${selectTasks(asOf)}
    WHERE ${inScope(scope)} AND ${inState(query.state)}
      AND ${query.campaign === undefined ? sql`true` : sql`t.campaign_key = ${query.campaign}`}
      AND ${
        after
          ? sql`(NOT ${isLate}, t.due_at, t.task_id)
              > (${!after.isOverdue}::boolean, ${after.dueAt}::timestamptz, ${after.taskId}::bigint)`
          : sql`true`
      }
    ORDER BY NOT ${isLate}, t.due_at, t.task_id LIMIT ${query.limit + 1}`)
}

export const findTask = (pg: PgRunner, scope: TaskScope, taskId: number, now: Date) =>
  pg.first<TaskRow>(sql`${selectTasks(now)} WHERE t.task_id = ${taskId}::bigint AND ${inScope(scope)}`)

/** Whether this person may take tasks from the pool of a unit. */
export async function mayTakeFrom(
  pg: PgRunner,
  staffId: number,
  orgId: number,
  day: string,
): Promise<boolean> {
  const row = await pg.first<{ may: boolean }>(sql`SELECT ${orgId}::int IN ${poolsOf(staffId, day)} AS may`)
  return row?.may ?? false
}

/** Counts for the head of a workbench; `timeZone` says where today begins. */
export async function countTasks(pg: PgRunner, scope: TaskScope, now: Date, timeZone: string) {
  const row = await pg.first<{ active: number; overdue: number; doneToday: number }>(sql`
    SELECT count(*) FILTER (WHERE ${isActive}) AS active,
      count(*) FILTER (WHERE ${isOverdueAt(now)}) AS overdue,
      count(*) FILTER (WHERE t.state IN ('won', 'lost')
        AND (t.updated_at AT TIME ZONE ${timeZone})::date = ${scope.day}::date) AS "doneToday"
    FROM task AS t WHERE ${inScope(scope)}`)
  return row ?? { active: 0, overdue: 0, doneToday: 0 }
}

/** Moves a task on, but only from where it was seen: false when somebody was faster. */
export async function moveTask(
  tx: PgRunner,
  seen: TaskRow,
  next: { state: TaskState; staffId: number; note: string; at: Date },
): Promise<boolean> {
  const moved = await tx.execute(sql`
    UPDATE task AS t SET state = ${next.state}, staff_id = ${next.staffId}, note = ${next.note}, updated_at = ${next.at}
    WHERE t.task_id = ${seen.task_id}::bigint AND t.state = ${seen.state}
      AND t.staff_id IS NOT DISTINCT FROM ${seen.staff_id}::int`)
  return moved === 1
}
