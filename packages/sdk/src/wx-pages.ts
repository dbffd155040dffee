/** What a page or component definition is made of. */
export type Definition = Record<string, unknown>

export interface WxPage {
  route?: string
  __route__?: string
}

export interface WxTap {
  type?: string
  timeStamp?: number
  currentTarget?: { id?: string; dataset?: Record<string, unknown> }
}

/** Told what happens to the pages of the mini-program. */
export interface PageListener {
  appLaunched(launch: unknown): void
  appShown(launch: unknown): void
  appHidden(): void
  loaded(page: WxPage, query: Record<string, string>): void
  shown(page: WxPage): void
  ready(page: WxPage): void
  left(page: WxPage): void
  shared(page: WxPage, via: string, from: unknown): void
  tapped(page: WxPage, handler: string, tap: WxTap): void
}

type Hook = (this: WxPage, ...rest: unknown[]) => unknown

/** WeChat calls these itself; they are no handlers of taps. */
const lifecycle =
  /^on(Load|Show|Ready|Hide|Unload|PullDownRefresh|ReachBottom|PageScroll|Resize|TabItemTap|SaveExitState|AddToFavorites|Share.*)$/

/** Runs `before` and then what the page has of its own; the page's answer is the answer. */
function hook(definition: Definition, name: string, before: Hook) {
  const own = definition[name] as Hook | undefined
  definition[name] = function (this: WxPage, ...rest: unknown[]) {
    before.apply(this, rest)
    return typeof own === 'function' ? own.apply(this, rest) : undefined
  }
}

const isPage = ({ route, __route__ }: WxPage) => typeof (route ?? __route__) === 'string'

function wrapHandlers(definition: Definition, listener: PageListener) {
  for (const name of Object.keys(definition)) {
    if (typeof definition[name] !== 'function' || lifecycle.test(name)) continue
    hook(definition, name, function (event) {
      const tap = event as WxTap | null | undefined
      if (typeof tap === 'object' && tap?.type === 'tap') listener.tapped(this, name, tap)
    })
  }
}

function wrapPage(definition: Definition, listener: PageListener, isSurelyPage: boolean) {
  wrapHandlers(definition, listener)
  // Adding them would put a share button on the page, so only what the page has is watched.
  for (const [name, via] of [
    ['onShareAppMessage', 'message'],
    ['onShareTimeline', 'timeline'],
  ] as const) {
    if (typeof definition[name] !== 'function') continue
    hook(definition, name, function (how) {
      listener.shared(this, via, (how as { from?: unknown } | undefined)?.from)
    })
  }
  const told = (name: string, tell: (page: WxPage, first: unknown) => void) =>
    hook(definition, name, function (first) {
      // A component may have a method of the same name.
      if (isSurelyPage || isPage(this)) tell(this, first)
    })
  told('onLoad', (page, query) => listener.loaded(page, (query ?? {}) as Record<string, string>))
  told('onShow', listener.shown)
  told('onReady', listener.ready)
  told('onHide', listener.left)
  told('onUnload', listener.left)
}

function wrapApp(definition: Definition, listener: PageListener) {
  hook(definition, 'onLaunch', (launch) => listener.appLaunched(launch))
  hook(definition, 'onShow', (launch) => listener.appShown(launch))
  hook(definition, 'onHide', () => listener.appHidden())
}

type Constructor = (definition: Definition) => unknown
// WeChat gives each file these functions as globals; only a plain assignment reaches all files.
declare let App: Constructor
declare let Page: Constructor
declare let Component: Constructor

/** Puts the SDK around `App`, `Page` and `Component`, for the definitions that follow. Returns the way to stop. */
export function watchPages(listener: PageListener): () => void {
  let isOn = true
  const wrapped = (original: Constructor, wrap: (definition: Definition) => void): Constructor =>
    function (this: unknown, definition) {
      if (isOn && definition) wrap(definition)
      return original.call(this, definition)
    }
  if (typeof App === 'function') App = wrapped(App, (app) => wrapApp(app, listener))
  if (typeof Page === 'function') Page = wrapped(Page, (page) => wrapPage(page, listener, true))
  if (typeof Component === 'function') {
    Component = wrapped(Component, (component) => {
      const { methods } = component
      if (methods && typeof methods === 'object') wrapPage(methods as Definition, listener, false)
    })
  }
  return () => {
    isOn = false
  }
}
