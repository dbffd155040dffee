import { type CaptureOptions, readCapture, sourceProperties } from './capture.ts'
import { type ConnectedClient, createClient } from './client.ts'
import type { JsonObject } from './message.ts'
import { exposeOnce } from './observe-exposure.ts'
import { systemScheduler } from './scheduler.ts'
import type { Slot } from './slot.ts'
import type { Wx, WxLaunch } from './wx-api.ts'
import { wxBase64 } from './wx-base64.ts'
import { createWxCapture, type TapCapture } from './wx-capture.ts'
import { createWxExposures, watchVisible } from './wx-exposures.ts'
import { wxHttp } from './wx-http.ts'
import { type WxPage, watchPages } from './wx-pages.ts'
import { wxStorage } from './wx-storage.ts'
import type { AnyEvents, Zhike, ZhikeOptions } from './zhike.ts'

export type { CaptureOptions } from './capture.ts'
export type { ConsentState } from './consent.ts'
export { type DropReason, type JsonObject, type Message, type Rejection, ZhikeLossError } from './message.ts'
export type { Scheduler } from './scheduler.ts'
export type { TokenProvider } from './sessions.ts'
export type { InboxItem, Slot } from './slot.ts'
export { memoryStorage, type ZhikeStorage } from './storage.ts'
export { ZhikeHttpError } from './transport.ts'
export type { Wx } from './wx-api.ts'
export type { TapCapture } from './wx-capture.ts'
export { wxStorage } from './wx-storage.ts'
export type { AnyEvents, MessageOptions, Zhike, ZhikeOptions } from './zhike.ts'

declare const wx: Wx
declare const getCurrentPages: (() => WxPage[]) | undefined

/** Options of the mini-program client. */
export interface MiniprogramOptions extends ZhikeOptions {
  /** What is recorded by itself; false turns all of it off. */
  capture?: boolean | CaptureOptions<TapCapture>
  /** The edition or zone this mini-program belongs to; said by `app_opened` and page views. */
  space?: string
  /** A visit ends after so long without any event. */
  sessionIdleMs?: number
}

/** Creates the client of a WeChat mini-program. Call it at the top of `app.js`, before `App` and any `Page`. */
export function createZhike<Events extends object = AnyEvents>(options: MiniprogramOptions): Zhike<Events> {
  const capture = readCapture(options.capture)
  const place: JsonObject = { space: options.space, version: options.app?.version }
  let launch = attemptLaunch()
  let isConnected = true
  let device: JsonObject | undefined
  return createClient<Events>(options, {
    storage: () => wxStorage({ wx, writeKey: options.writeKey, now: options.now }),
    http: wxHttp(wx, options.requestTimeoutMs ?? 15_000),
    base64: wxBase64,
    // Asked once: on some devices each question costs milliseconds.
    context() {
      device ??= readDevice()
      return device
    },
    opened: capture.hasSessions ? () => ({ ...openedProperties(launch), ...place }) : undefined,
    sessionIdleMs: options.sessionIdleMs,
    isOnline: () => isConnected,
    connect(client) {
      const stopNetwork = watchNetwork((isNow) => {
        isConnected = isNow
        if (isNow) client.life.online()
      })
      const stopPages = connectPages(client, { options, capture, place }, (next) => {
        launch = next ?? launch
      })
      return () => {
        stopNetwork()
        stopPages()
      }
    },
  })
}

/**
 * Records `slot_exposed` when at least half of the element has been visible for a second, once per decision. Call it when
 * the element is on the page. Returns the way to stop watching.
 */
export function observeExposure(
  zhike: Pick<Zhike, 'exposed'>,
  page: object,
  selector: string,
  slot: Slot,
): () => void {
  return watchVisible({ wx, page, selector, scheduler: systemScheduler }, () => exposeOnce(zhike, slot))
}

function connectPages(
  client: ConnectedClient,
  known: {
    options: MiniprogramOptions
    capture: ReturnType<typeof readCapture<TapCapture>>
    place: JsonObject
  },
  onLaunch: (launch: WxLaunch | undefined) => void,
): () => void {
  const { options, capture, place } = known
  const { zhike, placed } = client
  const { now = Date.now, scheduler = systemScheduler } = options
  const exposures = capture.hasExposures
    ? createWxExposures({ wx, zhike, placed, scheduler, routeOf })
    : undefined
  const listener = createWxCapture({ client, capture, exposures, routeOf, place, now, onLaunch })
  const stopPlaced = placed.listen(() => exposures?.refresh())
  const stopPages = watchPages(listener)
  wx.onAppShow?.(listener.appShown)
  wx.onAppHide?.(listener.appHidden)
  return () => {
    stopPlaced()
    stopPages()
    exposures?.stop()
    wx.offAppShow?.(listener.appShown)
    wx.offAppHide?.(listener.appHidden)
  }
}

/** Where a page is in the mini-program; its query may hold secrets and stays home. */
function routeOf({ route, __route__ }: WxPage): string {
  const pages = typeof getCurrentPages === 'function' ? getCurrentPages() : []
  return route ?? __route__ ?? pages[pages.length - 1]?.route ?? 'unknown'
}

function attemptLaunch(): WxLaunch | undefined {
  try {
    return wx.getLaunchOptionsSync?.()
  } catch {
    return undefined
  }
}

function openedProperties({ path, scene, query, referrerInfo }: WxLaunch = {}): JsonObject {
  return { page: path, scene, referrer: referrerInfo?.appId || undefined, ...sourceProperties(query ?? {}) }
}

function watchNetwork(tell: (isConnected: boolean) => void): () => void {
  const listen = ({ isConnected }: { isConnected: boolean }) => tell(isConnected)
  wx.onNetworkStatusChange?.(listen)
  return () => wx.offNetworkStatusChange?.(listen)
}

function readDevice(): JsonObject {
  try {
    const device = wx.getDeviceInfo?.() ?? wx.getSystemInfoSync?.() ?? {}
    const base = wx.getAppBaseInfo?.() ?? wx.getSystemInfoSync?.() ?? {}
    return {
      locale: base.language,
      os: { name: device.platform, version: device.system },
      device: { manufacturer: device.brand, model: device.model },
      host: { name: 'wechat', version: base.version, library: base.SDKVersion },
    }
  } catch {
    return {}
  }
}
