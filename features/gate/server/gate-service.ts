import {
  type Channel,
  type ContactCap,
  channels,
  type GateCode,
  type GateDecision,
} from '#features/gate/common/gate.ts'
import { type OutboxEvent, writeOutbox } from '#features/gate/server/event-outbox.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** Whom to reach, in which channel, for which rung of which campaign. */
export type ReserveInput = {
  campaignId: number
  campaignKey: string
  rung: number
  channel: Channel
  customerIds: readonly number[]
}

/** The contact gate: the only door to a customer. */
export type Gate = {
  /**
   * Decides for every customer, in customer order, and reserves a touch for those allowed; each refusal is a
   * `touch_stopped` event. Asked again for the same campaign, rung, channel and customer it gives the same touch.
   * The customers stay locked until `tx` ends: ask for one set of customers a transaction, and end it soon.
   */
  reserve(tx: PgRunner, input: ReserveInput): Promise<GateDecision[]>
  /**
   * Asks again at send: touches of customers who may not be contacted any more are released and come back refused.
   * Call it before `commit`, in the sending transaction; touches already sent or released are left out of the answer.
   */
  recheck(tx: PgRunner, input: { campaignKey: string; touchIds: readonly number[] }): Promise<GateDecision[]>
  /** Marks reserved touches as sent; gives how many were. */
  commit(tx: PgRunner, touchIds: readonly number[]): Promise<number>
  /** Gives reserved touches back, so that they count under no cap; what was sent stays sent. Gives how many were. */
  release(tx: PgRunner, touchIds: readonly number[]): Promise<number>
  listCaps(): Promise<ContactCap[]>
}

type DecisionRow = { customer_id: number; code: GateCode | null; touch_id: number }
type RecheckRow = DecisionRow & { campaign_id: number; rung: number; channel: string }

/** One call locks its customers while it decides; this many keep the wait of others short. */
const reserveBatch = 5000

const describeDecision = ({ customer_id, code, touch_id }: DecisionRow): GateDecision =>
  code
    ? { customerId: customer_id, outcome: 'refused', code }
    : { customerId: customer_id, outcome: 'reserved', touchId: touch_id }

/** The same refusal of the same touch is one event, however often the gate is asked. */
const stoppedEvent = (
  row: { customer_id: number; code: GateCode; campaign_id: number; rung: number; channel: string },
  campaignKey: string,
  occurredAt: Date,
): OutboxEvent => ({
  name: 'touch_stopped',
  customerId: row.customer_id,
  messageId: `stopped-${row.campaign_id}-${row.rung}-${row.channel}-${row.customer_id}-${row.code}`,
  occurredAt,
  properties: { code: row.code, channel: row.channel, campaign: campaignKey },
})

const isRefused = <R extends DecisionRow>(row: R): row is R & { code: GateCode } => row.code !== null

export function createGate(deps: { pg: Postgres; clock: Clock }): Gate {
  const { pg, clock } = deps

  async function reserveBatchOf(tx: PgRunner, input: ReserveInput, customerIds: readonly number[], at: Date) {
    const { campaignId, rung, channel } = input
    const rows = await tx.query<DecisionRow>(sql`
      SELECT d.customer_id, d.code, d.touch_id FROM gate_reserve(${campaignId}::int, ${rung}::int, ${channel},
        ${channels[channel].countsAsMessage}::boolean, ${customerIds}::bigint[], ${at}::timestamptz) AS d
      ORDER BY d.customer_id`)
    const stopped = rows
      .filter(isRefused)
      .map((row) => stoppedEvent({ ...row, campaign_id: campaignId, rung, channel }, input.campaignKey, at))
    await writeOutbox(tx, stopped)
    return rows.map(describeDecision)
  }

  return {
    async reserve(tx, input) {
      // Ascending over all batches, so that the locks of one transaction stay in customer order.
      const customerIds = [...new Set(input.customerIds)].sort((one, other) => one - other)
      const at = clock.now()
      const decisions: GateDecision[] = []
      for (let from = 0; from < customerIds.length; from += reserveBatch) {
        const batch = customerIds.slice(from, from + reserveBatch)
        decisions.push(...(await reserveBatchOf(tx, input, batch, at)))
      }
      return decisions
    },

    async recheck(tx, { campaignKey, touchIds }) {
      const rows = await tx.query<RecheckRow>(sql`
        WITH asked AS (
          SELECT t.touch_id, t.customer_id, t.campaign_id, t.rung, t.channel, s.code
          FROM touch AS t CROSS JOIN LATERAL gate_standing(ARRAY[t.customer_id]) AS s
          WHERE t.touch_id = ANY(${touchIds}::bigint[]) AND t.state = 'reserved'
          ORDER BY t.touch_id FOR UPDATE OF t
        ), released AS (
          UPDATE touch AS t SET state = 'released' FROM asked AS a
          WHERE t.touch_id = a.touch_id AND a.code IS NOT NULL
        )
        SELECT a.* FROM asked AS a ORDER BY a.customer_id, a.touch_id`)
      const at = clock.now()
      await writeOutbox(
        tx,
        rows.filter(isRefused).map((row) => stoppedEvent(row, campaignKey, at)),
      )
      return rows.map(describeDecision)
    },

    commit: (tx, touchIds) =>
      tx.execute(sql`
        UPDATE touch AS t SET state = 'committed'
        WHERE t.touch_id = ANY(${touchIds}::bigint[]) AND t.state = 'reserved'`),

    release: (tx, touchIds) =>
      tx.execute(sql`
        UPDATE touch AS t SET state = 'released'
        WHERE t.touch_id = ANY(${touchIds}::bigint[]) AND t.state = 'reserved'`),

    listCaps: () =>
      pg.query<ContactCap>(sql`
        SELECT k.cap_id AS "capId", k.channel, k.window_minutes AS "windowMinutes", k.most FROM contact_cap AS k
        ORDER BY k.channel NULLS FIRST, k.window_minutes, k.cap_id`),
  }
}
