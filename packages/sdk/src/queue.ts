import type { DropReason, Message, Session } from './message.ts'
import type { ZhikeStorage } from './storage.ts'
import { byteLength } from './text-bytes.ts'

/** A message waiting to be delivered, with the session that may prove it. */
export interface Entry {
  message: Message
  bytes: number
  /** Absent for a message read back from storage. */
  session?: Session
}

export interface QueueOptions {
  maxQueue: number
  maxQueueBytes: number
  onDropped: (count: number, reason: DropReason) => void
  onError: (error: unknown) => void
}

export type Queue = ReturnType<typeof createQueue>

/** The waiting messages in the order they were made, bounded, mirrored to a storage once one may be used. */
export function createQueue({ maxQueue, maxQueueBytes, onDropped, onError }: QueueOptions) {
  let entries: Entry[] = []
  let total = 0
  let storage: ZhikeStorage | undefined
  let opening: Promise<void> | undefined
  const inFlight = new Set<string>()

  /** A full disk or a blocked localStorage must not break the page; the message still waits in memory. */
  function store(write: (storage: ZhikeStorage) => void) {
    if (!storage) return
    try {
      write(storage)
    } catch (error) {
      onError(error)
    }
  }

  /** What is on its way may well arrive, so the oldest that is not goes first. */
  function dropOverflow() {
    const dropped: string[] = []
    while (entries.length > maxQueue || (total > maxQueueBytes && entries.length > 1)) {
      const oldestWaiting = entries.findIndex((entry) => !inFlight.has(entry.message.messageId))
      const [entry] = entries.splice(Math.max(oldestWaiting, 0), 1)
      total -= entry!.bytes
      dropped.push(entry!.message.messageId)
    }
    if (dropped.length === 0) return
    store((to) => to.remove(dropped))
    onDropped(dropped.length, 'queue_full')
  }

  function replace(next: Entry[]) {
    entries = next
    total = next.reduce((sum, entry) => sum + entry.bytes, 0)
  }

  function prepend(messages: Message[]) {
    const known = new Set(entries.map((entry) => entry.message.messageId))
    const older = messages
      .filter((message) => !known.has(message.messageId))
      .map((message) => ({ message, bytes: byteLength(JSON.stringify(message)) }))
    replace([...older, ...entries])
    dropOverflow()
  }

  return {
    size: () => entries.length,
    /** Resolves when the messages of earlier runs are in front of the new ones. */
    opened: () => opening ?? Promise.resolve(),

    attach(to: ZhikeStorage) {
      const found = to.open()
      storage = to
      for (const { message } of entries) store((s) => s.append(message))
      if (Array.isArray(found)) prepend(found)
      else opening = found.then(prepend, onError)
    },

    /** Stops using the storage and forgets everything, there too. */
    forget() {
      const count = entries.length
      replace([])
      store((from) => from.clear())
      storage = undefined
      if (count > 0) onDropped(count, 'consent')
    },

    async adopt() {
      const adopted = await storage?.adopt?.().catch(onError)
      // Consent may have been withdrawn while the locks were asked for.
      if (adopted && storage) prepend(adopted)
    },

    push(entry: Entry) {
      entries.push(entry)
      total += entry.bytes
      store((to) => to.append(entry.message))
      dropOverflow()
    },

    /** The oldest entries within the limits; at least one, however large, unless it is skipped. */
    take(limit: { count: number; bytes: number; isSkippingInFlight?: boolean }): Entry[] {
      const batch: Entry[] = []
      let bytes = 0
      for (const entry of entries) {
        if (limit.isSkippingInFlight && inFlight.has(entry.message.messageId)) continue
        bytes += entry.bytes + (entry.session?.token?.length ?? 0) + 32
        if (batch.length >= limit.count || (batch.length > 0 && bytes > limit.bytes)) break
        batch.push(entry)
      }
      return batch
    },

    markInFlight: (batch: Entry[]) => batch.forEach((entry) => void inFlight.add(entry.message.messageId)),
    unmarkInFlight: (batch: Entry[]) =>
      batch.forEach((entry) => void inFlight.delete(entry.message.messageId)),

    remove(batch: Entry[]) {
      const ids = new Set(batch.map((entry) => entry.message.messageId))
      replace(entries.filter((entry) => !ids.has(entry.message.messageId)))
      store((from) => from.remove([...ids]))
    },

    /** Another tab took these while this page was frozen, and will send them. */
    leaveToOthers(ids: Set<string>) {
      replace(entries.filter((entry) => !ids.has(entry.message.messageId)))
    },

    /** Completes waiting messages with what may be known only now, such as the visitor's id in storage. */
    restamp(complete: (message: Message) => void) {
      for (const { message } of entries) complete(message)
    },
  }
}
