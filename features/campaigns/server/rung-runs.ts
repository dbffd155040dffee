import type { OwnCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import type { Delivery } from '#features/delivery/server/index.ts'
import type { GateCode, GateDecision } from '#features/gate/common/gate.ts'
import type { Gate } from '#features/gate/server/index.ts'
import type { Tasks } from '#features/tasks/server/index.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

export type RungDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  gate: Pick<Gate, 'reserve' | 'commit'>
  delivery: Pick<Delivery, 'place' | 'sendInbox' | 'closePlacements'>
  tasks: Pick<Tasks, 'createMany'>
  /** Customers of one transaction: the gate locks them, so it must be short. */
  batchSize: number
}

/** Whether the campaign runs now; it can't be paused, stopped or ended until the transaction is over. */
export async function holdRunning(tx: PgRunner, campaign: OwnCampaignRow): Promise<boolean> {
  const row = await tx.first<{ state: string }>(
    sql`SELECT c.state FROM campaign AS c WHERE c.campaign_id = ${campaign.campaign_id} FOR SHARE`,
  )
  return row?.state === 'running'
}

/** Takes runs that have done the rung before this one; what another worker holds is left to it. Never control. */
export async function takeRuns(
  tx: PgRunner,
  campaign: OwnCampaignRow,
  input: { rung: number; only: Sql; limit: number },
): Promise<number[]> {
  const rows = await tx.query<{ customer_id: number }>(sql`
    SELECT r.customer_id FROM campaign_run AS r
    WHERE r.campaign_id = ${campaign.campaign_id} AND r.rung = ${input.rung - 1} AND NOT r.is_control
      AND r.state IN ('waiting', 'placed', 'escalated') AND ${input.only}
    ORDER BY r.customer_id LIMIT ${input.limit} FOR UPDATE SKIP LOCKED`)
  return rows.map((row) => row.customer_id)
}

export type Decided = {
  reserved: { customerId: number; touchId: number }[]
  refused: { customerId: number; code: GateCode }[]
}

/** Sorts the gate's decisions. */
export const decided = (decisions: readonly GateDecision[]): Decided => ({
  reserved: decisions.flatMap((one) => (one.outcome === 'reserved' ? [one] : [])),
  refused: decisions.flatMap((one) => (one.outcome === 'refused' ? [one] : [])),
})

export const customersOf = (some: readonly { customerId: number }[]): number[] =>
  some.map((one) => one.customerId)
export const touchesOf = (some: readonly { touchId: number }[]): number[] => some.map((one) => one.touchId)

/** Moves runs on to a rung they have done; where the next rung waits for nothing, it is due at once. */
export async function passRung(
  tx: PgRunner,
  campaign: OwnCampaignRow,
  input: { rung: number; state: 'placed' | 'escalated'; customerIds: readonly number[]; at: Date },
): Promise<void> {
  const isNextDue = campaign.body.rungs[input.rung + 1]?.kind === 'place'
  await tx.execute(sql`
    UPDATE campaign_run AS r SET rung = ${input.rung}, state = ${input.state},
      due_at = ${isNextDue ? input.at : null}::timestamptz
    WHERE r.campaign_id = ${campaign.campaign_id} AND r.customer_id = ANY(${[...input.customerIds]}::bigint[])`)
}

/** Notes the gate's refusals; `ends` says whether the run stops there or only a message was not sent. */
export async function noteRefused(
  tx: PgRunner,
  campaign: OwnCampaignRow,
  refused: Decided['refused'],
  ends: boolean,
): Promise<void> {
  if (refused.length === 0) return
  await tx.execute(sql`
    UPDATE campaign_run AS r SET gate_code = x.code,
      state = CASE WHEN ${ends} THEN 'stopped' ELSE r.state END, due_at = CASE WHEN ${ends} THEN NULL ELSE r.due_at END
    FROM unnest(${customersOf(refused)}::bigint[], ${refused.map((one) => one.code)}::text[]) AS x (customer_id, code)
    WHERE r.campaign_id = ${campaign.campaign_id} AND r.customer_id = x.customer_id`)
}
