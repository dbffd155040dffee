import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStorage, type ZhikeStorage } from './storage.ts'
import { createTestClient } from './test-client.ts'
import { startTestServer } from './test-server.ts'
import type { ZhikeOptions } from './zhike.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

const setUp = (options: Partial<ZhikeOptions> = {}) => createTestClient({ host: server.host, ...options })

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
  const { zhike, rejections, losses } = setUp()
  zhike.track('a')
  await zhike.flush()
  expect(rejections).toEqual(['id-2 WRITE_KEY_UNKNOWN'])
  expect(losses).toEqual([['WRITE_KEY_UNKNOWN', 1]])
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
  const { zhike, dropped, losses } = setUp({ maxQueue: 2 })
  for (const event of ['a', 'b', 'c']) zhike.track(event)
  await zhike.flush()
  expect(events()).toEqual(['b', 'c'])
  expect(dropped).toEqual([[1, 'queue_full']])
  expect(losses).toEqual([['queue_full', 1]])
})

test('over the bound of bytes too, but the last one always stays', async () => {
  const { zhike, dropped } = setUp({ maxQueueBytes: 5000 })
  for (const event of ['a', 'b', 'c']) zhike.track(event, { note: 'x'.repeat(2000) })
  zhike.track('large', { note: 'x'.repeat(8000) })
  await zhike.flush()
  expect(events()).toEqual(['large'])
  expect(dropped.map(([count]) => count)).toEqual([1, 2])
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
