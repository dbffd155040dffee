import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestClient } from './test-client.ts'
import { startTestServer } from './test-server.ts'
import { createTestToken } from './test-token.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

const customers = () => server.accepted.map(({ userId }) => userId)
const tokens = () => server.accepted.map(({ context }) => context.token)
const setUp = (options = {}) => createTestClient({ host: server.host, ...options })

/** The bank's log-in: each token lives ten minutes from the clock it is made by. */
function createBank(nowMs: () => number, sub = 'C1') {
  let count = 0
  const bank = {
    asked: () => count,
    isDown: false,
    async token() {
      count++
      if (bank.isDown) throw new Error('down')
      const iat = Math.floor(nowMs() / 1000)
      return createTestToken({ sub, iat, exp: iat + 600, count })
    },
  }
  return bank
}

test('a token alone says who the customer is', async () => {
  const { zhike } = setUp()
  const token = createTestToken({ sub: '客户-1' })
  await zhike.setCustomer(token)
  zhike.track('a')
  await zhike.flush()
  expect([customers(), tokens()]).toEqual([
    ['客户-1', '客户-1'],
    [token, token],
  ])
})

test.each(['', 'opaque', 'a.b.c', createTestToken({ exp: 1 })])(
  'a token that names nobody is reported: %s',
  async (token) => {
    const { zhike, errors } = setUp()
    await zhike.setCustomer(token)
    zhike.track('a')
    await zhike.flush()
    expect([customers(), errors.length]).toEqual([[undefined], 1])
  },
)

test('the bank is asked again before a token expires, and not more often', async () => {
  const { zhike, clock } = setUp()
  const bank = createBank(clock.now)
  await zhike.setCustomer(bank.token)
  for (const minutes of [0, 8, 0.5, 0.6, 0]) {
    clock.advance(minutes * 60_000)
    zhike.track('a')
    await zhike.flush()
  }
  expect(bank.asked()).toBe(2)
  expect(new Set(tokens()).size).toBe(2)
})

test('a clock that is an hour late does not make a token live longer', async () => {
  const { zhike, clock } = setUp()
  const bank = createBank(() => clock.now() + 3_600_000)
  await zhike.setCustomer(bank.token)
  clock.advance(9.5 * 60_000)
  zhike.track('a')
  await zhike.flush()
  expect(bank.asked()).toBe(2)
})

test('a token that still holds is used while the bank cannot be asked; after that the messages wait', async () => {
  const { zhike, clock } = setUp()
  const bank = createBank(clock.now)
  await zhike.setCustomer(bank.token)
  bank.isDown = true
  clock.advance(9.5 * 60_000)
  zhike.track('a')
  await zhike.flush()
  expect(customers()).toEqual(['C1', 'C1'])
  clock.advance(60_000)
  zhike.track('b')
  await zhike.flush()
  expect(customers()).toEqual(['C1', 'C1'])
  bank.isDown = false
  await zhike.flush()
  expect(server.accepted[2]).toMatchObject({ event: 'b', userId: 'C1' })
})

test('a log-out while the bank is asked holds, and the function is not asked again', async () => {
  const { zhike, clock } = setUp()
  const bank = createBank(clock.now)
  const asked = zhike.setCustomer(bank.token)
  await zhike.reset()
  await asked
  zhike.track('a')
  await zhike.flush()
  await zhike.setCustomer(bank.token)
  await zhike.reset()
  clock.advance(3_600_000)
  zhike.track('b')
  await zhike.flush()
  expect([customers(), bank.asked()]).toEqual([[undefined, 'C1', undefined], 2])
})

test('slots and sending ask the bank once together', async () => {
  const { zhike, clock } = setUp()
  const bank = createBank(clock.now)
  await zhike.setCustomer(bank.token)
  clock.advance(3_600_000)
  zhike.track('a')
  await Promise.all([zhike.flush(), zhike.slots(['home_top'])])
  expect(bank.asked()).toBe(2)
})

test('a server asks for the slots of a customer by that customer’s token', async () => {
  const slot = {
    slot: 'home_top',
    placement: 'p',
    content: { title: 't', body: '', link: '' },
    decision: 'd',
    campaign: null,
  }
  server.answers.set('/v1/slots?slot=home_top', { slots: [slot] })
  const { zhike } = setUp({ isIdentityRemembered: false })
  const slots = await zhike.slots(['home_top'], { token: 'jwt-7' })
  zhike.exposed(slots[0]!, { userId: 'C7' })
  await zhike.flush()
  expect(server.requests[0]?.headers['x-customer-token']).toBe('jwt-7')
  expect(server.accepted[0]).toMatchObject({ event: 'slot_exposed', userId: 'C7' })
})
