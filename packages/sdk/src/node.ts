import { createClient, type Zhike, type ZhikeOptions } from './client.ts'
import { memoryStorage } from './storage.ts'

export type { MessageOptions, Zhike, ZhikeOptions } from './client.ts'
export { fileStorage } from './file-storage.ts'
export type { DropReason, JsonObject, Message, Rejection } from './message.ts'
export type { Scheduler } from './scheduler.ts'
export type { InboxItem, Slot } from './slot.ts'
export { memoryStorage, type ZhikeStorage } from './storage.ts'
export { ZhikeHttpError } from './transport.ts'

/**
 * Creates the client for servers and programs. One client speaks for many customers: name the customer in each call
 * (`track(event, properties, { userId })`), or set `isIdentityRemembered` when the program is about one person.
 */
export function createZhike(options: ZhikeOptions): Zhike {
  return createClient({ isIdentityRemembered: false, ...options }, { storage: memoryStorage })
}
