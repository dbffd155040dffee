import { sourceProperties } from './capture.ts'
import type { PageLife } from './client.ts'
import type { JsonObject } from './message.ts'

/** What a page view says about the page. Query and hash can carry card numbers and tokens, so only `utm_*` is kept. */
export function pageProperties(): JsonObject {
  const { origin, pathname, search, hash } = location
  // Single-page apps without the history API keep their path in the hash.
  const route = hash.startsWith('#/') ? hash.split('?')[0]! : ''
  const marks = new URLSearchParams(sourceMarks(search)).toString()
  const query = marks && `?${marks}`
  return {
    page: pathname + route,
    url: origin + pathname + query + route,
    title: document.title,
    referrer: document.referrer.split(/[?#]/)[0],
  }
}

function sourceMarks(search: string) {
  const query: Record<string, string> = {}
  new URLSearchParams(search).forEach((value, name) => {
    query[name] = value
  })
  return sourceProperties(query)
}

/** What the start of a visit says about where it came from. */
export function openedProperties(): JsonObject {
  const { page, referrer } = pageProperties()
  return { page, referrer, ...sourceMarks(location.search) }
}

/** Tells the client what happens to its page. Returns the way to stop. */
export function watchPage(life: PageLife): () => void {
  const stops: (() => void)[] = []
  const on = (target: EventTarget, name: string, run: (event: Event) => void) => {
    target.addEventListener(name, run)
    stops.push(() => target.removeEventListener(name, run))
  }
  on(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') life.hidden()
    else life.shown()
  })
  on(window, 'pagehide', () => {
    life.hidden()
    life.frozen()
  })
  on(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) life.thawed()
  })
  on(window, 'online', life.online)
  return () => stops.forEach((stop) => void stop())
}

/** Tells of the page now and whenever the path changes. Returns the way to stop. */
export function watchRoutes(onPage: (properties: JsonObject) => void): () => void {
  let last: unknown
  const check = () => {
    const properties = pageProperties()
    if (properties.page === last) return
    // Inside one document the page before is where the visitor came from.
    onPage(last === undefined ? properties : { ...properties, referrer: last })
    last = properties.page
  }
  const originals = { pushState: history.pushState, replaceState: history.replaceState }
  for (const name of ['pushState', 'replaceState'] as const) {
    history[name] = function (this: History, ...rest) {
      originals[name].apply(this, rest)
      check()
    }
  }
  const wrapped = { pushState: history.pushState, replaceState: history.replaceState }
  window.addEventListener('popstate', check)
  window.addEventListener('hashchange', check)
  check()
  return () => {
    // Somebody may have wrapped the wrapper; taking it out would then break theirs.
    if (history.pushState === wrapped.pushState) history.pushState = originals.pushState
    if (history.replaceState === wrapped.replaceState) history.replaceState = originals.replaceState
    window.removeEventListener('popstate', check)
    window.removeEventListener('hashchange', check)
  }
}
