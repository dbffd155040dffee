import {
  type Channel,
  type ContactCap,
  channels,
  type GateCode,
  type GateDecision,
} from '#features/gate/common/gate.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
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

/** One call locks its customers while it decides; this many keep the wait of others short. */
const reserveBatch = 5000

const describeDecision = ({ customer_id, code, touch_id }: DecisionRow): GateDecision =>
  code
    ? { customerId: customer_id, outcome: 'refused', code }
    : { customerId: customer_id, outcome: 'reserved', touchId: touch_id }

/** An event for each refused row of `refused`. The same refusal is one event, however often the gate is asked. */
const insertStopped = (refused: Sql, campaignKey: string, at: Date): Sql => sql`
  INSERT INTO event_outbox (message_id, name, customer_id, occurred_at, properties)
  SELECT concat_ws('-', 'stopped', r.campaign_id, r.rung, r.channel, r.customer_id, r.code), 'touch_stopped',
    r.customer_id, ${at}::timestamptz,
    jsonb_build_object('code', r.code, 'channel', r.channel, 'campaign', ${campaignKey}::text)
  FROM ${refused} AS r WHERE r.code IS NOT NULL`

export function createGate(deps: { pg: Postgres; clock: Clock }): Gate {
  const { pg, clock } = deps

  const reserveSome = (tx: PgRunner, input: ReserveInput, customerIds: readonly number[], at: Date) =>
    tx.query<DecisionRow>(sql`
      WITH decision AS (
        SELECT d.customer_id, d.code, d.touch_id, ${input.campaignId}::int AS campaign_id, ${input.rung}::int AS rung,
          ${input.channel}::text AS channel
        FROM gate_reserve(${input.campaignId}::int, ${input.rung}::int, ${input.channel}::text,
          ${channels[input.channel].countsAsMessage}::boolean, ${customerIds}::bigint[], ${at}::timestamptz) AS d
      ), stopped AS (${insertStopped(sql`decision`, input.campaignKey, at)})
      SELECT d.customer_id, d.code, d.touch_id FROM decision AS d ORDER BY d.customer_id`)

  return {
    async reserve(tx, input) {
      // Ascending over all batches, so that the locks of one transaction stay in customer order.
      const customerIds = [...new Set(input.customerIds)].sort((one, other) => one - other)
      const at = clock.now()
      const decisions: GateDecision[] = []
      for (let from = 0; from < customerIds.length; from += reserveBatch) {
        const rows = await reserveSome(tx, input, customerIds.slice(from, from + reserveBatch), at)
        for (const row of rows) decisions.push(describeDecision(row))
      }
      return decisions
    },

    async recheck(tx, { campaignKey, touchIds }) {
      const rows = await tx.query<DecisionRow>(sql`
        WITH asked AS (
          SELECT t.touch_id, t.customer_id, t.campaign_id, t.rung, t.channel, s.code
          FROM touch AS t CROSS JOIN LATERAL gate_standing(ARRAY[t.customer_id]) AS s
          WHERE t.touch_id = ANY(${touchIds}::bigint[]) AND t.state = 'reserved'
          ORDER BY t.touch_id FOR UPDATE OF t
        ), released AS (
          UPDATE touch AS t SET state = 'released' FROM asked AS a
          WHERE t.touch_id = a.touch_id AND a.code IS NOT NULL
        ), stopped AS (${insertStopped(sql`asked`, campaignKey, clock.now())})
        SELECT a.customer_id, a.touch_id, a.code FROM asked AS a ORDER BY a.customer_id, a.touch_id`)
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
