import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDelivery, type Delivery, registerDeliveryRoutes } from '#features/delivery/server/index.ts'
import { createGate, type Gate } from '#features/gate/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { createTestHttp } from '#platform/server/http-testing.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const start = new Date('2026-11-02T00:00:00Z')
let pg: Postgres
let drop: () => Promise<void>
let delivery: Delivery
let gate: Gate
let now = start
let decisions = 0
const server = createTestHttp()

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  const clock = { now: () => now }
  delivery = createDelivery({ pg, clock, newId: () => `decision-${++decisions}` })
  gate = createGate({ pg, clock })
  // Verifying the bank's tokens is the ingest feature's; here the token names the customer.
  registerDeliveryRoutes(server.http, {
    delivery,
    identifyCustomer: async (request) => {
      const token = request.headers['x-customer-token']
      return token ? { customerId: Number(token) } : undefined
    },
  })
  server.as(undefined)
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ')`)
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id) SELECT n, 'C-' || n, 1 FROM generate_series(1, 9) AS n`)
  await pg.execute(sql`
    INSERT INTO campaign (key, name, body, content_hash, owner_org_id, state, created_by, created_at, updated_at)
    SELECT 'c' || n, 'c' || n, '{}', '', 1, 'running', 'hq', now(), now() FROM generate_series(1, 4) AS n`)
})
afterAll(() => drop())

beforeEach(async () => {
  now = start
  await pg.execute(
    sql`TRUNCATE placement, placement_content, inbox_message, touch, event_outbox, consent, do_not_contact`,
  )
  await pg.execute(sql`UPDATE customer SET state = 'active'`)
  await pg.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT n, 'marketing', true, '1', 'branch', now() FROM generate_series(1, 9) AS n`)
})

const hour = (hours: number) => new Date(start.getTime() + hours * 3_600_000)
const run = (
  campaignId: number,
  content: { from?: Date; to?: Date; slot?: string; customerIds?: number[] } = {},
) =>
  pg.transaction(async (tx) => {
    await delivery.setContent(tx, {
      campaignId,
      campaignKey: `c${campaignId}`,
      title: `标题 ${campaignId}`,
      body: 'body',
      link: '/offer',
      liveFrom: content.from ?? start,
      liveTo: content.to ?? hour(24),
      isLive: true,
    })
    return delivery.place(tx, {
      campaignId,
      rung: 0,
      slot: content.slot ?? 'home_top',
      at: now,
      customerIds: content.customerIds ?? [1, 2],
    })
  })
const get = async (url: string, customerId?: number) => {
  const headers = customerId === undefined ? {} : { 'x-customer-token': String(customerId) }
  return server.app.inject({ url, headers })
}
const slots = async (customerId?: number, url = '/v1/slots?slot=home_top') =>
  (await get(url, customerId)).json().slots as { slot: string; campaign: string; decision: string }[]
const campaigns = async (customerId?: number, url?: string) =>
  (await slots(customerId, url)).map((slot) => slot.campaign)
const outbox = () =>
  pg.query(
    sql`SELECT o.name, o.message_id, o.customer_id, o.properties FROM event_outbox AS o ORDER BY o.outbox_id`,
  )

describe('slots', () => {
  test('show the placement of the customer who is proven, and nothing to anybody else', async () => {
    expect(await run(1)).toBe(2)
    const answer = await get('/v1/slots?slot=home_top', 1)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      slots: [
        {
          slot: 'home_top',
          placement: 'c1:home_top',
          content: { title: '标题 1', body: 'body', link: '/offer' },
          decision: expect.stringMatching(/^decision-\d+$/),
          campaign: 'c1',
        },
      ],
    })
    const [first, second] = [await slots(1), await slots(1)]
    expect(first[0]?.decision).not.toBe(second[0]?.decision)
    for (const customerId of [undefined, 3, 4_000_000]) {
      const empty = await get('/v1/slots?slot=home_top', customerId)
      expect([empty.statusCode, empty.json()]).toEqual([200, { slots: [] }])
    }
  })

  test('come in the order asked, each once, with one winner: the campaign live since latest', async () => {
    await run(3, { from: hour(-2) })
    await run(2, { from: hour(-1) })
    await run(1, { from: hour(-1) })
    await run(4, { slot: 'mine' })
    expect(await campaigns(1)).toEqual(['c2'])
    expect(await campaigns(1, '/v1/slots?slot=mine&slot=none&slot=home_top&slot=mine')).toEqual(['c4', 'c2'])
  })

  test('are live from the start until just before the end', async () => {
    await run(1, { from: hour(1), to: hour(2) })
    const seen: number[] = []
    for (const at of [hour(1).getTime() - 1, hour(1).getTime(), hour(2).getTime() - 1, hour(2).getTime()]) {
      now = new Date(at)
      seen.push((await slots(1)).length)
    }
    expect(seen).toEqual([0, 1, 1, 0])
  })

  test('go dark while paused and when closed, for all or for some', async () => {
    await run(1, { customerIds: [1, 2, 3] })
    await pg.transaction((tx) => delivery.setLive(tx, 1, false))
    expect(await campaigns(1)).toEqual([])
    await pg.transaction((tx) => delivery.setLive(tx, 1, true))
    expect(await pg.transaction((tx) => delivery.closePlacements(tx, 1, [1]))).toBe(1)
    expect([await campaigns(1), await campaigns(2)]).toEqual([[], ['c1']])
    expect(await pg.transaction((tx) => delivery.closePlacements(tx, 1))).toBe(2)
    expect(await campaigns(2)).toEqual([])
    // Placed again it shows again; placed twice is one placement.
    expect([await run(1), await run(1)]).toEqual([2, 0])
    expect(await campaigns(2)).toEqual(['c1'])
  })

  test('ask the gate again: whoever may not be contacted any more sees nothing', async () => {
    await run(1, { customerIds: [1, 2, 3, 4, 5] })
    await pg.execute(sql`UPDATE consent SET is_granted = false WHERE customer_id = 1`)
    await pg.execute(sql`INSERT INTO do_not_contact (customer_id, reason, at) VALUES (2, 'asked', now())`)
    await pg.execute(sql`UPDATE customer SET state = 'deceased' WHERE customer_id = 3`)
    await pg.execute(sql`UPDATE customer SET state = 'frozen' WHERE customer_id = 4`)
    expect(await Promise.all([1, 2, 3, 4, 5].map((id) => campaigns(id)))).toEqual([[], [], [], [], ['c1']])
    await pg.execute(sql`UPDATE consent SET is_granted = true WHERE customer_id = 1`)
    expect(await campaigns(1)).toEqual(['c1'])
  })

  test('refuse a question without slots or with too many', async () => {
    const many = Array.from({ length: 21 }, (_, nth) => `slot=s${nth}`).join('&')
    for (const url of ['/v1/slots', '/v1/slots?slot=', `/v1/slots?${many}`]) {
      const answer = await get(url, 1)
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'INPUT_INVALID'])
      expect(answer.headers['access-control-allow-origin']).toBe('*')
    }
  })
})

describe('inbox', () => {
  const send = (campaignId: number, customerIds: number[], release: number[] = []) =>
    pg.transaction(async (tx) => {
      const key = { campaignId, campaignKey: `c${campaignId}` }
      const asked = await gate.reserve(tx, { ...key, rung: 0, channel: 'inbox', customerIds })
      const touchIds = asked.flatMap((one) => (one.outcome === 'reserved' ? [one.touchId] : []))
      await gate.release(
        tx,
        asked.flatMap((one) =>
          one.outcome === 'reserved' && release.includes(one.customerId) ? [one.touchId] : [],
        ),
      )
      await gate.commit(tx, touchIds)
      const message = {
        title: '到期提醒',
        body: `body ${campaignId}`,
        link: 'https://bank.example/x',
        at: now,
      }
      return delivery.sendInbox(tx, { ...key, touchIds, ...message })
    })
  const inbox = async (customerId?: number) =>
    (await get('/v1/inbox', customerId)).json().items as {
      messageId: string
      touch: string
      readAt: unknown
    }[]
  const read = (messageId: string, customerId?: number) =>
    server.app.inject({
      method: 'POST',
      url: `/v1/inbox/${encodeURIComponent(messageId)}/read`,
      headers: customerId === undefined ? {} : { 'x-customer-token': String(customerId) },
    })

  test('holds what was sent, newest first, each touch once, with its event', async () => {
    expect(await send(1, [1, 2])).toBe(2)
    expect(await send(1, [1, 2])).toBe(0)
    now = hour(24)
    await send(2, [1])
    const items = await inbox(1)
    expect(items).toMatchObject([
      { campaign: 'c2', body: 'body 2', sentAt: hour(24).toISOString(), readAt: null },
      { campaign: 'c1', title: '到期提醒', link: 'https://bank.example/x', sentAt: start.toISOString() },
    ])
    expect(await inbox(undefined)).toEqual([])
    expect(await inbox(9)).toEqual([])
    const touch = items[1]?.touch
    expect(await outbox()).toHaveLength(3)
    expect((await outbox())[0]).toEqual({
      name: 'touch_sent',
      message_id: `touch-${touch}-sent`,
      customer_id: 1,
      properties: { touch, channel: 'inbox', campaign: 'c1' },
    })
  })

  test('never gets a message the gate did not let through', async () => {
    await pg.execute(sql`UPDATE consent SET is_granted = false WHERE customer_id = 1`)
    expect(await send(1, [1, 2, 3], [2])).toBe(1)
    expect([await inbox(1), await inbox(2)]).toEqual([[], []])
    expect(await inbox(3)).toHaveLength(1)
    const other = { campaignId: 2, campaignKey: 'c2', title: 't', body: 'b', link: '/', at: now }
    const touch = Number((await inbox(3))[0]?.touch)
    await pg.execute(sql`DELETE FROM inbox_message`)
    // A touch of another campaign, or of none, sends nothing.
    expect(await pg.transaction((tx) => delivery.sendInbox(tx, { ...other, touchIds: [touch, 999] }))).toBe(0)
  })

  test('is read once by its owner; anybody else gets the same answer and changes nothing', async () => {
    await send(1, [1])
    await pg.execute(sql`TRUNCATE event_outbox`)
    const messageId = (await inbox(1))[0]?.messageId ?? ''
    const strangers = [
      read(messageId, 2),
      read(messageId),
      read('0', 1),
      read("1'; --", 1),
      read('9'.repeat(40), 1),
    ]
    for (const answer of await Promise.all(strangers)) expect(answer.statusCode).toBe(204)
    expect((await inbox(1))[0]?.readAt).toBeNull()
    now = hour(1)
    expect((await read(messageId, 1)).statusCode).toBe(204)
    now = hour(2)
    await read(messageId, 1)
    const item = (await inbox(1))[0]
    expect(item?.readAt).toBe(hour(1).toISOString())
    expect(await outbox()).toEqual([
      {
        name: 'touch_read',
        message_id: `touch-${item?.touch}-read`,
        customer_id: 1,
        properties: { touch: item?.touch, channel: 'inbox', campaign: 'c1' },
      },
    ])
  })
})

test('browsers of any origin may ask, and nothing personal is kept on the way', async () => {
  for (const url of ['/v1/slots', '/v1/inbox', '/v1/inbox/1/read']) {
    const answer = await server.app.inject({ method: 'OPTIONS', url })
    expect(answer.statusCode).toBe(204)
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(answer.headers['access-control-allow-headers']).toContain('x-customer-token')
  }
  const answer = await get('/v1/inbox', 1)
  expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' })
})
