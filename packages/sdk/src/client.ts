import type { Base64 } from './base64.ts'
import { createConsent } from './consent.ts'
import type { SendHttp } from './http.ts'
import { type JsonObject, type Rejection, ZhikeLossError } from './message.ts'
import { randomId } from './new-id.ts'
import { createQueue } from './queue.ts'
import { createRecorder } from './recorder.ts'
import { systemScheduler } from './scheduler.ts'
import { createSender } from './sender.ts'
import { createSessions } from './sessions.ts'
import { createSlotCalls, type PlacedSlots } from './slot-calls.ts'
import type { ZhikeStorage } from './storage.ts'
import { readClaims } from './token-claims.ts'
import { createTransport } from './transport.ts'
import type { AnyEvents, Zhike, ZhikeOptions } from './zhike.ts'

/** What an entry point knows about the platform it runs on. */
export interface Platform {
  storage: () => ZhikeStorage
  http: SendHttp
  base64: Base64
  beacon?: (url: string, body: string) => boolean
  context?: () => JsonObject
  /** What `app_opened` says when a visit starts; without it there are no visits. */
  opened?: () => JsonObject
  sessionIdleMs?: number
  isOnline?: () => boolean
  /** Connects the client to the life of the page. Returns the way to disconnect. */
  connect?: (client: ConnectedClient) => () => void
}

/** What a platform may do with the client it is connected to. */
export interface ConnectedClient {
  zhike: Zhike
  life: PageLife
  placed: PlacedSlots
  onError: (error: unknown) => void
}

/** What happens to a page, told to the client. */
export interface PageLife {
  /** The page or app is there: a visit may start. */
  opened(): void
  hidden(): void
  frozen(): void
  thawed(): void
  shown(): void
  online(): void
}

const defaultQueueBytes = 2_000_000

/** Puts the core together for one platform. */
export function createClient<Events extends object = AnyEvents>(
  options: ZhikeOptions,
  platform: Platform,
): Zhike<Events> {
  const { onError = () => {} } = options
  const { now = Date.now, newId = randomId, random = Math.random, scheduler = systemScheduler } = options
  const isIdentityRemembered = options.isIdentityRemembered ?? true
  const storage = options.storage ?? platform.storage()
  let isClosed = false
  let isStorageOpen = false

  const report = createReports(options, onError)
  const queue = createQueue({
    maxQueue: options.maxQueue ?? 1000,
    maxQueueBytes: options.maxQueueBytes ?? defaultQueueBytes,
    onDropped: report.dropped,
    onError,
  })
  const claimsOf = (token: string) => readClaims(token, platform.base64)
  const sessions = createSessions({ customerToken: options.customerToken, claimsOf, now })
  const consent = createConsent({
    storage,
    initial: options.consent ?? 'granted',
    beforeConsent: options.beforeConsent ?? 'memory',
    onError,
  })
  const transport = createTransport({
    host: options.host,
    writeKey: options.writeKey,
    http: platform.http,
    base64: platform.base64,
    beacon: platform.beacon,
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
    onRejected: report.rejected,
    onError,
  })
  const recorder = createRecorder({
    app: options.app,
    queue,
    sessions,
    consent,
    storage,
    now,
    newId,
    context: platform.context ?? (() => ({})),
    opened: platform.opened,
    sessionIdleMs: platform.sessionIdleMs,
    isClosed: () => isClosed,
    onQueued: sender.added,
    onRejected: report.rejected,
    attempt,
  })
  const slotCalls = createSlotCalls({
    sessions,
    transport,
    record: recorder.record,
    isAllowed: () => consent.isGranted() && !isClosed,
  })

  function attempt<T>(use: () => T): T | undefined {
    try {
      return use()
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  function endSession() {
    sessions.end()
    slotCalls.placed.forget()
    if (options.newVisitorOnReset ?? true) recorder.renewVisitor()
  }

  function openStorage() {
    if (isStorageOpen) return
    isStorageOpen = true
    recorder.openStorage()
  }

  function withdraw() {
    sender.stop()
    transport.abortAll()
    queue.forget()
    isStorageOpen = false
    // Also when consent was never given: an earlier visit may have stored something.
    attempt(() => storage.clear())
    sessions.end()
    slotCalls.placed.forget()
    recorder.forgetVisitor()
    // The answer itself has to be known next time; it names nobody.
    consent.note('denied')
  }

  function applyConsent(next: string) {
    if (next === consent.state() || isClosed || (next !== 'granted' && next !== 'denied')) return
    consent.set(next)
    if (next === 'denied') return withdraw()
    openStorage()
    sender.start()
  }

  function logIn(token: string | undefined) {
    const { sub } = token ? claimsOf(token) : {}
    if (!token || typeof sub !== 'string') return onError(new Error('The customer token names no customer.'))
    zhike.identify(sub, undefined, { token })
  }

  const zhike: Zhike = {
    ...slotCalls.calls,
    track: (event, properties, about) => recorder.record({ type: 'track', event, properties }, about),
    trackUntyped: (event, properties, about) => recorder.record({ type: 'track', event, properties }, about),
    page: (name, properties, about) => recorder.record({ type: 'page', name, properties }, about),
    screen: (name, properties, about) => recorder.record({ type: 'screen', name, properties }, about),
    identify(userId, traits, about = {}) {
      if (!consent.mayRecord() || isClosed) return
      const { token } = about
      if (!isIdentityRemembered)
        return recorder.record({ type: 'identify', traits }, { ...about, userId }, token)
      const before = sessions.current().userId
      // Another customer without a log-out in between is still another person.
      if (before !== undefined && before !== userId) endSession()
      sessions.identify(userId, token)
      recorder.record({ type: 'identify', traits }, about)
    },
    async setCustomer(given) {
      if (typeof given === 'string') return logIn(given)
      const session = sessions.current()
      try {
        const token = await given()
        // Somebody may have logged in or out while the bank was asked.
        if (session !== sessions.current()) return
        logIn(token)
        sessions.setProvider(given)
      } catch (error) {
        onError(error)
      }
    },
    group: (groupId, traits, about) => recorder.record({ type: 'group', groupId, traits }, about),
    alias(userId, previousId, about) {
      // A server's own id is no visitor: tying it to a customer would tie all customers together.
      const own = isIdentityRemembered ? recorder.visitor() : undefined
      recorder.record({ type: 'alias', previousId: previousId ?? own }, { ...about, userId })
    },
    reset() {
      endSession()
      return sender.flush()
    },
    flush: sender.flush,
    saved: async () => storage.saved?.(),
    consent: consent.state,
    setConsent(answer) {
      if (answer === 'granted' && !isClosed) consent.note('granted')
      applyConsent(answer)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      disconnect?.()
      await sender.flush()
      sender.stop()
      transport.abortAll()
      const left = queue.size()
      if (left > 0 && (!storage.isDurable || !consent.mayStore())) report.dropped(left, 'closed')
      await storage.close()
    },
  }

  const first = consent.first()
  if (first !== 'pending') applyConsent(first)
  else if (consent.mayStore()) openStorage()
  const disconnect = connect()

  function connect() {
    const stopWatching = storage.onNoted?.((name, value) => {
      if (name === 'consent') return applyConsent(value)
      if (name !== 'visitor' || !consent.mayStore() || value === recorder.visitor()) return
      sessions.end()
      slotCalls.placed.forget()
      recorder.followVisitor(value)
    })
    const life: PageLife = {
      opened: recorder.touch,
      hidden: sender.sendOnHide,
      frozen: () => storage.suspend?.(),
      async thawed() {
        const taken = consent.mayStore() && (await storage.resume?.())
        if (taken) queue.leaveToOthers(taken)
        await queue.adopt()
        sender.wake()
      },
      async shown() {
        recorder.touch()
        await queue.adopt()
        sender.wake()
      },
      online: sender.wake,
    }
    const disconnectPage = platform.connect?.({ zhike, life, placed: slotCalls.placed, onError })
    return () => {
      stopWatching?.()
      disconnectPage?.()
    }
  }
  // The events are checked when the caller's code is compiled; at run time any name goes.
  return zhike as unknown as Zhike<Events>
}

/** Losses go to their own listener and, so that nobody misses them, to `onError`. */
function createReports({ onRejected, onDropped }: ZhikeOptions, onError: (error: unknown) => void) {
  return {
    rejected(rejection: Rejection) {
      onRejected?.(rejection)
      onError(new ZhikeLossError(rejection.code, 1, rejection.detail, rejection))
    },
    dropped(count: number, reason: Parameters<NonNullable<typeof onDropped>>[1]) {
      onDropped?.(count, reason)
      onError(new ZhikeLossError(reason, count, `${count} messages were dropped: ${reason}.`))
    },
  }
}
