import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStorage } from './storage.ts'
import { createTestClient } from './test-client.ts'
import { startTestServer } from './test-server.ts'
import type { ZhikeOptions } from './zhike.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

const events = () => server.accepted.map(({ event, type }) => event ?? type)
const visitors = () => server.accepted.map(({ anonymousId }) => anonymousId)

function setUp(options: Partial<ZhikeOptions>, asked: string[] = []) {
  const context = () => {
    asked.push('device')
    return { device: { model: 'M1' } }
  }
  return createTestClient({ host: server.host, ...options }, { context })
}

test('before consent messages wait in memory only; no request, no storage, no look at the device', async () => {
  const storage = memoryStorage()
  storage.writeNote('visitor', 'known')
  const asked: string[] = []
  const { zhike, clock } = setUp({ consent: 'pending', storage, flushAt: 1 }, asked)
  zhike.track('a')
  zhike.identify('C1', {}, { token: 'jwt-1' })
  await zhike.flush()
  clock.advance(60_000)
  expect(await zhike.slots(['home_top'])).toEqual([])
  await zhike.readInbox('m-1')
  expect([server.requests.length, storage.open(), asked]).toEqual([0, [], []])
  zhike.setConsent('granted')
  await zhike.flush()
  expect([events(), visitors()]).toEqual([
    ['a', 'identify'],
    ['known', 'known'],
  ])
  expect(server.accepted[0]?.context).toMatchObject({ device: { model: 'M1' } })
})

test('what was made before consent can be left out altogether', async () => {
  const { zhike } = setUp({ consent: 'pending', beforeConsent: 'drop' })
  zhike.track('a')
  zhike.setConsent('granted')
  zhike.track('b')
  await zhike.flush()
  expect(events()).toEqual(['b'])
})

test('or be kept in storage, and still not leave', async () => {
  const storage = memoryStorage()
  const options = { consent: 'pending', beforeConsent: 'storage', storage } as const
  const first = setUp(options)
  first.zhike.track('a')
  await first.zhike.flush()
  await first.zhike.close()
  expect([(await storage.open()).length, server.requests.length, first.dropped]).toEqual([
    1,
    0,
    [[1, 'closed']],
  ])
  const second = setUp(options)
  second.zhike.setConsent('granted')
  await second.zhike.flush()
  expect(events()).toEqual(['a'])
})

test('the answer is remembered on the device and stands over the setting', async () => {
  const storage = memoryStorage()
  setUp({ consent: 'pending', storage }).zhike.setConsent('granted')
  const yes = setUp({ consent: 'pending', storage }).zhike
  expect(yes.consent()).toBe('granted')
  yes.setConsent('denied')
  expect(setUp({ consent: 'granted', storage }).zhike.consent()).toBe('denied')
  expect(setUp({ consent: 'pending', storage }).zhike.consent()).toBe('denied')
})

test('a setting of denied always wins, and clears what earlier visits stored', async () => {
  const storage = memoryStorage()
  setUp({ consent: 'pending', storage }).zhike.setConsent('granted')
  const { zhike } = setUp({ consent: 'denied', storage })
  zhike.track('a')
  await zhike.flush()
  expect([zhike.consent(), storage.readNote('visitor'), server.requests.length]).toEqual([
    'denied',
    undefined,
    0,
  ])
})

test('a withdrawal clears the queue and all ids, and counts what it gave up', async () => {
  const storage = memoryStorage()
  const { zhike, dropped, losses } = setUp({ storage })
  zhike.track('a')
  zhike.setConsent('denied')
  zhike.track('b')
  zhike.identify('C1')
  await zhike.flush()
  await zhike.readInbox('m-1')
  expect(server.requests).toHaveLength(0)
  expect([storage.open(), storage.readNote('visitor')]).toEqual([[], undefined])
  expect([dropped, losses]).toEqual([[[1, 'consent']], [['consent', 1]]])
  zhike.setConsent('granted')
  zhike.track('c')
  await zhike.flush()
  expect([events(), server.accepted[0]?.userId]).toEqual([['c'], undefined])
  expect(visitors()).not.toEqual(['id-1'])
})

test('a withdrawal while a request is under way ends it, and nothing is tried again', async () => {
  server.misbehave('hang')
  const { zhike, clock } = setUp({})
  zhike.track('a')
  const flushed = zhike.flush()
  await server.seen(1)
  zhike.setConsent('denied')
  await flushed
  clock.advance(600_000)
  expect([server.requests.length, clock.waits()]).toEqual([1, []])
})
