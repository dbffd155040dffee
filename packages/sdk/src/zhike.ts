import type { ConsentState } from './consent.ts'
import type { DropReason, JsonObject, Rejection } from './message.ts'
import type { Scheduler } from './scheduler.ts'
import type { TokenProvider } from './sessions.ts'
import type { InboxItem, Slot } from './slot.ts'
import type { ZhikeStorage } from './storage.ts'

/** How to reach the server, and what to do with what happens on the way. */
export interface ZhikeOptions {
  /** Where the server is, such as `https://zhike.bank.example`. */
  host: string
  writeKey: string
  app?: { name: string; version: string }
  /** So many waiting messages are sent at once. */
  flushAt?: number
  /** No message waits longer than this before the first attempt. */
  flushIntervalMs?: number
  /** Over one of these bounds the oldest waiting messages are dropped. */
  maxQueue?: number
  maxQueueBytes?: number
  requestTimeoutMs?: number
  /** Holds until `setConsent` records an answer on this device. Only `granted` lets anything leave; `denied` always wins. */
  consent?: ConsentState
  /** What becomes of messages made while consent is pending: kept in memory only, kept in storage, or not made at all. */
  beforeConsent?: 'memory' | 'storage' | 'drop'
  /** Log-out also renews the visitor, so that the next person on the device is somebody else. */
  newVisitorOnReset?: boolean
  /** Whether `identify` holds for the messages that follow. Off on servers, where one client speaks for many. */
  isIdentityRemembered?: boolean
  /** Fetches a customer token (JWT) signed by the bank; asked again before one expires. It is never stored. */
  customerToken?: TokenProvider
  /** The server or the SDK refused a message for good. */
  onRejected?: (rejection: Rejection) => void
  /** Messages were given up undelivered. */
  onDropped?: (count: number, reason: DropReason) => void
  /**
   * Everything that goes wrong: what the SDK copes with, such as a request that will be retried or a full storage, and, as
   * `ZhikeLossError`, what was rejected or dropped.
   */
  onError?: (error: unknown) => void
  storage?: ZhikeStorage
  /** Milliseconds since 1970. */
  now?: () => number
  newId?: () => string
  random?: () => number
  scheduler?: Scheduler
}

/** What one message may say differently from the client. */
export interface MessageOptions {
  /** Names the customer of this message only. The client's visitor id is then left out: it is another person's. */
  userId?: string
  anonymousId?: string
  timestamp?: Date
  context?: JsonObject
}

/** Events nobody has planned: any name, any properties. */
export type AnyEvents = Record<string, JsonObject>

/** Properties may be left out where none is required. */
type TrackArguments<Properties> =
  Partial<Properties> extends Properties
    ? [properties?: Properties, options?: MessageOptions]
    : [properties: Properties, options?: MessageOptions]

/**
 * One client: one queue, one visitor, and the customer who is logged in. With the types that `npx zhike plan types` prints
 * (`createZhike<ZhikeEvents>()`), `track` takes only planned events with their properties.
 */
export interface Zhike<Events extends object = AnyEvents> {
  track<Name extends keyof Events & string>(event: Name, ...rest: TrackArguments<Events[Name]>): void
  /** For an event the plan does not know (yet). */
  trackUntyped(event: string, properties?: JsonObject, options?: MessageOptions): void
  page(name?: string, properties?: JsonObject, options?: MessageOptions): void
  screen(name?: string, properties?: JsonObject, options?: MessageOptions): void
  /** The visitor is this customer. Public keys need the bank's token as proof. */
  identify(userId: string, traits?: JsonObject, options?: MessageOptions & { token?: string }): void
  /**
   * Log-in by the bank's token alone, which names the customer. Given a function, it is asked now and again before each
   * token expires, until log-out. Never rejects; the promise tells when the customer is known.
   */
  setCustomer(token: string | TokenProvider): Promise<void>
  group(groupId: string, traits?: JsonObject, options?: MessageOptions): void
  alias(userId: string, previousId?: string, options?: MessageOptions): void
  /** Log-out. Holds at once; the promise tells when what was waiting has had its attempt. */
  reset(): Promise<void>
  /** One attempt to send everything. Never rejects; what cannot be sent stays in the queue. */
  flush(): Promise<void>
  /** Resolves when everything tracked so far would survive a power cut, as far as the storage can promise it. */
  saved(): Promise<void>
  /** What to show in these places: to the customer who is logged in, or to the one whose token is given. */
  slots(names: string[], options?: { token?: string }): Promise<Slot[]>
  exposed(slot: Slot, options?: MessageOptions): void
  clicked(slot: Slot, options?: MessageOptions): void
  closed(slot: Slot, options?: MessageOptions): void
  inbox(): Promise<InboxItem[]>
  readInbox(messageId: string): Promise<void>
  consent(): ConsentState
  /** Records the person's answer on this device. `denied` sends nothing and forgets the queue and all ids. */
  setConsent(answer: 'granted' | 'denied'): void
  close(): Promise<void>
}
