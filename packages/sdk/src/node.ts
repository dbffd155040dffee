import { platformBase64 } from './base64.ts'
import { createClient } from './client.ts'
import { fetchHttp } from './http.ts'
import { memoryStorage } from './storage.ts'
import type { AnyEvents, Zhike, ZhikeOptions } from './zhike.ts'

export type { ConsentState } from './consent.ts'
export { fileStorage } from './file-storage.ts'
export { type DropReason, type JsonObject, type Message, type Rejection, ZhikeLossError } from './message.ts'
export type { Scheduler } from './scheduler.ts'
export type { TokenProvider } from './sessions.ts'
export type { InboxItem, Slot } from './slot.ts'
export { memoryStorage, type ZhikeStorage } from './storage.ts'
export { ZhikeHttpError } from './transport.ts'
export type { AnyEvents, MessageOptions, Zhike, ZhikeOptions } from './zhike.ts'

/** Options of the client for servers and programs. */
export interface NodeOptions extends ZhikeOptions {
  fetch?: typeof fetch
}

/** A server reports in bursts, and has the room. */
const serverQueue = { maxQueue: 100_000, maxQueueBytes: 64_000_000 }

/**
 * Creates the client for servers and programs. One client speaks for many customers: name the customer in each call
 * (`track(event, properties, { userId })`), or set `isIdentityRemembered` when the program is about one person.
 */
export function createZhike<Events extends object = AnyEvents>(options: NodeOptions): Zhike<Events> {
  return createClient<Events>(
    { isIdentityRemembered: false, ...serverQueue, ...options },
    { storage: memoryStorage, http: fetchHttp(options.fetch), base64: platformBase64 },
  )
}
