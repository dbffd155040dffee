import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type BrowserOptions, createZhike, observeExposure, type Slot } from './index.ts'
import { createTestPage } from './test-browser.ts'
import { createTestClock } from './test-clock.ts'
import { startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
let page: ReturnType<typeof createTestPage>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => {
  server.forget()
  page = createTestPage()
  for (const [name, value] of Object.entries(page.globals)) vi.stubGlobal(name, value)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})
afterAll(() => server.close())

function load(options: Partial<BrowserOptions> = {}) {
  const clock = createTestClock()
  const inits: RequestInit[] = []
  const zhike = createZhike({
    host: server.host,
    writeKey: 'web',
    now: clock.now,
    scheduler: clock.scheduler,
    capture: false,
    fetch(input, init) {
      inits.push(init!)
      return fetch(input, init)
    },
    ...options,
  })
  return { zhike, clock, inits }
}

const events = () => server.accepted.map(({ event, type }) => event ?? type)
const slot: Slot = {
  slot: 'home_top',
  placement: 'p',
  content: { title: 't', body: '', link: '' },
  decision: 'd',
  campaign: null,
}

test('a hidden page sends what waits by keepalive, once', async () => {
  const { zhike, inits } = load()
  await zhike.flush()
  zhike.track('a')
  page.setVisibility('hidden')
  page.window.dispatchEvent(new Event('pagehide'))
  await server.seen(1)
  await zhike.flush()
  expect(events()).toEqual(['a'])
  expect(inits.map(({ keepalive }) => keepalive)).toEqual([true])
})

test('the last request stays under what keepalive allows, and the rest stays stored', async () => {
  const { zhike, inits } = load({ flushAt: 1000 })
  await zhike.flush()
  for (let i = 0; i < 10; i++) zhike.track('a', { note: '汉'.repeat(4000) })
  page.window.dispatchEvent(new Event('pagehide'))
  await server.seen(1)
  expect(new TextEncoder().encode(String(inits[0]?.body)).length).toBeLessThan(60_000)
  expect(server.accepted.length).toBeLessThan(10)
  await zhike.flush()
  expect(server.accepted).toHaveLength(10)
})

test('a reload sends what the last page could not, with its visitor', async () => {
  server.misbehave('dropBeforeReading')
  const before = load()
  await before.zhike.flush()
  before.zhike.track('a')
  page.window.dispatchEvent(new Event('pagehide'))
  await server.seen(1)
  const after = load()
  after.zhike.track('b')
  await after.zhike.flush()
  expect(events()).toEqual(['a', 'b'])
  expect(new Set(server.accepted.map(({ anonymousId }) => anonymousId)).size).toBe(1)
})

test('a stored message is proven only by the token of its own customer', async () => {
  server.misbehave('dropBeforeReading')
  const before = load()
  before.zhike.identify('C1', {}, { token: 'jwt-old' })
  await before.zhike.flush()
  page.window.dispatchEvent(new Event('pagehide'))
  expect(Object.values(page.localStorage).join()).not.toContain('jwt-old')
  server.misbehave('dropBeforeReading')
  const after = load({ customerToken: undefined })
  after.zhike.identify('C1', {}, { token: 'jwt-new' })
  await after.zhike.flush()
  await after.zhike.flush()
  expect(server.accepted.map(({ context }) => context.token)).toEqual(['jwt-new', 'jwt-new'])
})

test('offline nothing is tried; online it goes', async () => {
  page.navigator.onLine = false
  const { zhike } = load()
  zhike.track('a')
  await zhike.flush()
  expect(server.requests).toHaveLength(0)
  page.navigator.onLine = true
  page.window.dispatchEvent(new Event('online'))
  await server.seen(1)
  expect(events()).toEqual(['a'])
})

test('records each path once and no secrets of the address', async () => {
  const { zhike } = load({ capture: { sessions: false }, space: 'main' })
  page.history.pushState({}, '', '/home')
  page.history.pushState({}, '', '/loans')
  await zhike.close()
  page.history.pushState({}, '', '/late')
  expect(server.accepted.map(({ properties }) => properties?.page)).toEqual(['/home', '/loans'])
  expect(server.accepted[0]?.properties).toEqual({
    page: '/home',
    url: 'https://h5.example/home?utm_source=sms',
    title: '首页',
    referrer: 'https://a.example/x',
    space: 'main',
  })
  expect(server.accepted[1]?.properties?.referrer).toBe('/home')
})

test('a visit starts with where it came from, goes on over a reload, and ends when nothing is done', async () => {
  const capture = { pages: false }
  const first = load({ capture, app: { name: 'h5', version: '3' } })
  await first.zhike.close()
  const second = load({ capture })
  second.zhike.track('a')
  second.clock.advance(29 * 60_000)
  second.zhike.track('b')
  second.clock.advance(30 * 60_000)
  second.zhike.track('c')
  await second.zhike.close()
  expect(events()).toEqual(['app_opened', 'a', 'b', 'app_opened', 'c'])
  const sessions = server.accepted.map(({ properties }) => properties?.session)
  expect(new Set(sessions.slice(0, 3)).size).toBe(1)
  expect(sessions[3]).not.toBe(sessions[0])
  expect(sessions[4]).toBe(sessions[3])
  expect(server.accepted[0]?.properties).toMatchObject({
    page: '/home',
    referrer: 'https://a.example/x',
    utm_source: 'sms',
    version: '3',
  })
})

test('the person after a log-out begins another visit', async () => {
  const { zhike, clock } = load({ capture: { pages: false } })
  zhike.track('a')
  clock.advance(1000)
  await zhike.reset()
  zhike.track('b')
  await zhike.close()
  expect(events()).toEqual(['app_opened', 'a', 'app_opened', 'b'])
  expect(new Set(server.accepted.map(({ properties }) => properties?.session)).size).toBe(2)
})

test('everything captured can be turned off', async () => {
  const { zhike } = load()
  page.history.pushState({}, '', '/loans')
  zhike.track('a')
  await zhike.close()
  expect(events()).toEqual(['a'])
  expect(server.accepted[0]?.properties).toBeUndefined()
})

test('where requests cannot outlive a page a beacon goes, with the key in it, and the messages go again', async () => {
  const beacons: { url: string; body: string }[] = []
  vi.stubGlobal('Request', class {})
  vi.stubGlobal('navigator', {
    ...page.navigator,
    sendBeacon: (url: string, body: string) => beacons.push({ url, body }) > 0,
  })
  const { zhike } = load()
  await zhike.flush()
  zhike.track('a')
  page.window.dispatchEvent(new Event('pagehide'))
  await zhike.flush()
  await zhike.flush()
  const sent = JSON.parse(beacons[0]!.body)
  expect([beacons.length, beacons[0]?.url, sent.writeKey]).toEqual([1, `${server.host}/v1/batch`, 'web'])
  expect(sent.batch[0].messageId).toBe(server.accepted[0]?.messageId)
})

test('a withdrawal in another tab holds here, and at the next load', async () => {
  const { zhike } = load()
  zhike.track('a')
  const noted = { key: 'zhike.web.consent', newValue: 'denied' }
  page.window.dispatchEvent(Object.assign(new Event('storage'), noted))
  zhike.track('b')
  await zhike.flush()
  const after = load({ consent: 'granted' })
  after.zhike.track('c')
  await after.zhike.flush()
  expect([zhike.consent(), after.zhike.consent(), server.requests.length]).toEqual(['denied', 'denied', 0])
  const keys = Array.from({ length: page.localStorage.length }, (_, i) => page.localStorage.key(i))
  expect(keys).toEqual(['zhike.web.consent'])
})

test('an exposure is half of the element for a second, once per decision', () => {
  vi.useFakeTimers()
  const exposed: string[] = []
  const zhike = { exposed: ({ decision }: Slot) => void exposed.push(decision) }
  const watch = () => observeExposure(zhike, {} as Element, slot)
  watch()
  page.scrollTo(0.6)
  vi.advanceTimersByTime(999)
  page.scrollTo(0.4)
  vi.advanceTimersByTime(5000)
  expect(exposed).toEqual([])
  page.scrollTo(0.6)
  page.setVisibility('hidden')
  vi.advanceTimersByTime(5000)
  expect(exposed).toEqual([])
  page.setVisibility('visible')
  vi.advanceTimersByTime(1000)
  watch()
  page.scrollTo(1)
  vi.advanceTimersByTime(5000)
  expect(exposed).toEqual(['d'])
})

test('a log-out in another tab holds here too', async () => {
  const { zhike } = load()
  zhike.identify('C1', {}, { token: 'jwt-1' })
  const change = { key: 'zhike.web.visitor', newValue: 'v-next' }
  page.window.dispatchEvent(Object.assign(new Event('storage'), change))
  zhike.track('next')
  await zhike.flush()
  expect(server.accepted.map(({ userId }) => userId)).toEqual(['C1', undefined])
  expect(server.accepted[1]).toMatchObject({ anonymousId: 'v-next' })
})
