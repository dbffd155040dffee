import type { Zhike } from './zhike.ts'

/** What is recorded without a line of code for each event. Everything is on unless it is set to false. */
export interface CaptureOptions<Clicks> {
  /** `app_opened` when a visit starts, and the property `session` on what follows. */
  sessions?: boolean
  /** `page_viewed`. */
  pages?: boolean
  /** `element_clicked` for marked elements, and `slot_clicked`, `slot_closed` for slots. */
  clicks?: boolean | Clicks
  /** `element_exposed` for marked elements, and `slot_exposed` for slots. */
  exposures?: boolean
}

/** What captured events are handed to. */
export type CaptureTarget = Pick<Zhike, 'trackUntyped' | 'exposed' | 'clicked' | 'closed'>

/** Fills in the defaults; undefined means off. */
export function readCapture<Clicks extends object>(capture: boolean | CaptureOptions<Clicks> = true) {
  const given: CaptureOptions<Clicks> = typeof capture === 'object' ? capture : {}
  const isOn = (part: keyof CaptureOptions<Clicks>) => capture !== false && given[part] !== false
  return {
    hasSessions: isOn('sessions'),
    hasPages: isOn('pages'),
    clicks: isOn('clicks') ? (typeof given.clicks === 'object' ? given.clicks : ({} as Clicks)) : undefined,
    hasExposures: isOn('exposures'),
  }
}

const own = /^zhike(Click|Expose|Slot|Close|Ignore)$/

/** The properties an element carries itself: `data-zhike-product-code="W01"` becomes `product_code: 'W01'`. */
export function dataProperties(dataset: Record<string, unknown>): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const name of Object.keys(dataset)) {
    if (!/^zhike[A-Z]/.test(name) || own.test(name)) continue
    const snake = name.slice(5).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    properties[snake.slice(1)] = dataset[name]
  }
  return properties
}

/** Where a visitor came from, out of the parameters of the address that led in. */
export function sourceProperties(query: Record<string, string | undefined>): Record<string, string> {
  const marks: Record<string, string> = {}
  for (const name of Object.keys(query)) {
    const value = query[name]
    if (/^utm_[a-z]+$/.test(name) && value) marks[name] = value.slice(0, 200)
  }
  return marks
}
