import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../packages/sdk/src/message.ts'
import { createTestToken } from '../../packages/sdk/src/test-token.ts'
// @ts-expect-error the example is plain JavaScript
import { serveExample } from './serve.mjs'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const slot = {
  slot: 'home_top',
  placement: 'p',
  content: { title: '三年期大额存单', body: '', link: '/x' },
  decision: 'd',
  campaign: null,
}

describe.skipIf(!existsSync(executablePath))('the web page example in Chromium', () => {
  const accepted: Message[] = []
  let collecting = 0
  let browser: Browser
  let example: { url: string; close(): Promise<void> }

  /** Stands for Zhike on another origin, with the answers browsers ask for before they post there. */
  const zhike = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'authorization, content-type, x-customer-token')
    if (request.method === 'OPTIONS') return response.writeHead(204).end()
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url === '/demo/become') {
      const { customerNo } = JSON.parse(body) as { customerNo: string }
      const iat = Math.floor(Date.now() / 1000)
      const token = createTestToken({ sub: customerNo, iat, exp: iat + 600 })
      return response.end(JSON.stringify({ token, writeKey: 'public' }))
    }
    collecting++
    if (request.url?.startsWith('/v1/slots')) return response.end(JSON.stringify({ slots: [slot] }))
    const { batch } = JSON.parse(body) as { batch: Message[] }
    accepted.push(...batch)
    return response.end(JSON.stringify({ accepted: batch.length, rejected: [] }))
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => zhike.listen(0, '127.0.0.1', resolve))
    const zhikeUrl = `http://127.0.0.1:${(zhike.address() as AddressInfo).port}`
    example = await serveExample({ zhikeUrl, customerNo: 'C00000001' })
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
    browser = await chromium.launch({ executablePath, args })
  })
  afterAll(async () => {
    await browser?.close()
    await example?.close()
    zhike.closeAllConnections()
    zhike.close()
  })

  test('asks, records, knows the customer, forgets them again', async () => {
    const page = await browser.newPage()
    await page.goto(example.url)
    await page.click('[data-zhike-click=apply_deposit]')
    await page.fill('#card', '6222021234567890')
    await page.click('#card')
    await page.waitForSelector('#consent:not([hidden])')
    expect([collecting, await page.evaluate(() => localStorage.length)]).toEqual([0, 0])

    await page.click('#agree')
    const names = () => accepted.map(({ event, type }) => event ?? type)
    const allOf = (...wanted: string[]) => wanted.filter((name) => !names().includes(name))
    const all = ['app_opened', 'page', 'element_clicked', 'element_exposed', 'slot_exposed']
    await expect.poll(() => allOf(...all), { timeout: 15_000 }).toEqual([])

    await page.click('#log-in')
    await expect
      .poll(() => accepted.find(({ type }) => type === 'identify')?.userId, { timeout: 15_000 })
      .toBe('C00000001')
    await page.click('#log-out')
    await page.click('[data-zhike-click=apply_deposit]')
    await expect
      .poll(() => new Set(accepted.map(({ anonymousId }) => anonymousId)).size, { timeout: 15_000 })
      .toBe(2)
    expect(accepted.at(-1)?.userId).toBeUndefined()
    await page.click('#withdraw')
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['zhike.public.consent'])
    expect(JSON.stringify(accepted)).not.toContain('6222021')
  })
})
