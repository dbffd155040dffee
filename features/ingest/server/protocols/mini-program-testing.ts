import { createRequire } from 'node:module'

type MiniProgramClient = {
  setPara(para: object): void
  init(): void
  track(event: string, properties?: object): void
  login(id: string): void
  setProfile(properties: object): void
  setOpenid(id: string): void
  bindOpenid(id: string): void
}

type Callbacks = { success?: (answer: object) => void; complete?: (answer: object) => void }

/**
 * The published mini-program client over a `wx` that does what WeChat's does and no more: storage, device facts, and
 * requests that go to the network.
 */
export function openMiniProgram(onRequest: (done: Promise<Response>) => void): MiniProgramClient {
  const storage = new Map<string, unknown>()
  type Request = {
    url: string
    method: string
    data: string
    header: Record<string, string>
    success?: (answer: { statusCode: number }) => void
    fail?: (error: unknown) => void
    complete?: () => void
  }
  const wx = {
    getStorageSync: (key: string) => storage.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => void storage.set(key, value),
    getStorage({ key, success, complete }: { key: string } & Callbacks) {
      success?.({ data: storage.get(key) ?? '' })
      complete?.({ data: storage.get(key) ?? '' })
    },
    getSystemInfo({ success, complete }: Callbacks) {
      const info = { brand: 'HUAWEI', model: 'P60', screenWidth: 390, screenHeight: 844, platform: 'android' }
      success?.({ ...info, system: 'Android 13', SDKVersion: '3.3.0', version: '8.0.40' })
      complete?.({})
    },
    getNetworkType({ success, complete }: Callbacks) {
      success?.({ networkType: 'wifi' })
      complete?.({})
    },
    getAccountInfoSync: () => ({
      miniProgram: { appId: 'wx0000bank', envVersion: 'release', version: '1.2.3' },
    }),
    getLaunchOptionsSync: () => ({ path: 'pages/index', query: {}, scene: 1001 }),
    onNetworkStatusChange() {},
    onAppShow() {},
    onAppHide() {},
    request({ url, method, data, header, success, fail, complete }: Request) {
      const sent = fetch(url, { method, body: data, headers: { 'content-type': 'text/plain', ...header } })
      onRequest(sent)
      sent
        .then(
          (answer) => success?.({ statusCode: answer.status }),
          (error: unknown) => fail?.(error),
        )
        .finally(() => complete?.())
    },
  }
  const globals = globalThis as unknown as Record<string, unknown>
  globals.wx = wx
  globals.App = (app: unknown) => app
  globals.Page = (page: unknown) => page
  globals.Component = (component: unknown) => component
  return createRequire(import.meta.url)('sa-sdk-miniprogram') as MiniProgramClient
}
