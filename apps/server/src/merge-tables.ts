import type { MergeTable } from '#features/customers/server/index.ts'

/**
 * What follows a customer into a merge of numbers, and back out of it. Where the survivor has its own of a campaign, the
 * other's stays where it is: nobody is reached twice, and the arm that was treated counts.
 */
export const mergeTables: readonly MergeTable[] = [
  { table: 'task', key: ['task_id'], unique: ['campaign_id'] },
  { table: 'campaign_run', key: ['campaign_id'], unique: ['campaign_id'] },
  { table: 'placement', key: ['campaign_id', 'slot'], unique: ['campaign_id', 'slot'] },
  { table: 'touch', key: ['touch_id'], unique: ['campaign_id', 'rung', 'channel'] },
  { table: 'inbox_message', key: ['message_id'], unique: [] },
]
