import type { z } from 'zod'
import type { Task, TaskQuery, TaskSummary, WorkTask } from '#features/tasks/common/task.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Page } from '#platform/common/http.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** Masked names of the customers in scope, by customer id. */
export type CustomerNames = {
  names(scope: OrgScope, customerIds: readonly number[]): Promise<ReadonlyMap<number, string>>
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
}
