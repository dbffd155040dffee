import { type OutboxEvent, writeOutbox } from '#features/gate/server/index.ts'
import { activeStates, type TaskState } from '#features/tasks/common/task.ts'
import type { Tasks } from '#features/tasks/server/task-service.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'

type LeadRow = {
  task_id: number
  customer_id: number
  org_id: number
  staff_id: number | null
  campaign_key: string
}
type LeadStep = 'created' | 'accepted' | 'contacted' | 'closed'

/** The event of one step. A task is in each state at most once, so task and step name the event. */
export const leadEvent = (
  step: LeadStep,
  row: LeadRow,
  occurredAt: Date,
  outcome?: TaskState,
): OutboxEvent => ({
  name: `lead_${step}`,
  customerId: row.customer_id,
  messageId: `lead-${row.task_id}-${step}`,
  occurredAt,
  properties: {
    lead: String(row.task_id),
    org: row.org_id,
    ...(row.staff_id === null ? {} : { staff: row.staff_id }),
    campaign: row.campaign_key,
    ...(outcome ? { outcome } : {}),
  },
})

/** The step of a lead that reaching a state is. */
export const leadSteps: Partial<Record<TaskState, LeadStep>> = {
  accepted: 'accepted',
  contacted: 'contacted',
  won: 'closed',
  lost: 'closed',
}

/** Making and cancelling the tasks of campaigns, many at a time. */
export function createTaskMaking({ clock }: { clock: Clock }): Pick<Tasks, 'createMany' | 'cancelOpen'> {
  return {
    async createMany(tx, input) {
      const at = clock.now()
      const made = await tx.query<LeadRow>(sql`
        INSERT INTO task (campaign_id, customer_id, org_id, staff_id, title, reason, campaign_key, campaign_name,
          offer_title, offer_body, due_at, created_at, updated_at)
        SELECT ${input.campaignId}::int, c.customer_id, c.org_id, s.staff_id, ${input.title}, ${input.reason},
          ${input.campaignKey}, ${input.campaignName}, ${input.offerTitle}, ${input.offerBody},
          ${input.dueAt}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
        FROM customer AS c
        -- Somebody who has left does nothing any more: the pool has it.
        LEFT JOIN staff AS s ON s.staff_id = c.rm_staff_id AND s.state = 'active'
        WHERE c.customer_id = ANY(${input.customerIds}::bigint[])
        ORDER BY c.customer_id
        ON CONFLICT (campaign_id, customer_id) DO NOTHING
        RETURNING task_id, customer_id, org_id, staff_id, campaign_key`)
      await writeOutbox(
        tx,
        made.map((row) => leadEvent('created', row, at)),
      )
      return made.length
    },

    async cancelOpen(tx, campaignId, customerIds) {
      const at = clock.now()
      const cancelled = await tx.query<LeadRow>(sql`
        UPDATE task AS t SET state = 'cancelled', updated_at = ${at}
        WHERE t.campaign_id = ${campaignId} AND t.state = ANY(${activeStates}::text[])
          AND ${customerIds ? sql`t.customer_id = ANY(${customerIds}::bigint[])` : sql`true`}
        RETURNING t.task_id, t.customer_id, t.org_id, t.staff_id, t.campaign_key`)
      await writeOutbox(
        tx,
        cancelled.map((row) => leadEvent('closed', row, at, 'cancelled')),
      )
      return cancelled.length
    },
  }
}
