import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../build.mjs'
import { startTestServer } from './test-server.ts'
import { createTestToken } from './test-token.ts'
import { createTestPhone } from './test-wx.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const token = createTestToken({ sub: 'C1' })
const slot = {
  slot: 'home_top',
  placement: 'p',
  content: { title: '定期', body: '', link: '' },
  decision: 'd',
  campaign: null,
}

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

const seen = () => server.accepted.map(({ event, type, userId }) => [event ?? type, userId])

/** The examples in the order they stand in: page, mini-program, Node, types. */
const examplesOf = (readme: string) =>
  [
    ...readFileSync(new URL(`../${readme}`, import.meta.url), 'utf8').matchAll(/```[jt]s\n([\s\S]*?)```/g),
  ].map(([, code = '']) => code.replaceAll('http://localhost:4600', server.host))

describe.each(['README.md', 'README.zh-CN.md'])(
  'the examples of %s run against the built package',
  (readme) => {
    test.skipIf(!existsSync(executablePath))('in a page', async () => {
      server.answers.set('/v1/slots?slot=home_top', { slots: [slot] })
      const [example = ''] = examplesOf(readme)
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
      try {
        const page = await browser.newPage()
        const html = '<div data-slot="home_top"></div><script type="module" src="/example.js"></script>'
        const files: Record<string, [string, string]> = {
          '/': ['text/html', html],
          '/example.js': ['text/javascript', example.replace('@zhike/sdk', '/zhike.js')],
          '/zhike.js': ['text/javascript', await bundle('zhike.js')],
          '/my-bank/zhike-token': ['application/json', JSON.stringify({ token })],
        }
        await page.route('**/*', (route) => {
          const [contentType, body] = files[new URL(route.request().url()).pathname] ?? []
          return body === undefined ? route.continue() : route.fulfill({ contentType, body })
        })
        await page.goto(`${server.host}/`)
        await expect.poll(seen, { timeout: 10_000 }).toContainEqual(['identify', 'C1'])
        expect(seen()).toContainEqual(['flow_started', undefined])
        expect(await page.textContent('[data-slot]')).toBe('定期')
      } finally {
        await browser.close()
      }
    })

    test('in a mini-program', async () => {
      const app = createTestPhone().start()
      const sdk = app.run(await bundle('miniprogram/index.js'))
      app.run(examplesOf(readme)[1] ?? '', { '@zhike/sdk': sdk })
      app.launch()
      const { zhike } = app.definitions.app as { zhike: import('./zhike.ts').Zhike }
      zhike.setConsent('granted')
      await zhike.flush()
      expect(seen()).toEqual([['app_opened', undefined]])
    })

    test('in Node', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'zhike-readme-'))
      try {
        writeFileSync(join(folder, 'node.mjs'), await bundle('node.js'))
        const example = (examplesOf(readme)[2] ?? '').replace('@zhike/sdk/node', './node.mjs')
        writeFileSync(join(folder, 'example.mjs'), example)
        await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: folder })
        expect(seen()).toEqual([
          ['identify', 'BERKA-1'],
          ['money_in', 'BERKA-1'],
        ])
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  },
)
