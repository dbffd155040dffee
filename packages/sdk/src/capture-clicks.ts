import type { CaptureTarget } from './capture.ts'
import { dataProperties } from './capture.ts'
import type { JsonObject } from './message.ts'
import type { PlacedSlots } from './slot-calls.ts'

/** Which clicks are recorded beside those on `[data-zhike-click]`, and what they say. */
export interface ClickCapture {
  /** Elements matching this CSS selector are recorded too. */
  selector?: string
  /** Names an element that has neither `data-zhike-click` nor an id. */
  nameOf?: (element: Element) => string | undefined
  /** Also the text of buttons and links, with numbers masked. Off, because a text may name a person. */
  withText?: boolean
}

const fields = 'input,textarea,select,option,[contenteditable]:not([contenteditable="false"])'
const ignored = '[data-zhike-ignore]'
const longestText = 60

/** The text a person sees, without what is in fields or marked as private, and without numbers. */
function visibleText(node: Node): string {
  if (node.nodeType === 3) return node.nodeValue ?? ''
  if (node.nodeType !== 1 || (node as Element).matches(`${fields},${ignored},script,style`)) return ''
  return Array.from(node.childNodes, visibleText).join(' ')
}

const maskedText = (element: Element) =>
  visibleText(element)
    .replace(/\s+/g, ' ')
    .replace(/\d[\d\s,.*-]{2,}/g, '***')
    .trim()
    .slice(0, longestText)

/** Query and hash of a link can hold secrets. */
const linkOf = (element: Element) => (element.getAttribute('href') ?? '').split(/[?#]/)[0] || undefined

function describe(element: HTMLElement, { nameOf, withText }: ClickCapture): JsonObject {
  const name = element.dataset.zhikeClick || nameOf?.(element) || element.id
  return {
    element: name || element.tagName.toLowerCase(),
    page: location.pathname,
    link: linkOf(element),
    ...(withText && { text: maskedText(element) || undefined }),
    ...dataProperties(element.dataset),
  }
}

/** Records clicks until the returned function is called. Values of fields are never read. */
export function captureClicks(
  zhike: CaptureTarget,
  placed: PlacedSlots,
  options: ClickCapture,
  onError: (error: unknown) => void,
): () => void {
  const wanted = options.selector ? `[data-zhike-click],${options.selector}` : '[data-zhike-click]'

  function record(event: Event) {
    const [target] = event.composedPath()
    if (!(target instanceof Element) || target.closest(ignored)) return
    const inSlot = target.closest<HTMLElement>('[data-zhike-slot]')
    const slot = inSlot && placed.find(inSlot.dataset.zhikeSlot ?? '')
    if (slot) target.closest('[data-zhike-close]') ? zhike.closed(slot) : zhike.clicked(slot)
    const element = target.closest<HTMLElement>(wanted)
    if (element) zhike.trackUntyped('element_clicked', describe(element, options))
  }

  const listen = (event: Event) => {
    try {
      record(event)
    } catch (error) {
      // A wrong selector must not break the page's own click.
      onError(error)
    }
  }
  // While capturing, so that a page that stops the event does not hide it.
  document.addEventListener('click', listen, true)
  return () => document.removeEventListener('click', listen, true)
}
