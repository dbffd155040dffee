import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../build.mjs'
import type { BrowserOptions, Message } from './index.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

const html = `<!doctype html><meta charset="utf-8"><title>首页</title>
<button id="plain">按钮</button>
<button data-zhike-click="apply_now" data-zhike-product-code="W01"><span>立即 申请 13812345678</span></button>
<a id="link" href="#details?card=6222021234567890">转给 6222 0212 3456 7890</a>
<input data-zhike-click="card_field" value="6222021234567890">
<div data-zhike-ignore><button data-zhike-click="private">私密</button></div>
<div style="height:3000px"></div>
<div data-zhike-expose="rate_table" data-zhike-kind="deposit" style="height:100px">利率</div>
<div data-zhike-slot="home_top" style="height:100px"><button id="in-slot">看看</button><button data-zhike-close>×</button></div>
<script src="/zhike.js"></script>`

const slot = {
  slot: 'home_top',
  placement: 'p',
  content: { title: 't', body: '', link: '' },
  decision: 'd',
  campaign: null,
}

type Client = import('./index.ts').Zhike

/** The real history, clicks, layout and storage of a browser. */
describe.skipIf(!existsSync(executablePath))('capture in Chromium', () => {
  const accepted: Message[] = []
  let requests = 0
  let script = ''
  let browser: Browser
  let context: Awaited<ReturnType<Browser['newContext']>>
  const server = createServer(async (request, response) => {
    if (request.url === '/zhike.js') return response.end(script)
    if (!request.url?.startsWith('/v1/')) {
      response.setHeader('content-type', 'text/html')
      return response.end(html)
    }
    requests++
    if (request.url.startsWith('/v1/slots')) return response.end(JSON.stringify({ slots: [slot] }))
    let body = ''
    for await (const chunk of request) body += chunk
    const { batch } = JSON.parse(body) as { batch: Message[] }
    accepted.push(...batch)
    return response.end(JSON.stringify({ accepted: batch.length, rejected: [] }))
  })

  const start = (options: Partial<BrowserOptions>) => {
    const all = globalThis as unknown as { Zhike: typeof import('./index.ts'); zhike: Client }
    all.zhike = all.Zhike.createZhike({ host: location.origin, writeKey: 'web', ...options })
  }
  const run = (page: Page, use: (zhike: Client) => unknown) =>
    page.evaluate(`(${use.toString()})(globalThis.zhike)`)
  const flush = (page: Page) => run(page, (zhike) => zhike.flush())
  const seen = (name: string) =>
    accepted
      .filter(({ event, type }) => (event ?? type) === name)
      .map(({ properties: { session: _session, ...rest } = {} }) => rest)

  async function open(options: Partial<BrowserOptions> = {}, path = '/home?utm_source=sms&card=62') {
    context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    await page.evaluate(start, options)
    return page
  }

  beforeAll(async () => {
    script = await bundle('zhike.iife.js')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
    browser = await chromium.launch({ executablePath, args })
  })
  beforeEach(() => {
    accepted.length = 0
    requests = 0
  })
  // A page left open would go on sending into the next test.
  afterEach(() => context.close())
  afterAll(async () => {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  })

  test('pages of a single-page app, by history and by hash', async () => {
    const page = await open({ capture: { sessions: false } })
    await page.evaluate(() => {
      history.pushState({}, '', '/loans?token=secret')
      history.replaceState({}, '', '/loans?step=2')
      location.hash = '#/apply?card=62'
    })
    await page.goBack()
    await page.goBack()
    await flush(page)
    await expect
      .poll(() => seen('page').map((view) => view.page))
      .toEqual(['/home', '/loans', '/loans#/apply', '/loans', '/home'])
    expect(JSON.stringify(accepted)).not.toMatch(/secret|card/)
    expect(seen('page')[0]?.url).toMatch(/\/home\?utm_source=sms$/)
  })

  test('clicks on what is marked, never the value of a field, never what is private', async () => {
    const page = await open({ capture: { pages: false, sessions: false } })
    await page.evaluate(() => {
      document.body.addEventListener('click', (event) => event.stopPropagation(), true)
    })
    await page.click('#plain')
    await page.click('[data-zhike-click=apply_now] span')
    await page.fill('input', '6222029999999999')
    await page.click('input')
    await page.click('[data-zhike-click=private]')
    await flush(page)
    expect(seen('element_clicked')).toEqual([
      { element: 'apply_now', page: '/home', product_code: 'W01' },
      { element: 'card_field', page: '/home' },
    ])
    expect(JSON.stringify(accepted)).not.toMatch(/622202|私密|138/)
  })

  test('clicks by selector, with text when asked, numbers masked and addresses cut', async () => {
    const clicks = { selector: 'button,a,input', withText: true }
    const page = await open({ capture: { pages: false, sessions: false, clicks } })
    await page.click('#plain')
    await page.click('[data-zhike-click=apply_now]')
    await page.click('#link')
    await page.fill('input', '6222029999999999')
    await page.click('input')
    await flush(page)
    expect(seen('element_clicked').map(({ element, text }) => [element, text])).toEqual([
      ['plain', '按钮'],
      ['apply_now', '立即 申请 ***'],
      ['link', '转给 ***'],
      ['card_field', undefined],
    ])
    expect(JSON.stringify(accepted)).not.toMatch(/622202|details/)
  })

  test('exposure of elements and slots, also of those that come later; clicks in a slot', async () => {
    const page = await open({ capture: { pages: false, sessions: false } })
    await run(page, (zhike) => zhike.slots(['home_top']))
    await page.locator('[data-zhike-slot]').scrollIntoViewIfNeeded()
    await page.evaluate(() => {
      const late = document.createElement('div')
      late.dataset.zhikeExpose = 'late'
      late.textContent = '新'
      document.querySelector('[data-zhike-slot]')?.append(late)
    })
    const exposed = () => [
      ...seen('element_exposed').map(({ element }) => element),
      ...seen('slot_exposed').map((s) => s.decision),
    ]
    await expect
      .poll(
        async () => {
          await flush(page)
          return exposed().sort()
        },
        { timeout: 10_000 },
      )
      .toEqual(['d', 'late', 'rate_table'])
    expect(seen('element_exposed')[0]).toMatchObject({ page: '/home' })
    await page.click('#in-slot')
    await page.click('[data-zhike-close]')
    await flush(page)
    expect([seen('slot_clicked').length, seen('slot_closed').length]).toEqual([1, 1])
  })

  test('nothing leaves and nothing is stored before consent; a withdrawal empties both', async () => {
    const page = await open({ consent: 'pending' })
    await page.click('[data-zhike-click=apply_now]')
    await flush(page)
    expect([requests, await page.evaluate(() => localStorage.length)]).toEqual([0, 0])
    await run(page, (zhike) => zhike.setConsent('granted'))
    await flush(page)
    expect(accepted.map(({ event, type }) => event ?? type)).toEqual([
      'app_opened',
      'page',
      'element_clicked',
    ])
    expect(new Set(accepted.map(({ properties }) => properties?.session)).size).toBe(1)
    await run(page, (zhike) => zhike.setConsent('denied'))
    await page.reload()
    const again: Partial<BrowserOptions> = { consent: 'granted' }
    await page.evaluate(start, again)
    await page.click('[data-zhike-click=apply_now]')
    await flush(page)
    expect(accepted.map(({ event, type }) => event ?? type)).toHaveLength(3)
    expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({ 'zhike.web.consent': 'denied' })
  })
})
