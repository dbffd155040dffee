import type { z } from 'zod'
import type { InboxItem, SlotContent } from '#features/delivery/common/delivery.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

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
