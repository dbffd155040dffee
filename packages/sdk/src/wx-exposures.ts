import { type CaptureTarget, dataProperties } from './capture.ts'
import { exposeOnce } from './observe-exposure.ts'
import type { Scheduler } from './scheduler.ts'
import type { Slot } from './slot.ts'
import type { PlacedSlots } from './slot-calls.ts'
import type { Wx, WxIntersection } from './wx-api.ts'
import type { WxPage } from './wx-pages.ts'

/** Elements with this class are watched; WeChat finds nothing by attribute. */
const markedClass = '.zhike-expose'
const visibleMs = 1000

/** Calls for each element that matches and has been half visible for a second. Returns the way to stop. */
export function watchVisible(
  options: { wx: Wx; page: unknown; selector: string; scheduler: Scheduler },
  onVisible: (seen: WxIntersection) => void,
): () => void {
  const { wx, page, selector, scheduler } = options
  const observer = wx.createIntersectionObserver?.(page, { thresholds: [0.5], observeAll: true })
  if (!observer) return () => {}
  const timers = new Map<string, unknown>()
  observer.relativeToViewport().observe(selector, (seen) => {
    const key = `${seen.id ?? ''} ${JSON.stringify(seen.dataset ?? {})}`
    scheduler.clear(timers.get(key))
    timers.delete(key)
    if (seen.intersectionRatio >= 0.5)
      timers.set(
        key,
        scheduler.set(() => onVisible(seen), visibleMs),
      )
  })
  return () => {
    observer.disconnect()
    timers.forEach((timer) => void scheduler.clear(timer))
  }
}

export interface WxExposureOptions {
  wx: Wx
  zhike: CaptureTarget
  placed: PlacedSlots
  scheduler: Scheduler
  routeOf: (page: WxPage) => string
}

/** Records exposures on the page that is shown. */
export function createWxExposures({ wx, zhike, placed, scheduler, routeOf }: WxExposureOptions) {
  let current: { page: WxPage; stop: () => void } | undefined
  let seen = new Set<string>()

  function expose(page: WxPage, { dataset = {} }: WxIntersection) {
    const { zhikeExpose: name, zhikeSlot } = dataset
    const slot: Slot | undefined = placed.find(String(zhikeSlot))
    if (slot) exposeOnce(zhike, slot)
    if (typeof name !== 'string' || 'zhikeIgnore' in dataset || seen.has(name)) return
    seen.add(name)
    const properties = { element: name, page: routeOf(page), ...dataProperties(dataset) }
    zhike.trackUntyped('element_exposed', properties)
  }

  function stop() {
    current?.stop()
    current = undefined
  }

  function watch(page: WxPage) {
    stop()
    const unwatch = watchVisible({ wx, page, selector: markedClass, scheduler }, (found) =>
      expose(page, found),
    )
    current = { page, stop: unwatch }
  }

  return {
    /** The page came into view: each of its elements may be exposed once more. */
    show(page: WxPage) {
      seen = new Set()
      watch(page)
    },
    /** Elements came or were changed: WeChat watches only those that were there. */
    refresh: () => current && watch(current.page),
    stop,
  }
}
