/** The part of WeChat's `wx` that the SDK uses. What is optional is missing in old base libraries. */
export interface Wx {
  request(options: {
    url: string
    method: string
    header: Record<string, string>
    data?: string
    dataType: string
    timeout: number
    success(answer: { statusCode: number; header?: Record<string, unknown>; data: unknown }): void
    fail(reason: unknown): void
  }): { abort(): void } | undefined
  getStorageSync(key: string): unknown
  setStorageSync(key: string, value: unknown): void
  removeStorageSync(key: string): void
  getStorageInfoSync(): { keys: string[] }
  getDeviceInfo?(): WxSystem
  getAppBaseInfo?(): WxSystem
  getSystemInfoSync?(): WxSystem
  getLaunchOptionsSync?(): WxLaunch
  onAppShow?(listen: (launch?: WxLaunch) => void): void
  onAppHide?(listen: () => void): void
  offAppShow?(listen: (launch?: WxLaunch) => void): void
  offAppHide?(listen: () => void): void
  onNetworkStatusChange?(listen: (status: { isConnected: boolean }) => void): void
  offNetworkStatusChange?(listen: (status: { isConnected: boolean }) => void): void
  createIntersectionObserver?(
    page: unknown,
    options: { thresholds: number[]; observeAll: boolean },
  ): WxIntersectionObserver
}

export interface WxSystem {
  brand?: string
  model?: string
  platform?: string
  system?: string
  language?: string
  version?: string
  SDKVersion?: string
}

/** How the mini-program was opened. */
export interface WxLaunch {
  path?: string
  scene?: number
  query?: Record<string, string>
  referrerInfo?: { appId?: string }
}

export interface WxIntersectionObserver {
  relativeToViewport(): { observe(selector: string, tell: (seen: WxIntersection) => void): void }
  disconnect(): void
}

export interface WxIntersection {
  intersectionRatio: number
  id?: string
  dataset?: Record<string, unknown>
}
