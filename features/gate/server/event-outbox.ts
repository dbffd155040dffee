import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** An event the platform itself makes. Its message id follows from what happened, so that a repeat counts once. */
export type OutboxEvent = {
  name: string
  customerId: number
  messageId: string
  occurredAt: Date
  properties: Record<string, string | number>
}

export type OutboxShipper = {
  /** Ships everything that waits; gives how many events. */
  ship(): Promise<number>
}

type OutboxRow = {
  outbox_id: number
  message_id: string
  name: string
  customer_id: number
  occurred_at: Date
  properties: OutboxEvent['properties']
}

const shipBatch = 2000

/** Writes events in the transaction that decides them: they exist exactly when the decision does. */
export async function writeOutbox(tx: PgRunner, events: readonly OutboxEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx.execute(sql`
    INSERT INTO event_outbox (message_id, name, customer_id, occurred_at, properties)
    SELECT e."messageId", e.name, e."customerId", e."occurredAt", e.properties
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS e
      ("messageId" text, name text, "customerId" bigint, "occurredAt" timestamptz, properties jsonb)`)
}

/**
 * Ships waiting events to the event road. An event leaves the outbox only after `append` has acknowledged it as durable;
 * after a crash in between it is appended again under the same message id.
 */
export function createOutboxShipper(deps: {
  pg: Postgres
  append: (events: OutboxEvent[]) => Promise<void>
}): OutboxShipper {
  const { pg, append } = deps

  const shipSome = () =>
    pg.transaction(async (tx) => {
      // Held while appending: a second shipper takes other rows.
      const rows = await tx.query<OutboxRow>(sql`
        SELECT o.outbox_id, o.message_id, o.name, o.customer_id, o.occurred_at, o.properties FROM event_outbox AS o
        ORDER BY o.outbox_id LIMIT ${shipBatch} FOR UPDATE SKIP LOCKED`)
      if (rows.length === 0) return 0
      await append(rows.map(describeEvent))
      await tx.execute(sql`
        DELETE FROM event_outbox AS o WHERE o.outbox_id = ANY(${rows.map((row) => row.outbox_id)}::bigint[])`)
      return rows.length
    })

  return {
    async ship() {
      let shipped = 0
      for (let taken = shipBatch; taken === shipBatch; ) {
        taken = await shipSome()
        shipped += taken
      }
      return shipped
    },
  }
}

const describeEvent = (row: OutboxRow): OutboxEvent => ({
  name: row.name,
  customerId: row.customer_id,
  messageId: row.message_id,
  occurredAt: row.occurred_at,
  properties: row.properties,
})
