import type { Binding } from '../common/customer-identities.ts'

/** A binding as a bar: where it begins and ends, in percent of the whole time shown. */
export type BindingBar = { binding: Binding; startPercent: number; widthPercent: number; isOpen: boolean }
export type BindingLane = { visitor: string; kind: string; bars: BindingBar[] }

const leastPercent = 1.5

/** One lane a device or id, in the order of their latest binding; `nowMs` ends those that still last. */
export function bindingLanes(
  bindings: readonly Binding[],
  nowMs: number,
): { lanes: BindingLane[]; fromMs: number; toMs: number } {
  const starts = bindings.map((one) => Date.parse(one.since))
  const fromMs = Math.min(nowMs, ...starts)
  const toMs = Math.max(nowMs, ...starts)
  const whole = Math.max(1, toMs - fromMs)
  const lanes = new Map<string, BindingLane>()
  for (const binding of bindings) {
    const lane = lanes.get(binding.visitor) ?? { visitor: binding.visitor, kind: binding.kind, bars: [] }
    lanes.set(binding.visitor, lane)
    const start = Date.parse(binding.since)
    const end = binding.until === null ? toMs : Math.min(Date.parse(binding.until), toMs)
    const startPercent = Math.min(100 - leastPercent, ((start - fromMs) / whole) * 100)
    const widthPercent = Math.min(100 - startPercent, Math.max(leastPercent, ((end - start) / whole) * 100))
    const isOpen = binding.until === null && binding.undone === null
    lane.bars.push({ binding, startPercent, widthPercent, isOpen })
  }
  return { lanes: [...lanes.values()], fromMs, toMs }
}
