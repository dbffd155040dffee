import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../build.mjs'
import type { MiniprogramOptions } from './miniprogram.ts'
import { createTestClock } from './test-clock.ts'
import { startTestServer } from './test-server.ts'
import { createTestPhone } from './test-wx.ts'
import type { WxLaunch } from './wx-api.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
let code = ''
let phone: ReturnType<typeof createTestPhone>
beforeAll(async () => {
  server = await startTestServer()
  code = await bundle('miniprogram/index.js')
})
beforeEach(() => {
  server.forget()
  phone = createTestPhone()
})
afterAll(() => server.close())

const events = () => server.accepted.map(({ event, type }) => event ?? type)
const properties = () => server.accepted.map(({ properties: { session: _session, ...rest } = {} }) => rest)

/** The built file in an engine that knows nothing newer than ES2017, with WeChat's own functions. */
function open(options: Partial<MiniprogramOptions> = {}, launch?: WxLaunch) {
  const clock = createTestClock()
  const app = phone.start(launch)
  const sdk = app.run(code) as unknown as typeof import('./miniprogram.ts')
  const zhike = sdk.createZhike({
    host: server.host,
    writeKey: 'mini',
    now: clock.now,
    scheduler: clock.scheduler,
    ...options,
  })
  return { ...app, sdk, zhike, clock }
}

const tap = (dataset: Record<string, unknown>, timeStamp = 1) => ({
  type: 'tap',
  timeStamp,
  detail: { value: '6222021234567890' },
  currentTarget: { id: 'btn', dataset },
})

test('launch, pages, taps, shares and hiding become events', async () => {
  const launch = { path: 'pages/home/index', scene: 1047, query: { utm_source: 'wecom', token: 'secret' } }
  const app = open({ app: { name: 'mini', version: '2' }, space: 'scene' }, launch)
  app.run(`
    App({ onLaunch() {} })
    Page({
      onLoad(query) { this.loaded = query },
      apply() { return 'applied' },
      onShareAppMessage() { return { title: '定期' } },
    })`)
  app.launch()
  const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index', { utm_campaign: 'c1', card: '62' })
  expect(page('apply', tap({ zhikeClick: 'apply_now', zhikeProductCode: 'W01' }))).toBe('applied')
  expect(page('onShareAppMessage', { from: 'button' })).toEqual({ title: '定期' })
  app.clock.advance(5000)
  app.hide()
  await app.zhike.flush()
  expect(events()).toEqual(['app_opened', 'page', 'element_clicked', 'page_shared', 'app_hidden'])
  const place = { space: 'scene', version: '2' }
  expect(properties()).toEqual([
    { page: 'pages/home/index', scene: 1047, utm_source: 'wecom', ...place },
    { page: 'pages/home/index', utm_campaign: 'c1', ...place },
    { element: 'apply_now', page: 'pages/home/index', product_code: 'W01' },
    { page: 'pages/home/index', via: 'message', from: 'button' },
    { page: 'pages/home/index', seconds: 5 },
  ])
  expect(server.accepted[0]?.context).toMatchObject({ device: { model: 'P40' }, os: { name: 'android' } })
  expect(server.requests.map(({ body }) => body).join()).not.toMatch(/secret|6222021|card/)
})

test('a restart sends what waited, with its visitor and under the same ids', async () => {
  phone.isConnected = false
  const before = open({ capture: false })
  before.zhike.track('a')
  before.zhike.track('b')
  await before.zhike.flush()
  const stored = [...phone.storage.values()].join()
  phone.isConnected = true
  const after = open({ capture: false })
  after.zhike.track('c')
  await after.zhike.flush()
  expect(events()).toEqual(['a', 'b', 'c'])
  expect(new Set(server.accepted.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  for (const { messageId, event } of server.accepted) {
    if (event !== 'c') expect(stored).toContain(messageId)
  }
  expect([...phone.storage.keys()]).toEqual(['zhike.mini.visitor'])
})

test('offline nothing is tried; online it goes', async () => {
  const app = open({ capture: false })
  await app.zhike.flush()
  app.connect(false)
  app.zhike.track('a')
  await app.zhike.flush()
  expect(phone.requests).toBe(0)
  app.connect(true)
  await server.seen(1)
  expect(events()).toEqual(['a'])
})

test('a lost answer, a 429 and a refusal are met as everywhere', async () => {
  const rejected: string[] = []
  const app = open({ capture: false, onRejected: ({ code: why }) => void rejected.push(why) })
  server.misbehave('dropAfterAccepting', { status: 429, headers: { 'retry-after': '30' } })
  app.zhike.track('a')
  await app.zhike.flush()
  await app.zhike.flush()
  expect(app.clock.waits()).toEqual([30_000])
  server.misbehave('ok', { status: 401, body: { code: 'WRITE_KEY_UNKNOWN' } })
  app.clock.advance(30_000)
  await server.seen(3)
  await app.zhike.flush()
  app.zhike.track('b')
  await app.zhike.flush()
  const [first, again] = server.accepted
  expect([first?.messageId === again?.messageId, events(), rejected]).toEqual([
    true,
    ['a', 'a'],
    ['WRITE_KEY_UNKNOWN'],
  ])
})

test('nothing is stored, sent or asked of the device before consent, and the answer is remembered', async () => {
  const app = open({ consent: 'pending' })
  app.wx.getSystemInfoSync = () => {
    throw new Error('asked before consent')
  }
  app.run('App({}); Page({})')
  app.launch()
  app.openPage(app.definitions.pages[0]!, 'pages/home/index')
  await app.zhike.flush()
  expect([phone.storage.size, phone.requests]).toEqual([0, 0])
  app.zhike.setConsent('granted')
  await app.zhike.flush()
  expect(events()).toEqual(['app_opened', 'page'])
  const after = open({ consent: 'pending' })
  expect(after.zhike.consent()).toBe('granted')
  after.zhike.setConsent('denied')
  expect([...phone.storage]).toEqual([['zhike.mini.consent', 'denied']])
})

test('an element is exposed after a second of half of it, once while its page is shown', async () => {
  const app = open({ capture: { pages: false, sessions: false } })
  app.run('App({}); Page({})')
  const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index')
  const seen = (intersectionRatio: number) =>
    app.scroll({ intersectionRatio, dataset: { zhikeExpose: 'rate_table', zhikeKind: 'deposit' } })
  seen(0.6)
  app.clock.advance(999)
  seen(0.2)
  app.clock.advance(5000)
  seen(0.7)
  app.clock.advance(1000)
  seen(0.2)
  seen(0.7)
  app.clock.advance(1000)
  page('onHide')
  expect(app.observers()).toBe(0)
  page('onShow')
  seen(1)
  page('onUnload')
  app.clock.advance(1000)
  await app.zhike.flush()
  expect(events()).toEqual(['element_exposed'])
  expect(properties()[0]).toEqual({ element: 'rate_table', kind: 'deposit', page: 'pages/home/index' })
})

test('slots are shown, exposed once per decision, tapped and closed', async () => {
  const slot = {
    slot: 'home_top',
    placement: 'p',
    content: { title: 't', body: '', link: '' },
    decision: 'd',
    campaign: null,
  }
  server.answers.set('/v1/slots?slot=home_top', { slots: [slot] })
  const app = open({ capture: { pages: false, sessions: false } })
  app.run('App({}); Page({ open() {} })')
  const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index')
  const shown = await app.zhike.slots(['home_top'])
  for (let i = 0; i < 2; i++) {
    app.scroll({ intersectionRatio: 1, dataset: { zhikeSlot: 'home_top' } })
    app.clock.advance(1000)
  }
  app.sdk.observeExposure(app.zhike, {}, '#banner', shown[0]!)()
  page('open', tap({ zhikeSlot: 'home_top' }, 1))
  page('open', tap({ zhikeSlot: 'home_top', zhikeClose: '' }, 2))
  await app.zhike.flush()
  expect(events()).toEqual(['slot_exposed', 'slot_clicked', 'slot_closed'])
})

test('what is marked private, a bubbling tap and a handler called by hand are not recorded', async () => {
  const app = open({ capture: { pages: false, sessions: false, clicks: { allHandlers: true } } })
  app.run('App({}); Page({ inner() {}, outer() {} }); Component({ methods: { pick() {}, onShow() {} } })')
  const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index')
  page('inner', tap({ zhikeIgnore: '' }, 1))
  page('inner', tap({}, 2))
  page('outer', tap({}, 2))
  page('inner')
  page('inner', { type: 'input', detail: { value: '张三' } })
  const methods = app.definitions.components[0]!.methods as Record<string, (event?: unknown) => void>
  methods.pick?.call({}, tap({ zhikeClick: 'pick' }, 3))
  methods.onShow?.call({})
  await app.zhike.flush()
  expect(properties().map(({ element }) => element)).toEqual(['btn', 'pick'])
})

test('coming back within the visit shows no page anew; after half an hour it is another visit', async () => {
  const app = open()
  app.run('App({}); Page({})')
  app.launch()
  const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index')
  const comeBack = (minutes: number) => {
    app.hide()
    page('onHide')
    app.clock.advance(minutes * 60_000)
    ;(app.definitions.app.onShow as () => void)()
    page('onShow')
  }
  comeBack(1)
  comeBack(31)
  await app.zhike.flush()
  expect(events()).toEqual(['app_opened', 'page', 'app_hidden', 'app_hidden', 'app_opened'])
})

test('an old WeChat without the newer functions is enough, and a full storage does not break the page', async () => {
  const errors: unknown[] = []
  const bare = phone.start()
  for (const name of ['onAppHide', 'onNetworkStatusChange', 'createIntersectionObserver'] as const) {
    delete bare.wx[name]
  }
  delete bare.wx.getLaunchOptionsSync
  delete bare.wx.getSystemInfoSync
  bare.wx.setStorageSync = () => {
    throw new Error('setStorageSync:fail exceed storage max size')
  }
  const sdk = bare.run(code) as unknown as typeof import('./miniprogram.ts')
  const zhike = sdk.createZhike({ host: server.host, writeKey: 'mini', onError: (e) => void errors.push(e) })
  bare.run('App({}); Page({})')
  bare.launch()
  bare.openPage(bare.definitions.pages[0]!, 'pages/home/index')
  await zhike.close()
  expect(events()).toEqual(['app_opened', 'page'])
  expect(errors.length).toBeGreaterThan(0)
})
