import type { createConsent } from './consent.ts'
import { type JsonObject, type Message, newSession, type Rejection } from './message.ts'
import type { Queue } from './queue.ts'
import type { createSessions } from './sessions.ts'
import type { ZhikeStorage } from './storage.ts'
import { byteLength } from './text-bytes.ts'
import { createVisits } from './visits.ts'
import type { MessageOptions } from './zhike.ts'

export interface RecorderOptions {
  app?: { name: string; version: string }
  queue: Queue
  sessions: ReturnType<typeof createSessions>
  consent: ReturnType<typeof createConsent>
  storage: ZhikeStorage
  now: () => number
  newId: () => string
  /** What every message says about the platform; not asked for before consent. */
  context: () => JsonObject
  /** What `app_opened` says when a visit starts; without it there are no visits. */
  opened?: () => JsonObject
  sessionIdleMs?: number
  isClosed: () => boolean
  onQueued: () => void
  onRejected: (rejection: Rejection) => void
  attempt: <T>(use: () => T) => T | undefined
}

export type Recorder = ReturnType<typeof createRecorder>

const library = { name: '@zhike/sdk', version: '0.1.0' }
const maxMessageBytes = 32 * 1024

/** Makes messages of this visitor and puts them into the queue. */
export function createRecorder(options: RecorderOptions) {
  const { queue, sessions, consent, storage, now, newId, attempt } = options
  let anonymousId = newId()
  /** Until the storage may be read, the visitor may turn out to be one known from before. */
  let isProvisional = true

  const visits =
    options.opened &&
    createVisits({
      now,
      idleMs: options.sessionIdleMs,
      read: () => (consent.mayStore() ? attempt(() => storage.readNote('visit')) : undefined),
      write: (visit) => void (consent.mayStore() && attempt(() => storage.writeNote('visit', visit))),
      onStarted: () => record({ type: 'track', event: 'app_opened', properties: options.opened?.() }),
    })

  /** Who the message is about. A message about another customer says nothing of this visitor. */
  function subject(about: MessageOptions) {
    const current = sessions.current()
    const userId = about.userId ?? (about.anonymousId ? undefined : current.userId)
    const isOwn = userId === current.userId && !about.anonymousId
    return { userId, isOwn, anonymousId: about.anonymousId ?? (isOwn ? anonymousId : undefined) }
  }

  function compose(fields: Partial<Message> & Pick<Message, 'type'>, about: MessageOptions): Message {
    const { userId, isOwn, anonymousId: visitor } = subject(about)
    const session = isOwn ? visits?.touch() : undefined
    const isBehaviour = fields.type === 'track' || fields.type === 'page' || fields.type === 'screen'
    return {
      ...fields,
      ...(session && isBehaviour && { properties: { ...fields.properties, session } }),
      userId,
      anonymousId: visitor,
      context: {
        library,
        app: options.app,
        ...(consent.isGranted() && options.context()),
        ...about.context,
      },
      messageId: newId(),
      // An invalid date must not throw into the page; the server corrects clocks anyway.
      timestamp: new Date(about.timestamp?.getTime() || now()).toISOString(),
    }
  }

  function record(
    fields: Partial<Message> & Pick<Message, 'type'>,
    about: MessageOptions = {},
    token?: string,
  ) {
    if (!consent.mayRecord() || options.isClosed()) return
    const message = compose(fields, about)
    const { userId, isOwn } = subject(about)
    const session = isOwn ? sessions.current() : newSession({ userId, token, isOver: true })
    const refuse = (code: string, detail: string) =>
      options.onRejected({ messageId: message.messageId, code, detail, message })
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
    options.onQueued()
  }

  function setVisitor(id: string) {
    anonymousId = id
    isProvisional = false
    if (consent.mayStore()) attempt(() => storage.writeNote('visitor', id))
  }

  return {
    record,
    visitor: () => anonymousId,

    /** Another person, on this device too. */
    renewVisitor() {
      setVisitor(newId())
      visits?.end()
    },

    /** Another tab already noted the new visitor. */
    followVisitor(id: string) {
      anonymousId = id
      isProvisional = false
      visits?.follow()
    },

    /** Nothing ties what comes after a withdrawal to what was before. */
    forgetVisitor() {
      anonymousId = newId()
      isProvisional = false
      visits?.end()
    },

    /** The storage may be used from now on: waiting messages get the visitor known from before. */
    openStorage() {
      const provisional = anonymousId
      const known = isProvisional ? attempt(() => storage.readNote('visitor')) : undefined
      setVisitor(known ?? provisional)
      queue.restamp((message) => {
        if (message.anonymousId === provisional) message.anonymousId = anonymousId
        if (consent.isGranted()) message.context = { ...options.context(), ...message.context }
      })
      visits?.save()
      queue.attach(storage)
    },

    /** The person is here: starts a visit if none is going on. */
    touch() {
      if (consent.mayRecord() && !options.isClosed()) visits?.touch()
    },
  }
}
