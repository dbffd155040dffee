import { type DropReason, type JsonObject, type Message, newSession, type Rejection } from './message.ts'
import { randomId } from './new-id.ts'
import { byteLength, createQueue } from './queue.ts'
import { type Scheduler, systemScheduler } from './scheduler.ts'
import { createSender } from './sender.ts'
import { createSessions } from './sessions.ts'
import { type InboxItem, type Slot, slotProperties } from './slot.ts'
import type { ZhikeStorage } from './storage.ts'
import { createTransport } from './transport.ts'

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
  /** Over this bound the oldest waiting messages are dropped. */
  maxQueue?: number
  requestTimeoutMs?: number
  /** Nothing is stored or sent, slots and inbox included, before `consent(true)`. */
  requireConsent?: boolean
  /** Log-out also renews the visitor, so that the next person on the device is somebody else. */
  newVisitorOnReset?: boolean
  /** Whether `identify` holds for the messages that follow. Off on servers, where one client speaks for many. */
  isIdentityRemembered?: boolean
  /** Fetches a fresh customer token (JWT) signed by the bank. It is never stored. */
  customerToken?: () => Promise<string | undefined>
  /** The server or the SDK refused a message for good. */
  onRejected?: (rejection: Rejection) => void
  /** Messages were given up undelivered. */
  onDropped?: (count: number, reason: DropReason) => void
  /** Something failed that the SDK copes with: a request that will be retried, a full storage. */
  onError?: (error: unknown) => void
  storage?: ZhikeStorage
  fetch?: typeof fetch
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

/** What an entry point knows about the platform it runs on. */
export interface Platform {
  storage: () => ZhikeStorage
  context?: () => JsonObject
  isOnline?: () => boolean
  /** Connects the client to the life of the page. Returns the way to disconnect. */
  connect?: (client: { zhike: Zhike; life: PageLife }) => () => void
}

/** What happens to a page, told to the client. */
export interface PageLife {
  hidden(): void
  frozen(): void
  thawed(): void
  shown(): void
  online(): void
}

/** One client: one queue, one visitor, and the customer who is logged in. */
export interface Zhike {
  track(event: string, properties?: JsonObject, options?: MessageOptions): void
  page(name?: string, properties?: JsonObject, options?: MessageOptions): void
  screen(name?: string, properties?: JsonObject, options?: MessageOptions): void
  /** The visitor is this customer. Public keys need the bank's token as proof. */
  identify(userId: string, traits?: JsonObject, options?: MessageOptions & { token?: string }): void
  group(groupId: string, traits?: JsonObject, options?: MessageOptions): void
  alias(userId: string, previousId?: string, options?: MessageOptions): void
  /** Log-out. Holds at once; the promise tells when what was waiting has had its attempt. */
  reset(): Promise<void>
  /** One attempt to send everything. Never rejects; what cannot be sent stays in the queue. */
  flush(): Promise<void>
  slots(names: string[]): Promise<Slot[]>
  exposed(slot: Slot): void
  clicked(slot: Slot): void
  inbox(): Promise<InboxItem[]>
  readInbox(messageId: string): Promise<void>
  /** `false` sends nothing, stores nothing and forgets what was waiting. */
  consent(isGranted: boolean): void
  close(): Promise<void>
}

const version = '0.1.0'
const maxMessageBytes = 32 * 1024

/** Puts the core together for one platform. */
export function createClient(options: ZhikeOptions, platform: Platform): Zhike {
  const { app, onRejected = () => {}, onDropped = () => {}, onError = () => {} } = options
  const { now = Date.now, newId = randomId, random = Math.random, scheduler = systemScheduler } = options
  const isIdentityRemembered = options.isIdentityRemembered ?? true
  const storage = options.storage ?? platform.storage()
  let consentState: 'unknown' | 'granted' | 'denied' = options.requireConsent ? 'unknown' : 'denied'
  let anonymousId = newId()
  /** Until the storage may be read, the visitor may turn out to be one known from before. */
  let isVisitorProvisional = true
  let isClosed = false

  const queue = createQueue({ maxQueue: options.maxQueue ?? 1000, onDropped, onError })
  const sessions = createSessions(options.customerToken)
  const transport = createTransport({
    host: options.host,
    writeKey: options.writeKey,
    // Looked up at each call: tools that replace fetch come later than the SDK.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now,
    scheduler,
    timeoutMs: options.requestTimeoutMs ?? 15_000,
  })
  const sender = createSender({
    queue,
    transport,
    scheduler,
    random,
    flushAt: options.flushAt ?? 20,
    flushIntervalMs: options.flushIntervalMs ?? 2000,
    refreshToken: sessions.refreshToken,
    sessionOf: ({ session, message }) => session ?? sessions.find(message.userId),
    isOnline: platform.isOnline ?? (() => true),
    onRejected,
    onError,
  })

  function attempt<T>(use: () => T): T | undefined {
    try {
      return use()
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  /** Who the message is about. A message about another customer says nothing of this visitor. */
  function subject(about: MessageOptions) {
    const current = sessions.current()
    const userId = about.userId ?? (about.anonymousId ? undefined : current.userId)
    const isOwn = userId === current.userId && !about.anonymousId
    return { userId, isOwn, anonymousId: about.anonymousId ?? (isOwn ? anonymousId : undefined) }
  }

  function enqueue(
    fields: Partial<Message> & Pick<Message, 'type'>,
    about: MessageOptions = {},
    token?: string,
  ) {
    if (consentState === 'denied' || isClosed) return
    const { userId, isOwn, anonymousId: visitor } = subject(about)
    const message: Message = {
      ...fields,
      userId,
      anonymousId: visitor,
      context: {
        library: { name: '@zhike/sdk', version },
        app,
        ...platform.context?.(),
        ...about.context,
      },
      messageId: newId(),
      // An invalid date must not throw into the page; the server corrects clocks anyway.
      timestamp: new Date(about.timestamp?.getTime() || now()).toISOString(),
    }
    const session = isOwn ? sessions.current() : newSession({ userId, token, isOver: true })
    const refuse = (code: string, detail: string) =>
      onRejected({ messageId: message.messageId, code, detail, message })
    let text: string
    try {
      text = JSON.stringify(message)
    } catch (error) {
      return refuse('NOT_SERIALISABLE', String(error))
    }
    const bytes = byteLength(text)
    if (bytes > maxMessageBytes)
      return refuse('TOO_LARGE', `${bytes} bytes; the limit is ${maxMessageBytes}.`)
    // A copy, because the caller may go on changing its properties.
    queue.push({ message: JSON.parse(text) as Message, bytes, session })
    sender.added()
  }

  /** A server's own id is no visitor: tying it to a customer would tie all customers together. */
  const ownVisitor = () => (isIdentityRemembered ? anonymousId : undefined)

  function renewVisitor(id: string) {
    anonymousId = id
    isVisitorProvisional = false
    if (consentState === 'granted') attempt(() => storage.writeVisitor(id))
  }

  function endSession() {
    sessions.end()
    if (options.newVisitorOnReset ?? true) renewVisitor(newId())
  }

  function openStorage() {
    const known = isVisitorProvisional ? attempt(() => storage.readVisitor()) : undefined
    if (known) queue.restampVisitor(anonymousId, known)
    renewVisitor(known ?? anonymousId)
    queue.attach(storage)
  }

  async function callForCustomer(method: 'GET' | 'POST', path: string) {
    if (consentState !== 'granted' || isClosed) return undefined
    const session = sessions.current()
    await sessions.refreshToken(session)
    if (consentState !== 'granted' || session !== sessions.current()) return undefined
    const answer = await transport.call(method, path, session.token)
    // Somebody else may be in front of the screen by now.
    return session === sessions.current() ? answer : undefined
  }

  const zhike: Zhike = {
    track: (event, properties, about) => enqueue({ type: 'track', event, properties }, about),
    page: (name, properties, about) => enqueue({ type: 'page', name, properties }, about),
    screen: (name, properties, about) => enqueue({ type: 'screen', name, properties }, about),
    identify(userId, traits, { token, ...about } = {}) {
      if (consentState === 'denied' || isClosed) return
      if (!isIdentityRemembered) return enqueue({ type: 'identify', traits }, { ...about, userId }, token)
      const before = sessions.current().userId
      // Another customer without a log-out in between is still another person.
      if (before !== undefined && before !== userId) endSession()
      sessions.identify(userId, token)
      enqueue({ type: 'identify', traits }, about)
    },
    group: (groupId, traits, about) => enqueue({ type: 'group', groupId, traits }, about),
    alias: (userId, previousId, about) =>
      enqueue({ type: 'alias', previousId: previousId ?? ownVisitor() }, { ...about, userId }),
    reset() {
      endSession()
      return sender.flush()
    },
    flush: sender.flush,
    async slots(names) {
      const query = names.map((name) => `slot=${encodeURIComponent(name)}`).join('&')
      const answer = await callForCustomer('GET', `/v1/slots?${query}`)
      return (answer?.slots as Slot[] | undefined) ?? []
    },
    exposed: (slot) => zhike.track('slot_exposed', slotProperties(slot)),
    clicked: (slot) => zhike.track('slot_clicked', slotProperties(slot)),
    async inbox() {
      const answer = await callForCustomer('GET', '/v1/inbox')
      return (answer?.items as InboxItem[] | undefined) ?? []
    },
    async readInbox(messageId) {
      await callForCustomer('POST', `/v1/inbox/${encodeURIComponent(messageId)}/read`)
    },
    consent(isGranted) {
      const next = isGranted ? 'granted' : 'denied'
      if (next === consentState || isClosed) return
      consentState = next
      if (isGranted) {
        openStorage()
        sender.start()
        return
      }
      sender.stop()
      transport.abortAll()
      queue.forget()
      // Also when consent was never given: an earlier visit may have stored something.
      attempt(() => storage.clear())
      sessions.end()
      anonymousId = newId()
    },
    async close() {
      if (isClosed) return
      isClosed = true
      disconnect?.()
      await sender.flush()
      sender.stop()
      transport.abortAll()
      const left = queue.size()
      if (left > 0 && (!storage.isDurable || consentState !== 'granted')) onDropped(left, 'closed')
      await storage.close()
    },
  }

  if (!options.requireConsent) zhike.consent(true)
  const stopWatching = storage.onVisitorChanged?.((id) => {
    if (consentState !== 'granted' || id === anonymousId) return
    sessions.end()
    anonymousId = id
  })
  const disconnectPage = platform.connect?.({
    zhike,
    life: {
      hidden: sender.sendOnHide,
      frozen: () => storage.suspend?.(),
      async thawed() {
        const taken = consentState === 'granted' && (await storage.resume?.())
        if (taken) queue.leaveToOthers(taken)
        await queue.adopt()
        sender.wake()
      },
      async shown() {
        await queue.adopt()
        sender.wake()
      },
      online: sender.wake,
    },
  })
  const disconnect = () => {
    stopWatching?.()
    disconnectPage?.()
  }
  return zhike
}
