/** A localStorage in memory. */
export function createTestStorageArea(): Storage {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  }
}

/** Web locks shared by the tabs of one browser; a tab that dies loses its own. Only `ifAvailable` requests. */
export function createTestLocks() {
  const held = new Map<string, symbol>()
  return {
    connect() {
      const tab = Symbol('tab')
      const release = (name: string) => {
        if (held.get(name) === tab) held.delete(name)
      }
      async function request(name: string, _options: LockOptions, hold: LockGrantedCallback<unknown>) {
        // Granted in a later task, as browsers do.
        await Promise.resolve()
        if (held.has(name)) return hold(null)
        held.set(name, tab)
        await hold({ name, mode: 'exclusive' })
        release(name)
      }
      const die = () => [...held.keys()].forEach(release)
      return { manager: { request, query: async () => ({}) } as unknown as LockManager, die }
    },
  }
}

/** Enough of a window and a document to send them the events of a page's life. */
export function createTestPage() {
  const localStorage = createTestStorageArea()
  const window = Object.assign(new EventTarget(), { localStorage })
  const document = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    title: '首页',
    referrer: 'https://a.example/x?card=62',
  })
  const location = {
    origin: 'https://h5.example',
    pathname: '/home',
    search: '?token=secret&utm_source=sms',
    hash: '',
  }
  const go = (_state: unknown, _title: string, path?: string | URL | null) => {
    location.pathname = String(path)
  }
  const history = { pushState: go, replaceState: go }
  const navigator = { language: 'zh-CN', onLine: true }
  const observers: { callback: IntersectionObserverCallback }[] = []
  class IntersectionObserver {
    callback: IntersectionObserverCallback
    constructor(callback: IntersectionObserverCallback) {
      this.callback = callback
      observers.push(this)
    }
    observe() {}
    disconnect() {
      observers.splice(observers.indexOf(this), 1)
    }
  }
  const setVisibility = (state: string) => {
    document.visibilityState = state
    document.dispatchEvent(new Event('visibilitychange'))
  }
  const scrollTo = (intersectionRatio: number) => {
    for (const { callback } of observers) callback([{ intersectionRatio }] as never, {} as never)
  }
  const globals = { window, document, location, history, navigator, localStorage, IntersectionObserver }
  return { globals, setVisibility, scrollTo, ...globals }
}
