import type { Recorder } from './recorder.ts'
import type { createSessions } from './sessions.ts'
import { type InboxItem, type Slot, slotProperties } from './slot.ts'
import type { Transport } from './transport.ts'
import type { Zhike } from './zhike.ts'

/** The decisions shown now, by the name of their slot; auto-capture finds them here. */
export interface PlacedSlots {
  find(name: string): Slot | undefined
  forget(): void
  /** Tells when new ones have come. Returns the way to stop. */
  listen(tell: () => void): () => void
}

function createPlacedSlots() {
  const slots = new Map<string, Slot>()
  const listeners = new Set<() => void>()
  return {
    find: (name: string) => slots.get(name),
    forget: () => slots.clear(),
    listen(tell: () => void) {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    place(placed: Slot[]) {
      for (const slot of placed) slots.set(slot.slot, slot)
      for (const tell of listeners) tell()
    },
  }
}

export interface SlotCallOptions {
  sessions: ReturnType<typeof createSessions>
  transport: Transport
  record: Recorder['record']
  isAllowed: () => boolean
}

type SlotCalls = Pick<Zhike, 'slots' | 'exposed' | 'clicked' | 'closed' | 'inbox' | 'readInbox'>

/** What the server decided for the customer in front of the screen, and what became of it. */
export function createSlotCalls({ sessions, transport, record, isAllowed }: SlotCallOptions) {
  const placed = createPlacedSlots()

  async function call(method: 'GET' | 'POST', path: string, token?: string) {
    if (!isAllowed()) return undefined
    if (token) return transport.call(method, path, token)
    const session = sessions.current()
    await sessions.refreshToken(session)
    if (!isAllowed() || session !== sessions.current()) return undefined
    const answer = await transport.call(method, path, session.token)
    // Somebody else may be in front of the screen by now.
    return session === sessions.current() ? answer : undefined
  }

  const tell =
    (event: string): SlotCalls['exposed'] =>
    (slot, about) =>
      record({ type: 'track', event, properties: slotProperties(slot) }, about)

  const calls: SlotCalls = {
    async slots(names, { token } = {}) {
      const query = names.map((name) => `slot=${encodeURIComponent(name)}`).join('&')
      const answer = await call('GET', `/v1/slots?${query}`, token)
      const slots = (answer?.slots as Slot[] | undefined) ?? []
      if (!token) placed.place(slots)
      return slots
    },
    exposed: tell('slot_exposed'),
    clicked: tell('slot_clicked'),
    closed: tell('slot_closed'),
    async inbox() {
      const answer = await call('GET', '/v1/inbox')
      return (answer?.items as InboxItem[] | undefined) ?? []
    },
    async readInbox(messageId) {
      await call('POST', `/v1/inbox/${encodeURIComponent(messageId)}/read`)
    },
  }
  return { calls, placed }
}
