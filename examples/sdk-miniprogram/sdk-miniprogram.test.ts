import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error the build is plain JavaScript
import { bundle } from '../../packages/sdk/build.mjs'
import { startTestServer } from '../../packages/sdk/src/test-server.ts'
import { createTestPhone } from '../../packages/sdk/src/test-wx.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

const slot = {
  slot: 'mini_home',
  placement: 'p',
  content: { title: '三年期大额存单', body: '', link: '/pages/deposit/index' },
  decision: 'd',
  campaign: null,
}

test('the example asks first, then records what is marked', async () => {
  const server = await startTestServer()
  try {
    server.answers.set('/v1/slots?slot=mini_home', { slots: [slot] })
    const app = createTestPhone().start({ path: 'pages/home/index', query: { utm_source: 'wecom' } })
    const sdk = app.run(await bundle('miniprogram/index.js'))
    app.run(read('app.js').replace('https://zhike.bank.example', server.host), { '@zhike/sdk': sdk })
    app.provide('getApp', () => app.definitions.app)
    app.run(read('pages/home/index.js'))
    app.launch()
    const page = app.openPage(app.definitions.pages[0]!, 'pages/home/index')
    const { zhike } = app.definitions.app as { zhike: import('../../packages/sdk/src/miniprogram.ts').Zhike }
    await zhike.flush()
    expect(server.requests).toHaveLength(0)

    page('agree')
    await expect.poll(() => page.data().slot).toBeTruthy()
    page('apply', {
      type: 'tap',
      timeStamp: 1,
      currentTarget: { dataset: { zhikeClick: 'apply_deposit', zhikeProductCode: 'CD3Y' } },
    })
    await zhike.flush()
    expect(server.accepted.map(({ event, type }) => event ?? type)).toEqual([
      'app_opened',
      'page',
      'element_clicked',
      'flow_started',
    ])
    expect(server.accepted[2]?.properties).toMatchObject({ element: 'apply_deposit', product_code: 'CD3Y' })
  } finally {
    await server.close()
  }
})
