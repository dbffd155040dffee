import { platformBase64 } from './base64.ts'
import { openedProperties, pageProperties, watchPage, watchRoutes } from './browser-page.ts'
import { browserStorage } from './browser-storage.ts'
import { type CaptureOptions, readCapture } from './capture.ts'
import { type ClickCapture, captureClicks } from './capture-clicks.ts'
import { captureExposures } from './capture-exposures.ts'
import { type ConnectedClient, createClient } from './client.ts'
import { fetchHttp } from './http.ts'
import type { JsonObject } from './message.ts'
import { memoryStorage, type ZhikeStorage } from './storage.ts'
import type { AnyEvents, Zhike, ZhikeOptions } from './zhike.ts'

export { browserStorage } from './browser-storage.ts'
export type { CaptureOptions } from './capture.ts'
export type { ClickCapture } from './capture-clicks.ts'
export type { ConsentState } from './consent.ts'
export { type DropReason, type JsonObject, type Message, type Rejection, ZhikeLossError } from './message.ts'
export { observeExposure } from './observe-exposure.ts'
export type { Scheduler } from './scheduler.ts'
export type { TokenProvider } from './sessions.ts'
export type { InboxItem, Slot } from './slot.ts'
export { memoryStorage, type ZhikeStorage } from './storage.ts'
export { ZhikeHttpError } from './transport.ts'
export type { AnyEvents, MessageOptions, Zhike, ZhikeOptions } from './zhike.ts'

/** Options of the browser client. */
export interface BrowserOptions extends ZhikeOptions {
  /** What is recorded by itself; false turns all of it off. */
  capture?: boolean | CaptureOptions<ClickCapture>
  /** The edition, zone or page family this page belongs to; said by `app_opened` and page views. */
  space?: string
  /** A visit ends after so long without any event. */
  sessionIdleMs?: number
  fetch?: typeof fetch
}

/** Creates the browser client. Outside a browser (server-side rendering) it keeps its queue in memory. */
export function createZhike<Events extends object = AnyEvents>(options: BrowserOptions): Zhike<Events> {
  const http = fetchHttp(options.fetch)
  if (typeof window === 'undefined' || typeof document === 'undefined') {
    return createClient<Events>(options, { storage: memoryStorage, http, base64: platformBase64 })
  }
  const capture = readCapture(options.capture)
  const place: JsonObject = { space: options.space, version: options.app?.version }
  const zhike = createClient<Events>(options, {
    storage: () => findStorage(options),
    http,
    base64: platformBase64,
    beacon: findBeacon(),
    context: () => ({
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
    opened: capture.hasSessions ? () => ({ ...openedProperties(), ...place }) : undefined,
    sessionIdleMs: options.sessionIdleMs,
    isOnline: () => navigator.onLine !== false,
    connect: (client) => connect(client, capture, place),
  })
  return {
    ...zhike,
    page: (name, properties, about) =>
      zhike.page(name, { ...pageProperties(), ...place, ...properties }, about),
  }
}

function connect(
  { zhike, life, placed, onError }: ConnectedClient,
  { hasPages, clicks, hasExposures }: ReturnType<typeof readCapture<ClickCapture>>,
  place: JsonObject,
) {
  life.opened()
  const stops = [watchPage(life)]
  if (hasPages) stops.push(watchRoutes((page) => zhike.page(undefined, { ...page, ...place })))
  if (clicks) stops.push(captureClicks(zhike, placed, clicks, onError))
  if (hasExposures) stops.push(captureExposures(zhike, placed))
  return () => stops.forEach((stop) => void stop())
}

/** Some browsers know no keepalive; there only a beacon outlives its page. */
function findBeacon() {
  if (typeof Request === 'undefined' || 'keepalive' in Request.prototype || !navigator.sendBeacon)
    return undefined
  return (url: string, body: string) => navigator.sendBeacon(url, body)
}

/** Touching localStorage throws where cookies are blocked. */
function findStorage({ writeKey, now, newId, scheduler }: BrowserOptions): ZhikeStorage {
  try {
    return browserStorage({ writeKey, area: window.localStorage, now, newId, scheduler })
  } catch {
    return memoryStorage()
  }
}
