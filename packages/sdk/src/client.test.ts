import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createClient, type ZhikeOptions } from './client.ts'
import { memoryStorage, type ZhikeStorage } from './storage.ts'
import { createTestClock } from './test-clock.ts'
import { startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

function setUp(options: Partial<ZhikeOptions> = {}) {
  const clock = createTestClock()
  const rejections: string[] = []
  const dropped: [number, string][] = []
  let ids = 0
  const zhike = createClient(
    {
      host: server.host,
      writeKey: 'demo',
      now: clock.now,
      scheduler: clock.scheduler,
      newId: () => `id-${++ids}`,
      random: () => 1,
      onRejected: ({ messageId, code }) => void rejections.push(`${messageId} ${code}`),
      onDropped: (count, reason) => void dropped.push([count, reason]),
      ...options,
    },
    { storage: memoryStorage },
  )
  return { zhike, clock, rejections, dropped }
}

const events = () => server.accepted.map(({ event, type }) => event ?? type)
const tokens = () => server.accepted.map(({ context }) => context.token)
const customers = () => server.accepted.map(({ userId }) => userId)
const visitors = () => server.accepted.map(({ anonymousId }) => anonymousId)

test('sends the Segment wire format with the write key as basic auth', async () => {
  const { zhike } = setUp({ app: { name: 'h5', version: '3' } })
  zhike.track('money_in', { amount: 5 })
  await zhike.flush()
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('demo:')}`)
  expect(JSON.parse(server.requests[0]!.body)).toEqual({
    batch: [
      {
        type: 'track',
        event: 'money_in',
        properties: { amount: 5 },
        anonymousId: 'id-1',
        messageId: 'id-2',
        timestamp: '2024-01-15T00:00:00.000Z',
        context: { library: { name: '@zhike/sdk', version: '0.1.0' }, app: { name: 'h5', version: '3' } },
      },
    ],
    sentAt: '2024-01-15T00:00:00.000Z',
  })
})

test('sends at flushAt messages, or after the interval', async () => {
  const { zhike, clock } = setUp({ flushAt: 2, flushIntervalMs: 2000 })
  await zhike.flush()
  zhike.track('a')
  expect(clock.waits()).toEqual([2000])
  clock.advance(2000)
  await server.seen(1)
  await zhike.flush()
  zhike.track('b')
  zhike.track('c')
  await server.seen(2)
  expect(events()).toEqual(['a', 'b', 'c'])
})

test('keeps properties as they were when tracked', async () => {
  const { zhike } = setUp()
  const properties = { amount: 1 }
  zhike.track('money_in', properties)
  properties.amount = 2
  await zhike.flush()
  expect(server.accepted[0]?.properties).toEqual({ amount: 1 })
})

test.each([
  ['a 500', { status: 500 }],
  ['a closed connection', 'dropBeforeReading'],
  ['a captive portal that says 200', 'captivePortal'],
] as const)('retries after %s with the same messageId', async (_name, behaviour) => {
  server.misbehave(behaviour)
  const { zhike, clock } = setUp()
  zhike.track('a')
  await zhike.flush()
  expect(clock.waits()).toEqual([1000])
  clock.advance(1000)
  await zhike.flush()
  expect(server.accepted.map(({ messageId }) => messageId)).toEqual(['id-2'])
})

test('waits twice as long after each failure', async () => {
  server.misbehave({ status: 503 }, { status: 503 }, { status: 503 })
  const { zhike, clock } = setUp()
  zhike.track('a')
  const waits: number[] = []
  for (let i = 0; i < 3; i++) {
    await zhike.flush()
    waits.push(...clock.waits())
  }
  expect(waits).toEqual([1000, 2000, 4000])
})

test('a batch accepted without an answer comes again with the same messageId', async () => {
  server.misbehave('dropAfterAccepting')
  const { zhike } = setUp()
  zhike.track('a')
  await zhike.flush()
  await zhike.flush()
  expect(server.accepted.map(({ messageId }) => messageId)).toEqual(['id-2', 'id-2'])
})

test('a Retry-After holds even for an explicit flush', async () => {
  server.misbehave({ status: 429, headers: { 'retry-after': '30' } })
  const { zhike, clock } = setUp()
  zhike.track('a')
  await zhike.flush()
  await zhike.flush()
  expect(server.requests).toHaveLength(1)
  expect(clock.waits()).toEqual([30_000])
  clock.advance(30_000)
  await server.seen(2)
  expect(events()).toEqual(['a'])
})

test('a server that hangs is given up after the timeout', async () => {
  server.misbehave('hang')
  const { zhike, clock } = setUp({ requestTimeoutMs: 5000 })
  zhike.track('a')
  const flushed = zhike.flush()
  await server.seen(1)
  clock.advance(5000)
  await flushed
  await zhike.flush()
  expect(events()).toEqual(['a'])
})

test('one rejected message is reported and the others are delivered', async () => {
  server.misbehave({ rejectEvent: 'bad' })
  const { zhike, rejections } = setUp()
  for (const event of ['a', 'bad', 'b']) zhike.track(event)
  await zhike.flush()
  await zhike.flush()
  expect(events()).toEqual(['a', 'b'])
  expect(rejections).toEqual(['id-3 UNKNOWN_EVENT'])
  expect(server.requests).toHaveLength(1)
})

test('a refused batch is dropped and reported', async () => {
  server.misbehave({ status: 401, body: { code: 'WRITE_KEY_UNKNOWN' } })
  const { zhike, rejections } = setUp()
  zhike.track('a')
  await zhike.flush()
  expect(rejections).toEqual(['id-2 WRITE_KEY_UNKNOWN'])
})

test('a batch too large for the server is halved', async () => {
  server.misbehave({ status: 413 })
  const { zhike, rejections } = setUp()
  for (const event of ['a', 'b', 'c']) zhike.track(event)
  await zhike.flush()
  expect(events()).toEqual(['a', 'b', 'c'])
  expect(server.requests).toHaveLength(3)
  expect(rejections).toEqual([])
})

test('what cannot be sent is reported and never throws', () => {
  const { zhike, rejections } = setUp()
  zhike.track('a', { amount: 1n })
  zhike.track('b', { note: '汉'.repeat(11_000) })
  expect(rejections).toEqual(['id-2 NOT_SERIALISABLE', 'id-3 TOO_LARGE'])
})

test('over the bound the oldest are dropped and counted', async () => {
  const { zhike, dropped } = setUp({ maxQueue: 2 })
  for (const event of ['a', 'b', 'c']) zhike.track(event)
  await zhike.flush()
  expect(events()).toEqual(['b', 'c'])
  expect(dropped).toEqual([[1, 'queue_full']])
})

test('the token goes with identify and what follows, and never into storage', async () => {
  const stored: string[] = []
  const storage: ZhikeStorage = { ...memoryStorage(), append: (m) => void stored.push(JSON.stringify(m)) }
  const { zhike } = setUp({ storage })
  zhike.track('before')
  zhike.identify('C1', { tier: 'gold' }, { token: 'jwt-1' })
  zhike.track('after')
  await zhike.flush()
  expect(tokens()).toEqual([undefined, 'jwt-1', 'jwt-1'])
  expect(customers()).toEqual([undefined, 'C1', 'C1'])
  expect(stored).toHaveLength(3)
  expect(stored.join()).not.toContain('jwt-1')
})

test('after log-out the next person is neither the customer nor the visitor', async () => {
  server.misbehave({ status: 500 })
  const { zhike } = setUp()
  zhike.identify('C1', {}, { token: 'jwt-1' })
  const done = zhike.reset()
  zhike.track('next')
  await done
  await zhike.flush()
  expect(customers()).toEqual(['C1', undefined])
  expect(tokens()).toEqual(['jwt-1', undefined])
  expect(new Set(visitors()).size).toBe(2)
})

test('the visitor can be kept over a log-out', async () => {
  const { zhike } = setUp({ newVisitorOnReset: false })
  zhike.identify('C1')
  void zhike.reset()
  zhike.track('next')
  await zhike.flush()
  expect(new Set(visitors()).size).toBe(1)
})

test('another customer without a log-out is another visitor with another token', async () => {
  const { zhike } = setUp()
  zhike.identify('C1', {}, { token: 'jwt-1' })
  zhike.identify('C2', {}, { token: 'jwt-2' })
  await zhike.flush()
  expect(tokens()).toEqual(['jwt-1', 'jwt-2'])
  expect(new Set(visitors()).size).toBe(2)
})

test('customerToken is asked for each sending, and not after log-out', async () => {
  let asked = 0
  const { zhike } = setUp({ customerToken: async () => `jwt-${++asked}` })
  zhike.identify('C1')
  await zhike.flush()
  zhike.track('a')
  await zhike.flush()
  await zhike.reset()
  zhike.track('b')
  await zhike.flush()
  expect(tokens()).toEqual(['jwt-1', 'jwt-2', undefined])
})

test('a log-out right after an event still proves it', async () => {
  const { zhike } = setUp({ customerToken: async () => 'jwt-1' })
  zhike.identify('C1')
  await zhike.reset()
  expect(tokens()).toEqual(['jwt-1'])
})

test('when the token cannot be fetched the messages wait for it', async () => {
  let isDown = true
  const { zhike, clock } = setUp({
    customerToken: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve('jwt-1')),
  })
  zhike.identify('C1')
  await zhike.flush()
  expect(server.requests).toHaveLength(0)
  expect(clock.waits()).toEqual([1000])
  isDown = false
  await zhike.flush()
  expect(tokens()).toEqual(['jwt-1'])
})

test('a server names the customer in each call and shares no visitor between them', async () => {
  const { zhike } = setUp({ isIdentityRemembered: false })
  zhike.identify('C1', { tier: 'gold' })
  zhike.track('money_in', {}, { userId: 'C2' })
  zhike.alias('C3')
  zhike.track('app_opened')
  await zhike.flush()
  expect(customers()).toEqual(['C1', 'C2', 'C3', undefined])
  expect(visitors()).toEqual([undefined, undefined, undefined, 'id-1'])
  expect(server.accepted[2]).not.toHaveProperty('previousId')
})

test('before consent messages wait in memory only, and take the stored visitor afterwards', async () => {
  const storage = memoryStorage()
  storage.writeVisitor('known')
  const { zhike } = setUp({ requireConsent: true, storage })
  zhike.track('a')
  await zhike.flush()
  expect(await zhike.slots(['home_top'])).toEqual([])
  expect(server.requests).toHaveLength(0)
  expect(storage.open()).toEqual([])
  zhike.consent(true)
  await zhike.flush()
  expect(visitors()).toEqual(['known'])
})

test('without consent nothing leaves, nothing is stored, nothing is remembered', async () => {
  const storage = memoryStorage()
  const { zhike, dropped } = setUp({ storage })
  zhike.track('a')
  zhike.consent(false)
  zhike.track('b')
  zhike.identify('C1')
  await zhike.flush()
  await zhike.readInbox('m-1')
  expect(server.requests).toHaveLength(0)
  expect([storage.open(), storage.readVisitor()]).toEqual([[], undefined])
  expect(dropped).toEqual([[1, 'consent']])
  zhike.consent(true)
  zhike.track('c')
  await zhike.flush()
  expect([events(), customers()]).toEqual([['c'], [undefined]])
  expect(visitors()).not.toEqual(['id-1'])
})

test('slots are asked with the customer token; exposed and clicked are events', async () => {
  const slot = {
    slot: 'home_top',
    placement: 'p1',
    content: { title: '定期', body: '', link: '/x' },
    decision: 'd1',
    campaign: 'c1',
  }
  server.answers.set('/v1/slots?slot=home_top&slot=mine', { slots: [slot] })
  const { zhike } = setUp()
  zhike.identify('C1', {}, { token: 'jwt-1' })
  const slots = await zhike.slots(['home_top', 'mine'])
  const { method, path, headers } = server.requests[0]!
  expect([method, path]).toEqual(['GET', '/v1/slots?slot=home_top&slot=mine'])
  expect(headers).toMatchObject({ authorization: `Basic ${btoa('demo:')}`, 'x-customer-token': 'jwt-1' })
  expect(slots).toEqual([slot])
  zhike.exposed(slots[0]!)
  zhike.clicked(slots[0]!)
  await zhike.flush()
  expect(events()).toEqual(['identify', 'slot_exposed', 'slot_clicked'])
  expect(server.accepted[1]?.properties).toEqual({ ...slot, content: '定期' })
})

test('an answer for somebody who has logged out meanwhile is not shown', async () => {
  server.answers.set('/v1/inbox', { items: [{ messageId: 'm1' }] })
  const { zhike } = setUp()
  zhike.identify('C1', {}, { token: 'jwt-1' })
  const asked = zhike.inbox()
  await zhike.reset()
  expect(await asked).toEqual([])
})

test('the inbox is listed and read', async () => {
  server.answers.set('/v1/inbox', { items: [{ messageId: 'm/1' }] })
  const { zhike } = setUp()
  expect(await zhike.inbox()).toEqual([{ messageId: 'm/1' }])
  await zhike.readInbox('m/1')
  expect(server.requests[1]).toMatchObject({ method: 'POST', path: '/v1/inbox/m%2F1/read' })
})

test('a refused call throws the code of the problem', async () => {
  server.misbehave({ status: 403, body: { code: 'TOKEN_EXPIRED', detail: 'The token has expired.' } })
  const { zhike } = setUp()
  await expect(zhike.inbox()).rejects.toMatchObject({ status: 403, code: 'TOKEN_EXPIRED' })
})

test('close sends what waits, and counts what it could not keep', async () => {
  server.misbehave('ok', { status: 500 })
  const first = setUp()
  first.zhike.track('a')
  await first.zhike.close()
  first.zhike.track('late')
  const second = setUp()
  second.zhike.track('b')
  await second.zhike.close()
  expect(events()).toEqual(['a'])
  expect([first.dropped, second.dropped]).toEqual([[], [[1, 'closed']]])
  expect(second.clock.waits()).toEqual([])
})
