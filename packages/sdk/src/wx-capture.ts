import { dataProperties, type readCapture, sourceProperties } from './capture.ts'
import type { ConnectedClient } from './client.ts'
import type { JsonObject } from './message.ts'
import type { WxLaunch } from './wx-api.ts'
import type { createWxExposures } from './wx-exposures.ts'
import type { PageListener, WxPage, WxTap } from './wx-pages.ts'

/** Which taps are recorded beside those on elements with `data-zhike-click`. */
export interface TapCapture {
  /** Every tap a page handles, named by the element's id or the handler. */
  allHandlers?: boolean
}

export interface WxCaptureOptions {
  client: ConnectedClient
  capture: ReturnType<typeof readCapture<TapCapture>>
  exposures: ReturnType<typeof createWxExposures> | undefined
  routeOf: (page: WxPage) => string
  place: JsonObject
  now: () => number
  onLaunch: (launch: WxLaunch | undefined) => void
}

/** Turns what happens to the pages of a mini-program into events. */
export function createWxCapture(options: WxCaptureOptions): PageListener {
  const { client, capture, exposures, routeOf, place, now } = options
  const { zhike, life, placed, onError } = client
  let before: string | undefined
  let queryMarks: JsonObject = {}
  let shownAt = now()
  let isShown = false
  /** WeChat shows the page again when the app comes back; nobody has moved. */
  let isBack = false
  let lastTap: unknown

  function show(launch: unknown) {
    // `App` and `wx.onAppShow` may both tell.
    if (isShown) return
    isShown = true
    isBack = before !== undefined
    shownAt = now()
    options.onLaunch(launch as WxLaunch | undefined)
    life.shown()
  }

  function viewed(page: WxPage) {
    const route = routeOf(page)
    const isSame = isBack && route === before
    isBack = false
    if (isSame) return
    const properties = { page: route, referrer: before, ...queryMarks, ...place }
    before = route
    queryMarks = {}
    if (capture.hasPages) zhike.page(undefined, properties)
  }

  function tapped(page: WxPage, handler: string, { currentTarget, timeStamp }: WxTap) {
    const { dataset = {}, id } = currentTarget ?? {}
    // A tap bubbles: only the innermost element that is recorded counts.
    if (!capture.clicks || 'zhikeIgnore' in dataset || (timeStamp !== undefined && timeStamp === lastTap))
      return
    const slot = placed.find(String(dataset.zhikeSlot))
    if (slot) 'zhikeClose' in dataset ? zhike.closed(slot) : zhike.clicked(slot)
    const element = dataset.zhikeClick ?? (capture.clicks.allHandlers ? id || handler : undefined)
    if (typeof element === 'string') {
      const properties = { element, page: routeOf(page), ...dataProperties(dataset) }
      zhike.trackUntyped('element_clicked', properties)
    }
    if (slot || element) lastTap = timeStamp
  }

  const listener: PageListener = {
    appLaunched: show,
    appShown: show,
    appHidden() {
      if (!isShown) return
      isShown = false
      const seconds = Math.round((now() - shownAt) / 1000)
      if (capture.hasSessions) zhike.trackUntyped('app_hidden', { page: before, seconds })
      exposures?.stop()
      life.hidden()
    },
    loaded(_page, query) {
      queryMarks = sourceProperties(query)
    },
    shown(page) {
      viewed(page)
      exposures?.show(page)
    },
    ready: () => exposures?.refresh(),
    left: () => exposures?.stop(),
    shared(page, via, from) {
      if (capture.hasPages) zhike.trackUntyped('page_shared', { page: routeOf(page), via, from })
    },
    tapped,
  }
  return guarded(listener, onError)
}

/** The mini-program goes on, whatever the SDK meets. */
function guarded(listener: PageListener, onError: (error: unknown) => void): PageListener {
  const safe: Record<string, (...rest: unknown[]) => void> = {}
  for (const [name, tell] of Object.entries(listener) as [string, (...rest: unknown[]) => void][]) {
    safe[name] = (...rest) => {
      try {
        tell(...rest)
      } catch (error) {
        onError(error)
      }
    }
  }
  return safe as unknown as PageListener
}
