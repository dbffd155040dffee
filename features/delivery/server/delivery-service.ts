import type { z } from 'zod'
import type { InboxItem, SlotContent } from '#features/delivery/common/delivery.ts'
import { type OutboxEvent, writeOutbox } from '#features/gate/server/index.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

/** What the placements of one campaign show, from when to when (half-open), and whether they show anything now. */
export type PlacementContent = {
  campaignId: number
  campaignKey: string
  title: string
  body: string
  link: string
  liveFrom: Date
  liveTo: Date
  isLive: boolean
}
export type PlaceInput = {
  campaignId: number
  rung: number
  slot: string
  at: Date
  customerIds: readonly number[]
}
export type SendInboxInput = {
  campaignId: number
  campaignKey: string
  /** Touches of the channel `inbox` that the gate reserved; the customer is the touch's. */
  touchIds: readonly number[]
  title: string
  body: string
  link: string
  at: Date
}

/** What a customer sees of campaigns: placements in slots, messages in the inbox. */
export type Delivery = {
  /** Writes a campaign's content; call it at start, pause, resume and stop. */
  setContent(tx: PgRunner, content: PlacementContent): Promise<void>
  /** Shows or hides all placements of a campaign, without touching its content. */
  setLive(tx: PgRunner, campaignId: number, isLive: boolean): Promise<void>
  /** Places the campaign in a slot for these customers; gives how many were not placed there yet. */
  place(tx: PgRunner, input: PlaceInput): Promise<number>
  /** Ends placements of a campaign, all or those of some customers; gives how many. */
  closePlacements(tx: PgRunner, campaignId: number, customerIds?: readonly number[]): Promise<number>
  /** Puts a message into the inbox of each touch's customer, once a touch, with its `touch_sent` event; gives how many. */
  sendInbox(tx: PgRunner, input: SendInboxInput): Promise<number>
  /** What these slots show this customer now: at most one placement a slot. The gate is asked again. */
  slotsFor(customerId: number, slots: readonly string[]): Promise<z.infer<typeof SlotContent>[]>
  /** The customer's messages, newest first. */
  inboxOf(customerId: number): Promise<z.infer<typeof InboxItem>[]>
  /** Marks one message of this customer as read; the first time with a `touch_read` event. */
  markRead(customerId: number, messageId: string): Promise<void>
}

type SlotRow = {
  campaign_id: number
  campaign_key: string
  slot: string
  title: string
  body: string
  link: string
}
type InboxRow = {
  message_id: number
  touch_id: number
  campaign_key: string
  title: string
  body: string
  link: string
  sent_at: Date
  read_at: Date | null
}
type TouchRow = { touch_id: number; customer_id: number; campaign_key: string }

/** An inbox shows this many of the newest messages. */
const inboxSize = 100

const touchEvent = (name: 'touch_sent' | 'touch_read', row: TouchRow, occurredAt: Date): OutboxEvent => ({
  name,
  customerId: row.customer_id,
  messageId: `touch-${row.touch_id}-${name === 'touch_sent' ? 'sent' : 'read'}`,
  occurredAt,
  properties: { touch: String(row.touch_id), channel: 'inbox', campaign: row.campaign_key },
})

const describeMessage = (row: InboxRow): z.infer<typeof InboxItem> => ({
  messageId: String(row.message_id),
  title: row.title,
  body: row.body,
  link: row.link,
  sentAt: row.sent_at.toISOString(),
  readAt: row.read_at?.toISOString() ?? null,
  campaign: row.campaign_key,
  touch: String(row.touch_id),
})

export function createDelivery(deps: { pg: Postgres; clock: Clock; newId: () => string }): Delivery {
  return { ...createPlacements(deps), ...createInbox(deps) }
}

type Placements = Pick<Delivery, 'setContent' | 'setLive' | 'place' | 'closePlacements' | 'slotsFor'>

function createPlacements({
  pg,
  clock,
  newId,
}: {
  pg: Postgres
  clock: Clock
  newId: () => string
}): Placements {
  return {
    async setContent(tx, content) {
      await tx.execute(sql`
        INSERT INTO placement_content
          (campaign_id, campaign_key, title, body, link, live_from, live_to, is_live)
        VALUES (${content.campaignId}, ${content.campaignKey}, ${content.title}, ${content.body}, ${content.link},
          ${content.liveFrom}, ${content.liveTo}, ${content.isLive})
        ON CONFLICT (campaign_id) DO UPDATE SET campaign_key = excluded.campaign_key, title = excluded.title,
          body = excluded.body, link = excluded.link, live_from = excluded.live_from, live_to = excluded.live_to,
          is_live = excluded.is_live`)
    },

    async setLive(tx, campaignId, isLive) {
      await tx.execute(sql`
        UPDATE placement_content AS c SET is_live = ${isLive} WHERE c.campaign_id = ${campaignId}`)
    },

    place: (tx, { campaignId, rung, slot, at, customerIds }) =>
      tx.execute(sql`
        INSERT INTO placement AS p (campaign_id, customer_id, slot, rung, placed_at)
        SELECT DISTINCT ${campaignId}::int, u.id, ${slot}, ${rung}::int, ${at}::timestamptz
        FROM unnest(${customerIds}::bigint[]) AS u (id) ORDER BY 2
        ON CONFLICT (campaign_id, customer_id, slot)
          DO UPDATE SET rung = excluded.rung, placed_at = excluded.placed_at, closed_at = NULL
          WHERE p.closed_at IS NOT NULL`),

    closePlacements: (tx, campaignId, customerIds) =>
      tx.execute(sql`
        UPDATE placement AS p SET closed_at = ${clock.now()}
        WHERE p.campaign_id = ${campaignId} AND p.closed_at IS NULL
          AND ${customerIds ? sql`p.customer_id = ANY(${customerIds}::bigint[])` : sql`true`}`),

    async slotsFor(customerId, slots) {
      // The newest campaign wins a slot: the one live since latest, then the one made last.
      const rows = await pg.query<SlotRow>(sql`
        SELECT DISTINCT ON (p.slot) p.slot, c.campaign_id, c.campaign_key, c.title, c.body, c.link
        FROM placement AS p
        JOIN placement_content AS c ON c.campaign_id = p.campaign_id
        JOIN gate_standing(ARRAY[${customerId}]::bigint[]) AS g ON g.customer_id = p.customer_id AND g.code IS NULL
        WHERE p.customer_id = ${customerId} AND p.slot = ANY(${slots}::text[]) AND p.closed_at IS NULL
          AND c.is_live AND c.live_from <= ${clock.now()} AND c.live_to > ${clock.now()}
        ORDER BY p.slot, c.live_from DESC, c.campaign_id DESC`)
      const bySlot = new Map(rows.map((row) => [row.slot, row]))
      return [...new Set(slots)].flatMap((slot) => {
        const row = bySlot.get(slot)
        return row ? [describeSlot(row, newId())] : []
      })
    },
  }
}

const describeSlot = (row: SlotRow, decision: string): z.infer<typeof SlotContent> => ({
  slot: row.slot,
  placement: `${row.campaign_key}:${row.slot}`,
  content: { title: row.title, body: row.body, link: row.link },
  decision,
  campaign: row.campaign_key,
})

type InboxPart = Pick<Delivery, 'sendInbox' | 'inboxOf' | 'markRead'>

function createInbox({ pg, clock }: { pg: Postgres; clock: Clock }): InboxPart {
  return {
    async sendInbox(tx, input) {
      // The customer is the touch's own: nothing is sent that did not go through the gate.
      const sent = await tx.query<TouchRow>(sql`
        INSERT INTO inbox_message (campaign_id, customer_id, touch_id, campaign_key, title, body, link, sent_at)
        SELECT t.campaign_id, t.customer_id, t.touch_id, ${input.campaignKey}, ${input.title}, ${input.body},
          ${input.link}, ${input.at}::timestamptz
        FROM touch AS t
        WHERE t.touch_id = ANY(${input.touchIds}::bigint[]) AND t.campaign_id = ${input.campaignId}
          AND t.channel = 'inbox' AND t.state <> 'released'
        ORDER BY t.touch_id
        ON CONFLICT (touch_id) DO NOTHING
        RETURNING touch_id, customer_id, campaign_key`)
      await writeOutbox(
        tx,
        sent.map((row) => touchEvent('touch_sent', row, input.at)),
      )
      return sent.length
    },

    async inboxOf(customerId) {
      const rows = await pg.query<InboxRow>(sql`
        SELECT m.message_id, m.touch_id, m.campaign_key, m.title, m.body, m.link, m.sent_at, m.read_at
        FROM inbox_message AS m WHERE m.customer_id = ${customerId}
        ORDER BY m.sent_at DESC, m.message_id DESC LIMIT ${inboxSize}`)
      return rows.map(describeMessage)
    },

    async markRead(customerId, messageId) {
      // Anything else is the id of no message of ours.
      if (!/^[1-9]\d{0,14}$/.test(messageId)) return
      const at = clock.now()
      await pg.transaction(async (tx) => {
        const read = await tx.query<TouchRow>(sql`
          UPDATE inbox_message AS m SET read_at = ${at}
          WHERE m.message_id = ${messageId}::bigint AND m.customer_id = ${customerId} AND m.read_at IS NULL
          RETURNING m.touch_id, m.customer_id, m.campaign_key`)
        await writeOutbox(
          tx,
          read.map((row) => touchEvent('touch_read', row, at)),
        )
      })
    },
  }
}
