import type { Zhike } from './client.ts'
import type { Slot } from './slot.ts'

const seen = /* @__PURE__ */ new WeakMap<object, Set<string>>()

/**
 * Records `slot_exposed` when at least half of the element has been visible for a second, once per decision.
 * Returns the way to stop watching.
 */
export function observeExposure(zhike: Pick<Zhike, 'exposed'>, element: Element, slot: Slot): () => void {
  const decisions = seen.get(zhike) ?? new Set<string>()
  seen.set(zhike, decisions)
  if (decisions.has(slot.decision) || typeof IntersectionObserver === 'undefined') return () => {}
  let isInView = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const observer = new IntersectionObserver(
    (changes) => {
      isInView = (changes.at(-1)?.intersectionRatio ?? 0) >= 0.5
      update()
    },
    { threshold: 0.5 },
  )

  /** A hidden tab keeps its layout, so the observer alone would count what nobody can see. */
  function update() {
    clearTimeout(timer)
    if (isInView && document.visibilityState === 'visible') timer = setTimeout(expose, 1000)
  }

  function expose() {
    stop()
    // Two elements may show the same decision.
    if (decisions.has(slot.decision)) return
    decisions.add(slot.decision)
    zhike.exposed(slot)
  }

  function stop() {
    clearTimeout(timer)
    observer.disconnect()
    document.removeEventListener('visibilitychange', update)
  }

  document.addEventListener('visibilitychange', update)
  observer.observe(element)
  return stop
}
