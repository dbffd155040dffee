import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestClient } from './test-client.ts'
import { startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(() => server.forget())
afterAll(() => server.close())

const setUp = () => createTestClient({ host: server.host })
const events = () => server.accepted.map(({ event, type }) => event ?? type)

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
