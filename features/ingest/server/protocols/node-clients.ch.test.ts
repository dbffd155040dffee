import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Analytics } from '@segment/analytics-node'
import { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker'
import { CloudEvent, emitterFor, httpTransport, Mode } from 'cloudevents'
import { PostHog } from 'posthog-node'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  trustedKey,
} from '#features/ingest/server/ingest-testing.ts'
import { openMiniProgram } from '#features/ingest/server/protocols/mini-program-testing.ts'
import { sql } from '#platform/common/sql.ts'

const require = createRequire(import.meta.url)

let t: TestIngest
let host: string
beforeAll(async () => {
  t = await openTestIngest()
  await t.app.listen({ port: 0, host: '127.0.0.1' })
  host = `http://127.0.0.1:${(t.app.server.address() as AddressInfo).port}`
})
afterAll(() => t.close())
beforeEach(async () => {
  // The clients say what time it is; ours must agree, or every event would be corrected.
  t.setNow(new Date().toISOString())
  await t.clear()
})

const names = async (customerNo?: string) =>
  (await t.events())
    .filter((event) => customerNo === undefined || event.customerNo === customerNo)
    .map((event) => event.name)
    .sort()
const propsOf = async (name: string) => (await t.events()).find((event) => event.name === name)?.props
const attributesOf = async (customerNo: string) => {
  await t.ingest.flush(30)
  const row = await t.pg.first<{ attributes: object }>(
    sql`SELECT c.attributes FROM customer AS c WHERE c.customer_no = ${customerNo}`,
  )
  return row?.attributes
}
const anonymousNames = async () => {
  await t.ingest.flush(30)
  const rows = await t.ch.query<{ name: string }>(
    sql`SELECT a.name FROM event_anonymous AS a FINAL ORDER BY a.name`,
  )
  return rows.map((row) => row.name)
}

type SensorsNode = {
  submitTo(options: object): void
  track(id: string, event: string, properties?: object): void
  trackSignup(id: string, original: string, properties?: object): void
  profileSet(id: string, properties: object): void
  profileSetOnce(id: string, properties: object): void
  profileIncrement(id: string, properties: object): void
  profileAppend(id: string, properties: object): void
  profileUnset(id: string, keys: string[]): void
}

/** The client lets a process send to one address only, and remembers that in a global. */
function sensorsClient(options: object): SensorsNode {
  Reflect.deleteProperty(globalThis, 'isRunSubmitTo')
  const SensorsAnalytics = require('sa-sdk-node') as new () => SensorsNode
  const client = new SensorsAnalytics()
  client.submitTo(options)
  return client
}

/** The client answers nothing and retries by itself; the state says when all has arrived. */
const accepted = async (count: number): Promise<void> => {
  const until = Date.now() + 20_000
  while (t.ingest.status().accepted < count && Date.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  expect(t.ingest.status().accepted).toBeGreaterThanOrEqual(count)
}
const already = () => t.ingest.status().accepted

test.each([true, false])(
  'sa-sdk-node with gzip %s: events, a signup, every profile operation',
  async (gzip) => {
    const before = already()
    const id = `SA-${gzip}`
    const client = sensorsClient({
      url: `${host}/sa?project=default&token=${trustedKey}`,
      gzip,
      mode: 'track',
    })
    client.track(id, 'fund_bought', { amount: 500.5, $app_version: '1.3' })
    client.trackSignup(id, `device-${gzip}`, { source: 'branch' })
    await accepted(before + 2)
    client.profileSet(id, { job: 'teacher', city: '上海' })
    client.profileSetOnce(id, { job: 'other', first_channel: 'app' })
    client.profileIncrement(id, { visits: 2 })
    client.profileIncrement(id, { visits: 3 })
    client.profileAppend(id, { hobbies: ['tea'] })
    client.profileUnset(id, ['city'])
    await accepted(before + 8)
    expect(await names(id)).toEqual(['fund_bought', 'identified', ...Array(6).fill('profile_updated')])
    expect(await propsOf('fund_bought')).toMatchObject({ amount: '500.5', $app_version: '1.3', $lib: 'Node' })
    expect(await attributesOf(id)).toEqual({
      job: 'teacher',
      first_channel: 'app',
      visits: '5',
      hobbies: '["tea"]',
    })
  },
)

test('sa-sdk-node in debug mode only checks: nothing is stored', async () => {
  const seen = new Promise<string>((resolve) => {
    t.app.server.once('request', (request) => resolve(`${request.url} ${request.headers['dry-run']}`))
  })
  const before = already()
  const client = sensorsClient({ url: `${host}/sa?token=${trustedKey}`, mode: 'debug_only' })
  client.track('SA-DRY', 'looked_at')
  expect(await seen).toBe(`/debug?token=${trustedKey} true`)
  expect(await names('SA-DRY')).toEqual([])
  expect(already()).toBe(before)
})

test('sa-sdk-miniprogram: text bodies, a login, identities; a public key names nobody', async () => {
  const requests: Promise<Response>[] = []
  const client = openMiniProgram((sent) => requests.push(sent))
  const before = already()
  client.setPara({
    server_url: `${host}/sa?project=default&token=${publicKey}`,
    batch_send: { send_timeout: 100, max_length: 3 },
    show_log: false,
    autoTrack: {
      appLaunch: true,
      appShow: true,
      appHide: true,
      pageShow: true,
      pageShare: true,
      mpClick: false,
    },
  })
  client.init()
  client.track('loan_viewed', { product: '消费贷' })
  client.login('MP-1')
  client.setProfile({ job: 'x' })
  client.track('loan_applied')
  await accepted(before + 4)
  const answers = await Promise.all(requests)
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
  expect(await names('MP-1')).toEqual([])
  expect(await anonymousNames()).toEqual(
    expect.arrayContaining(['identified', 'loan_applied', 'loan_viewed', 'profile_updated']),
  )
  expect(await attributesOf('MP-1')).toBeUndefined()
})

test('@segment/analytics-node', async () => {
  const client = new Analytics({ writeKey: trustedKey, host, flushAt: 10 })
  client.identify({ userId: 'SEG-1', anonymousId: 'seg-device', traits: { job: 'nurse' } })
  client.track({ userId: 'SEG-1', event: 'transfer', properties: { amount: 12.5 } })
  client.page({ userId: 'SEG-1', name: 'home', properties: { url: 'https://bank.example/' } })
  client.group({ userId: 'SEG-1', groupId: 'club' })
  client.alias({ userId: 'SEG-1', previousId: 'seg-old' })
  await client.closeAndFlush()
  expect(await names('SEG-1')).toEqual(['aliased', 'group_joined', 'identified', 'page_viewed', 'transfer'])
  expect(await propsOf('transfer')).toEqual({ amount: '12.5' })
  expect(await attributesOf('SEG-1')).toEqual({ job: 'nurse' })
})

test('@rudderstack/rudder-sdk-node: gzip under a wrong content type', async () => {
  const Rudder = require('@rudderstack/rudder-sdk-node') as new (
    key: string,
    options: object,
  ) => { track(m: object): void; identify(m: object): void; flush(): Promise<unknown> }
  const client = new Rudder(trustedKey, { dataPlaneUrl: host, flushAt: 20, logLevel: 'silly' })
  const before = already()
  client.track({ userId: 'RUD-1', event: 'card_bound', properties: { product: 'credit' } })
  client.identify({ userId: 'RUD-1', traits: { city: '成都' } })
  await client.flush()
  await accepted(before + 2)
  expect(await names('RUD-1')).toEqual(['card_bound', 'identified'])
  expect(await attributesOf('RUD-1')).toEqual({ city: '成都' })
})

test.each([Mode.BINARY, Mode.STRUCTURED])('cloudevents, %s', async (mode) => {
  const emit = emitterFor(httpTransport(`${host}/v1/cloudevents?key=${trustedKey}`), { mode })
  const no = `CE-${mode}`
  const event = new CloudEvent({
    type: 'bank.transfer',
    source: '/core',
    subject: no,
    data: { amount: 5 },
    tenant: 'sh',
  })
  const profile = new CloudEvent({
    ...{ type: 'zhike.profile.set', source: '/core', subject: no, data: { job: 'clerk' } },
  })
  await emit(event)
  await emit(event)
  await emit(profile)
  expect(await names(no)).toEqual(['bank.transfer', 'profile_updated'])
  expect(await propsOf('bank.transfer')).toEqual({ amount: '5', tenant: 'sh', ce_source: '/core' })
  expect(await attributesOf(no)).toEqual({ job: 'clerk' })
})

test('posthog-node', async () => {
  const client = new PostHog(trustedKey, { host, flushAt: 20, flushInterval: 0 })
  client.capture({ distinctId: 'PH-1', event: 'quote_asked', properties: { product: 'gold' } })
  client.identify({ distinctId: 'PH-1', properties: { $set: { job: 'cook' }, $set_once: { first: 'web' } } })
  client.alias({ distinctId: 'PH-1', alias: 'ph-device' })
  client.groupIdentify({ groupType: 'company', groupKey: 'g', properties: { size: 1 } })
  expect(await client.getAllFlags('PH-1')).toEqual({})
  await client.shutdown()
  expect(await names('PH-1')).toEqual([
    ...['aliased', 'identified', 'profile_updated', 'profile_updated', 'quote_asked'],
  ])
  expect(await attributesOf('PH-1')).toEqual({ job: 'cook', first: 'web' })
})

test.each(['post', 'get'] as const)('@snowplow/node-tracker by %s', async (eventMethod) => {
  const before = already()
  const sent: Promise<Response>[] = []
  const customFetch = (input: Request): Promise<Response> => {
    const answer = fetch(input)
    sent.push(answer)
    return answer
  }
  const tracker = newTracker(
    { namespace: 'n', appId: trustedKey, encodeBase64: eventMethod === 'post' },
    { endpoint: host, eventMethod, bufferSize: 1, customFetch },
  )
  const no = `SP-${eventMethod}`
  tracker.setUserId(no)
  tracker.track(buildPageView({ pageUrl: 'https://bank.example/loans', pageTitle: '贷款' }))
  tracker.track(buildStructEvent({ category: 'loan', action: 'calculated', label: 'l', value: 3 }))
  tracker.track(
    buildSelfDescribingEvent({
      event: { schema: 'iglu:com.bank/repayment/jsonschema/1-0-0', data: { amount: 5 } },
    }),
    [{ schema: 'iglu:com.bank/branch/jsonschema/1-0-0', data: { code: 'B1' } }],
  )
  tracker.track(
    buildSelfDescribingEvent({
      event: { schema: 'iglu:com.zhike/profile_set/jsonschema/1-0-0', data: { job: 'pilot' } },
    }),
  )
  await accepted(before + 4)
  expect((await Promise.all(sent)).every((answer) => answer.ok)).toBe(true)
  expect(await names(no)).toEqual(['calculated', 'page_viewed', 'profile_updated', 'repayment'])
  expect(await propsOf('repayment')).toMatchObject({ amount: '5', 'branch.code': 'B1' })
  expect(await propsOf('calculated')).toMatchObject({ category: 'loan', value: '3' })
  expect(await attributesOf(no)).toEqual({ job: 'pilot' })
})
