/** Any JSON object: properties of an event, traits of a customer, context of a message. */
export type JsonObject = Record<string, unknown>

/** One message as it goes over the wire. The customer token is added only while sending. */
export interface Message {
  type: 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias'
  messageId: string
  timestamp: string
  event?: string
  name?: string
  userId?: string
  anonymousId?: string
  previousId?: string
  groupId?: string
  properties?: JsonObject
  traits?: JsonObject
  context: JsonObject
}

/** A message that will never be accepted: the server or the SDK refused it, and sending it again cannot help. */
export interface Rejection {
  messageId: string
  code: string
  detail: string
  message: Message
}

/** Why messages were given up: the queue was full, consent was withdrawn, or the client closed with no durable storage. */
export type DropReason = 'queue_full' | 'consent' | 'closed'

/** What one person's messages have in common. Lives in memory only, because it holds the token. */
export interface Session {
  userId?: string
  token?: string
  /** When the token stops to prove anything, as far as it says so itself. */
  expiresAt?: number
  /** The bank is being asked; two requests at once ask it once. */
  fetching?: Promise<void>
  /** A token asked for at the moment of log-out, when none was known yet. */
  lastToken?: Promise<void>
  /** An ended session keeps the token it had, for its own unsent messages, and never asks for another. */
  isOver: boolean
  /** After log-out the bank's `customerToken` is not asked until somebody is identified again. */
  isLoggedOut: boolean
}

/** Starts a session nobody has ended. */
export function newSession(fields: Partial<Session> = {}): Session {
  return { isOver: false, isLoggedOut: false, ...fields }
}

/** Told to `onError` when messages are lost for good: `code` says why, `rejection` names the one the server refused. */
export class ZhikeLossError extends Error {
  readonly code: string
  readonly count: number
  readonly rejection?: Rejection
  constructor(code: string, count: number, detail: string, rejection?: Rejection) {
    super(detail)
    this.name = 'ZhikeLossError'
    this.code = code
    this.count = count
    this.rejection = rejection
  }
}
