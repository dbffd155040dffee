import { type CaptureTarget, dataProperties } from './capture.ts'
import { exposeOnce } from './observe-exposure.ts'
import type { PlacedSlots } from './slot-calls.ts'
import { watchVisible } from './watch-visible.ts'

const marked = '[data-zhike-expose],[data-zhike-slot]'
/** Pages change in bursts. */
const settleMs = 200

/** Records exposures of marked elements, also of those that come later. Returns the way to stop. */
export function captureExposures(zhike: CaptureTarget, placed: PlacedSlots): () => void {
  /** What each element was last watched for; the same element may show something else later. */
  const watched = new Map<HTMLElement, { purpose: string; stop: () => void }>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function purposeOf({ dataset }: HTMLElement): string | undefined {
    if (dataset.zhikeExpose) return `${location.pathname} ${dataset.zhikeExpose}`
    return placed.find(dataset.zhikeSlot ?? '')?.decision
  }

  function expose(element: HTMLElement, page: string) {
    const { zhikeExpose: name, zhikeSlot = '' } = element.dataset
    const slot = placed.find(zhikeSlot)
    if (slot) exposeOnce(zhike, slot)
    if (name) {
      const properties = { element: name, page, ...dataProperties(element.dataset) }
      zhike.trackUntyped('element_exposed', properties)
    }
  }

  function watch(element: HTMLElement) {
    const purpose = purposeOf(element)
    const before = watched.get(element)
    if (purpose === undefined || before?.purpose === purpose || element.closest('[data-zhike-ignore]')) return
    before?.stop()
    const page = location.pathname
    watched.set(element, { purpose, stop: watchVisible(element, () => expose(element, page)) })
  }

  function scan() {
    timer = undefined
    watched.forEach(({ stop }, element) => {
      if (element.isConnected) return
      stop()
      watched.delete(element)
    })
    document.querySelectorAll<HTMLElement>(marked).forEach(watch)
  }

  const scanSoon = () => {
    timer ??= setTimeout(scan, settleMs)
  }
  if (typeof MutationObserver === 'undefined') return () => {}
  const observer = new MutationObserver(scanSoon)
  observer.observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-zhike-expose', 'data-zhike-slot'],
  })
  const stopListening = placed.listen(scanSoon)
  scanSoon()
  return () => {
    clearTimeout(timer)
    observer.disconnect()
    stopListening()
    watched.forEach(({ stop }) => void stop())
  }
}
