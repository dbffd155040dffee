import { createContext, runInContext } from 'node:vm'
import type { Wx, WxIntersection, WxLaunch } from './wx-api.ts'
import type { Definition } from './wx-pages.ts'

type Tell = (seen: WxIntersection) => void

/** What came to JavaScript after ES2017, and what only browsers and Node have, is not there in every WeChat. */
const forgetNewer = `
  for (const name of ['at', 'flat', 'flatMap', 'findLast', 'toSorted']) delete Array.prototype[name]
  for (const name of ['at', 'matchAll', 'replaceAll', 'trimEnd', 'trimStart', 'isWellFormed']) delete String.prototype[name]
  delete Promise.prototype.finally; delete Promise.allSettled; delete Promise.any
  delete Object.fromEntries; delete Object.hasOwn; delete globalThis.globalThis`

/** A phone: its storage and network outlive the mini-program's restarts. */
export function createTestPhone() {
  const storage = new Map<string, unknown>()
  const phone = {
    storage,
    isConnected: true,
    requests: 0,
    /** Starts the mini-program anew. */
    start: (launch?: WxLaunch) => startMiniprogram(phone, launch),
  }
  return phone
}

function createRequest(phone: ReturnType<typeof createTestPhone>): Wx['request'] {
  return ({ url, method, header, data, success, fail }) => {
    phone.requests++
    const controller = new AbortController()
    const send = async () => {
      if (!phone.isConnected) return fail({ errMsg: 'request:fail' })
      try {
        const response = await fetch(url, { method, headers: header, body: data, signal: controller.signal })
        const answer = await response.text()
        success({ statusCode: response.status, header: Object.fromEntries(response.headers), data: answer })
      } catch (error) {
        fail({ errMsg: `request:fail ${error}` })
      }
    }
    void send()
    return { abort: () => controller.abort() }
  }
}

function startMiniprogram(phone: ReturnType<typeof createTestPhone>, launch: WxLaunch = {}) {
  const hidden: (() => void)[] = []
  const network: ((status: { isConnected: boolean }) => void)[] = []
  const observers = new Map<object, { selector: string; tell: Tell }>()
  const definitions = { app: {} as Definition, pages: [] as Definition[], components: [] as Definition[] }
  const wx: Wx = {
    request: createRequest(phone),
    getStorageSync: (key) => phone.storage.get(key) ?? '',
    setStorageSync: (key, value) => void phone.storage.set(key, value),
    removeStorageSync: (key) => void phone.storage.delete(key),
    getStorageInfoSync: () => ({ keys: [...phone.storage.keys()] }),
    getSystemInfoSync: () => ({ brand: 'HUAWEI', model: 'P40', platform: 'android', language: 'zh_CN' }),
    getLaunchOptionsSync: () => launch,
    onAppHide: (listen) => void hidden.push(listen),
    onNetworkStatusChange: (listen) => void network.push(listen),
    createIntersectionObserver() {
      const observer = {
        relativeToViewport: () => ({
          observe: (selector: string, tell: Tell) => void observers.set(observer, { selector, tell }),
        }),
        disconnect: () => void observers.delete(observer),
      }
      return observer
    },
  }
  const sandbox: Record<string, unknown> = {
    wx,
    console,
    setTimeout,
    clearTimeout,
    App: (app: Definition) => {
      definitions.app = app
    },
    Page: (page: Definition) => void definitions.pages.push(page),
    Component: (component: Definition) => void definitions.components.push(component),
  }
  // Neither eval nor new Function, as in WeChat.
  const context = createContext(sandbox, { codeGeneration: { strings: false, wasm: false } })
  runInContext(forgetNewer, context)

  /** Runs a file of the mini-program, with what it may require. */
  function run(code: string, modules: Record<string, unknown> = {}): Record<string, unknown> {
    const module = { exports: {} as Record<string, unknown> }
    const body = runInContext(`(function (require, module, exports) {${code}\n})`, context)
    body((name: string) => modules[name], module, module.exports)
    return module.exports
  }

  return {
    wx,
    run,
    definitions,
    launch: () => (definitions.app.onLaunch as (launch: WxLaunch) => void).call({}, launch),
    /** A page as WeChat makes it of its definition. */
    openPage(definition: Definition, route: string, query: Record<string, string> = {}) {
      const data = { ...(definition.data as Definition) }
      const setData = (changes: Definition) => void Object.assign(data, changes)
      const page: Definition = { ...definition, route, data, setData }
      const call = (name: string, ...rest: unknown[]) =>
        (page[name] as ((...rest: unknown[]) => unknown) | undefined)?.apply(page, rest)
      call('onLoad', query)
      call('onShow')
      call('onReady')
      return Object.assign(call, { data: () => data })
    },
    /** Gives the files another global function. */
    provide: (name: string, value: unknown) => {
      sandbox[name] = value
    },
    hide: () => hidden.forEach((listen) => void listen()),
    connect(isConnected: boolean) {
      phone.isConnected = isConnected
      for (const listen of network) listen({ isConnected })
    },
    /** Tells every observer of the class how much of an element is in view. */
    scroll: (seen: WxIntersection) => {
      for (const { tell } of observers.values()) tell(seen)
    },
    observers: () => observers.size,
  }
}
