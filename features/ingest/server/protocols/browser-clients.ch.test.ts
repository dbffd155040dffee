import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestIngest, publicKey, type TestIngest } from '#features/ingest/server/ingest-testing.ts'
import { noBrowser, openBrowser } from '#features/ingest/server/protocols/protocol-testing.ts'
import { sql } from '#platform/common/sql.ts'

/* The published browser clients in a real browser, on a page of another origin than the collector's. */

let t: TestIngest
let browser: Awaited<ReturnType<typeof openBrowser>>
let host: string
let requests: string[] = []

beforeAll(async () => {
  if (noBrowser) return
  ;[t, browser] = await Promise.all([openTestIngest(), openBrowser()])
  await t.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = t.app.server.address() as AddressInfo
  host = `http://localhost:${port}`
  t.app.server.on('request', (request) => requests.push(`${request.method} ${request.url?.split('?')[0]}`))
})
afterAll(async () => {
  await browser?.close()
  await t?.close()
})
beforeEach(async () => {
  if (noBrowser) return
  t.setNow(new Date().toISOString())
  await t.clear()
  requests = []
})

const accepted = async (count: number): Promise<void> => {
  const until = Date.now() + 30_000
  while (t.ingest.status().accepted < count && Date.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  expect(t.ingest.status().accepted).toBeGreaterThanOrEqual(count)
}
const already = () => t.ingest.status().accepted

type Row = { name: string; visitor: string; props: Record<string, string> }
const rows = async (): Promise<Row[]> => {
  await t.ingest.flush(30)
  return t.ch.query<Row>(sql`
    SELECT a.name, toString(a.visitor) AS visitor, a.props FROM event_anonymous AS a FINAL ORDER BY a.name`)
}
/** What the bank's server proves of a customer, as a client of another make carries it. */
const tokenOf = (customerNo: string) => t.bank.sign(customerNo, { iat: Math.floor(Date.now() / 1000) })
const attributesOf = async (customerNo: string) =>
  (
    await t.pg.first<{ attributes: object }>(
      sql`SELECT c.attributes FROM customer AS c WHERE c.customer_no = ${customerNo}`,
    )
  )?.attributes

type SensorsWindow = { sensorsDataAnalytic201505: SensorsBrowser }
type SensorsBrowser = Record<string, (...args: unknown[]) => unknown>

test.skipIf(noBrowser).each(['image', 'ajax', 'beacon', 'batch'])('sa-sdk-javascript by %s', async (way) => {
  const page = await browser.visit('sa-sdk-javascript/sensorsdata.min.js')
  const before = already()
  const customerNo = `WEB-${way}`
  const address = `${host}/sa?project=default&token=${publicKey}`
  await page.evaluate(
    ([server_url, how, no, zhike_token]) => {
      const client = (window as unknown as SensorsWindow).sensorsDataAnalytic201505
      const heatmap = { clickmap: 'not_collect', scroll_notice_map: 'not_collect' }
      const sending = how === 'batch' ? { batch_send: { send_interval: 300 } } : { send_type: how }
      client.init!({ server_url, ...sending, heatmap, show_log: false, is_track_single_page: false })
      client.quick!('autoTrack')
      client.track!('fund_viewed', { fund: '货币基金', amount: 5 })
      client.login!(no)
      client.track!('fund_bought', { amount: 8, zhike_token })
      client.setProfile!({ job: 'x', zhike_token })
      client.incrementProfile!({ visits: 2, zhike_token })
    },
    [address, way, customerNo, await tokenOf(customerNo)] as const,
  )
  // A page view, two tracks, a signup, two profile operations, and what the client says of a first visit.
  await accepted(before + 7)
  const method = way === 'image' ? 'GET' : 'POST'
  expect(new Set(requests.filter((one) => !one.startsWith('OPTIONS')))).toEqual(
    new Set([`${method} /sa.gif`]),
  )
  const found = (await t.events()).filter((event) => event.customerNo === customerNo)
  expect(found.map((event) => event.name)).toEqual(
    expect.arrayContaining(['fund_bought', 'fund_viewed', 'page_viewed', 'profile_updated']),
  )
  const viewed = found.find((event) => event.name === 'fund_viewed')
  expect(viewed?.props).toMatchObject({ fund: '货币基金', amount: '5', $lib: 'js' })
  expect(found.find((event) => event.name === 'page_viewed')?.props.page).toBe('/page')
  expect(JSON.stringify(found)).not.toContain('zhike_token')
  expect(await attributesOf(customerNo)).toMatchObject({ job: 'x', visits: '2' })
  await page.context().close()
})

type Ranger = Record<string, (...args: unknown[]) => unknown>

test.skipIf(noBrowser)('@datarangers/sdk-javascript', async () => {
  const page = await browser.visit()
  const before = already()
  const module = `${browser.origin}/modules/@datarangers/sdk-javascript/es/index.min.js`
  const content = `import client from '${module}'; window.ranger = client`
  await page.addScriptTag({ type: 'module', content })
  await page.waitForFunction('window.ranger')
  await page.evaluate(
    ([channel_domain, zhike_token]) => {
      const client = (window as unknown as { ranger: Ranger }).ranger
      client.init!({ app_id: 1234, channel_domain, log: false, disable_sdk_monitor: true })
      client.config!({ user_unique_id: 'VOLC-1', zhike_token })
      client.start!()
      client.event!('gold_viewed', { amount: 5, kind: '积存金' })
      client.profileSet!({ job: 'y' })
      client.profileIncrement!({ visits: 1 })
      client.beconEvent!('page_left', { seconds: 3 })
    },
    [`${host}/volc/${publicKey}`, await tokenOf('VOLC-1')] as const,
  )
  // An own page view besides.
  await accepted(before + 5)
  expect(requests).toEqual(
    expect.arrayContaining([
      `POST /volc/${publicKey}/webid`,
      `POST /volc/${publicKey}/list`,
      `POST /volc/${publicKey}/profile/list`,
    ]),
  )
  const found = (await t.events()).filter((event) => event.customerNo === 'VOLC-1')
  expect(found.map((event) => event.name).sort()).toEqual([
    ...['gold_viewed', 'page_left', 'page_viewed', 'profile_updated', 'profile_updated'],
  ])
  expect(found.find((event) => event.name === 'gold_viewed')?.props).toMatchObject({
    ...{ amount: '5', kind: '积存金', sdk_lib: 'js', platform: 'web' },
  })
  expect(await attributesOf('VOLC-1')).toEqual({ job: 'y', visits: '1' })
  await page.context().close()
})

type SegmentBrowser = Record<string, (...args: unknown[]) => Promise<unknown>>

test.skipIf(noBrowser).each(['single', 'batching'])('@segment/analytics-next, %s', async (strategy) => {
  const page = await browser.visit('@segment/analytics-next/dist/umd/index.js')
  const before = already()
  const customerNo = `NEXT-${strategy}`
  // Where to send it learns from the settings alone, as one who only changes the CDN's address has it.
  await page.evaluate(
    async ([cdnURL, writeKey, how, no, token]) => {
      const { AnalyticsBrowser } = (
        window as unknown as {
          AnalyticsNext: { AnalyticsBrowser: { load(a: object, b: object): SegmentBrowser } }
        }
      ).AnalyticsNext
      const config = { strategy: how, config: { size: 6, timeout: 500 } }
      const delivery =
        how === 'batching' ? { integrations: { 'Segment.io': { deliveryStrategy: config } } } : {}
      const client = AnalyticsBrowser.load({ writeKey, cdnURL }, delivery)
      await client.page!('home')
      await client.track!('loan_viewed', { amount: 5 })
      await client.identify!(no, { job: 'z' }, { context: { token } })
      await client.group!('club', { size: 1 })
      await client.screen!('wallet')
      await client.alias!(no, 'old-device')
    },
    [host, publicKey, strategy, customerNo, await tokenOf(customerNo)] as const,
  )
  await accepted(before + 6)
  expect(requests).toContain(`GET /v1/projects/${publicKey}/settings`)
  expect(requests).toContain(strategy === 'batching' ? 'POST /v1/b' : 'POST /v1/t')
  const found = (await t.events()).filter((event) => event.customerNo === customerNo)
  expect(found.map((event) => event.name)).toEqual(
    expect.arrayContaining(['identified', 'loan_viewed', 'page_viewed']),
  )
  expect(await attributesOf(customerNo)).toEqual({ job: 'z' })
  await page.context().close()
})

test.skipIf(noBrowser)('beacons with credentials and JSON arrive from another origin', async () => {
  const page = await browser.visit()
  const before = already()
  const body = JSON.stringify({ writeKey: publicKey, event: 'left', anonymousId: 'beacon' })
  const sent = await page.evaluate(
    ([url, text]) => [
      navigator.sendBeacon(url, text),
      navigator.sendBeacon(url, new Blob([text], { type: 'application/json' })),
    ],
    [`${host}/v1/track`, body] as const,
  )
  expect(sent).toEqual([true, true])
  await accepted(before + 2)
  expect((await rows()).map((row) => row.name)).toEqual(['left', 'left'])
  await page.context().close()
})

// Where there is none, the summary says why all of these were left out.
if (noBrowser) test(`the clients of pages: ${noBrowser}`, (context) => context.skip(noBrowser))
