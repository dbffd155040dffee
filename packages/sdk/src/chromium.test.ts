import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../build.mjs'
import type { Message } from './message.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** The real locks, localStorage and keepalive; the rest is tested without a browser. */
describe.skipIf(!existsSync(executablePath))('in Chromium', () => {
  const accepted: Message[] = []
  let isDown = false
  let script = ''
  let browser: Browser
  const server = createServer(async (request, response) => {
    if (request.url === '/zhike.js') return response.end(script)
    if (request.url !== '/v1/batch') {
      response.setHeader('content-type', 'text/html')
      return response.end('<script src="/zhike.js"></script>')
    }
    let body = ''
    for await (const chunk of request) body += chunk
    if (isDown) return response.writeHead(500).end()
    const { batch } = JSON.parse(body) as { batch: Message[] }
    accepted.push(...batch)
    return response.end(JSON.stringify({ accepted: batch.length, rejected: [] }))
  })
  const start = () => {
    const all = globalThis as unknown as { Zhike: typeof import('./index.ts'); zhike: unknown }
    all.zhike = all.Zhike.createZhike({
      host: location.origin,
      writeKey: 'web',
      flushAt: 1000,
      flushIntervalMs: 1e6,
      capture: false,
    })
  }
  const track = (event: string) => (globalThis as unknown as { zhike: Zhike }).zhike.track(event)
  const flush = () => (globalThis as unknown as { zhike: Zhike }).zhike.flush()
  /** By messageId, as the server counts: a navigation fails a request the server has already read, so it comes again. */
  const events = () => [...new Map(accepted.map(({ messageId, event }) => [messageId, event])).values()]

  type Zhike = import('./index.ts').Zhike

  async function openTab(context: Awaited<ReturnType<Browser['newContext']>>) {
    const tab = await context.newPage()
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await tab.evaluate(start)
    return tab
  }

  beforeAll(async () => {
    script = await bundle('zhike.iife.js')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  })

  test('a page that goes away sends what waits', async () => {
    accepted.length = 0
    const tab = await openTab(await browser.newContext())
    await tab.evaluate(flush)
    await tab.evaluate(track, 'a')
    await tab.goto('about:blank')
    await expect.poll(events).toEqual(['a'])
  })

  test('with the server down, a reload and a closed tab lose nothing and make nothing anew', async () => {
    accepted.length = 0
    isDown = true
    const context = await browser.newContext()
    const first = await openTab(context)
    const second = await openTab(context)
    await first.evaluate(track, 'a')
    await second.evaluate(track, 'b')
    await second.evaluate(flush)
    await second.close()
    await first.reload()
    await first.evaluate(start)
    await first.evaluate(track, 'c')
    isDown = false
    // A request that met the server down may still be under way: then the next flush sends.
    await expect
      .poll(async () => {
        await first.evaluate(flush)
        return events()
      })
      .toEqual(['a', 'b', 'c'])
    expect(await first.evaluate(() => Object.keys(localStorage))).toEqual(['zhike.web.visitor'])
  })
})
