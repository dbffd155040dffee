import { pageProperties, watchPage, watchRoutes } from './browser-page.ts'
import { browserStorage } from './browser-storage.ts'
import { createClient, type Zhike, type ZhikeOptions } from './client.ts'
import { memoryStorage, type ZhikeStorage } from './storage.ts'

export { browserStorage } from './browser-storage.ts'
export type { MessageOptions, Zhike, ZhikeOptions } from './client.ts'
export type { DropReason, JsonObject, Message, Rejection } from './message.ts'
export { observeExposure } from './observe-exposure.ts'
export type { Scheduler } from './scheduler.ts'
export type { InboxItem, Slot } from './slot.ts'
export { memoryStorage, type ZhikeStorage } from './storage.ts'
export { ZhikeHttpError } from './transport.ts'

/** Options of the browser client. */
export interface BrowserOptions extends ZhikeOptions {
  /** Records a page view at the start and at every change of path. */
  autoPage?: boolean
}

/** Creates the browser client. Outside a browser (server-side rendering) it keeps its queue in memory. */
export function createZhike(options: BrowserOptions): Zhike {
  if (typeof window === 'undefined' || typeof document === 'undefined') {
    return createClient(options, { storage: memoryStorage })
  }
  const zhike = createClient(options, {
    storage: () => findStorage(options),
    context: () => ({
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
    isOnline: () => navigator.onLine !== false,
    connect(client) {
      const stopPage = watchPage(client.life)
      const stopRoutes = options.autoPage ? watchRoutes(client.zhike) : undefined
      return () => {
        stopPage()
        stopRoutes?.()
      }
    },
  })
  return {
    ...zhike,
    page: (name, properties, about) => zhike.page(name, { ...pageProperties(), ...properties }, about),
  }
}

/** Touching localStorage throws where cookies are blocked. */
function findStorage({ writeKey, now, newId, scheduler }: BrowserOptions): ZhikeStorage {
  try {
    return browserStorage({ writeKey, area: window.localStorage, now, newId, scheduler })
  } catch {
    return memoryStorage()
  }
}
