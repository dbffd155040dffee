/** What the server decided to show in one slot. Pass it back to `exposed` and `clicked`. */
export interface Slot {
  slot: string
  placement: string
  content: { title: string; body: string; link: string; [field: string]: unknown }
  decision: string
  campaign: string | null
}

/** One message in the customer's inbox. */
export interface InboxItem {
  messageId: string
  title: string
  body: string
  link: string | null
  sentAt: string
  readAt: string | null
  campaign: string | null
  touch: string | null
}

/** The properties of `slot_exposed` and `slot_clicked`. Flat, so that tags and rules can compare them. */
export function slotProperties({ slot, placement, content, decision, campaign }: Slot) {
  const named = content.key ?? content.id ?? content.title
  return { slot, placement, content: named, decision, campaign }
}
