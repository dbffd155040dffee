import type { Slot } from './slot.ts'
import { watchVisible } from './watch-visible.ts'
import type { Zhike } from './zhike.ts'

const seen = /* @__PURE__ */ new WeakMap<object, Set<string>>()

/** Records `slot_exposed` once per decision, on every platform. */
export function exposeOnce(zhike: Pick<Zhike, 'exposed'>, slot: Slot): void {
  const decisions = seen.get(zhike.exposed) ?? new Set<string>()
  seen.set(zhike.exposed, decisions)
  if (decisions.has(slot.decision)) return
  decisions.add(slot.decision)
  zhike.exposed(slot)
}

/**
 * Records `slot_exposed` when at least half of the element has been visible for a second, once per decision.
 * Returns the way to stop watching.
 */
export function observeExposure(zhike: Pick<Zhike, 'exposed'>, element: Element, slot: Slot): () => void {
  // Two elements may show the same decision.
  return watchVisible(element, () => exposeOnce(zhike, slot))
}
