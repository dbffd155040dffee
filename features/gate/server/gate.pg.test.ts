import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GateDecision } from '#features/gate/common/gate.ts'
import { createGate, type Gate } from '#features/gate/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const noon = Date.parse('2026-11-02T12:00:00Z')
const dayMs = 86_400_000
let pg: Postgres
let drop: () => Promise<void>
let gate: Gate
let now = new Date(noon)

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  gate = createGate({ pg, clock: { now: () => now } })
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ')`)
})
afterAll(() => drop())

beforeEach(async () => {
  now = new Date(noon)
  await pg.execute(sql`TRUNCATE customer, touch, gate_customer, event_outbox CASCADE`)
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id) SELECT n, 'C-' || n, 1 FROM generate_series(1, 9) AS n`)
  await pg.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT n, 'marketing', true, '1', 'branch', now() FROM generate_series(1, 9) AS n`)
})

const ask = (customerIds: number[], campaignId = 1, channel: 'slot' | 'inbox' = 'inbox', rung = 0) =>
  pg.transaction((tx) =>
    gate.reserve(tx, { campaignId, campaignKey: `c${campaignId}`, rung, channel, customerIds }),
  )
const codeOf = (decision: GateDecision | undefined) =>
  decision?.outcome === 'refused' ? decision.code : decision?.outcome
const codes = (decisions: GateDecision[]) => decisions.map(codeOf)
const touchIds = (decisions: GateDecision[]) =>
  decisions.flatMap((decision) => (decision.outcome === 'reserved' ? [decision.touchId] : []))
const states = async () =>
  (await pg.query<{ state: string }>(sql`SELECT t.state FROM touch AS t ORDER BY t.touch_id`)).map(
    (row) => row.state,
  )
const outbox = () =>
  pg.query<{ message_id: string; name: string; customer_id: number; properties: unknown }>(
    sql`SELECT o.message_id, o.name, o.customer_id, o.properties FROM event_outbox AS o ORDER BY o.outbox_id`,
  )

const makeRefused: Record<string, (id: number) => Promise<unknown>> = {
  NO_CONSENT: (id) => pg.execute(sql`UPDATE consent SET is_granted = false WHERE customer_id = ${id}`),
  DO_NOT_CONTACT: (id) =>
    pg.execute(sql`INSERT INTO do_not_contact (customer_id, reason, at) VALUES (${id}, 'asked', now())`),
  CUSTOMER_DECEASED: (id) =>
    pg.execute(sql`UPDATE customer SET state = 'deceased' WHERE customer_id = ${id}`),
  CUSTOMER_FROZEN: (id) => pg.execute(sql`UPDATE customer SET state = 'frozen' WHERE customer_id = ${id}`),
  CUSTOMER_CLOSED: (id) => pg.execute(sql`UPDATE customer SET state = 'closed' WHERE customer_id = ${id}`),
}

test('a customer who agreed is reserved, one decision each, in customer order', async () => {
  const decisions = await ask([3, 1, 3])
  expect(decisions).toEqual([
    { customerId: 1, outcome: 'reserved', touchId: expect.any(Number) },
    { customerId: 3, outcome: 'reserved', touchId: expect.any(Number) },
  ])
  expect(await outbox()).toEqual([])
  expect(await ask([])).toEqual([])
})

test.each(Object.keys(makeRefused))(
  '%s is refused in every channel and counted as an event',
  async (code) => {
    await makeRefused[code]?.(2)
    expect(codes(await ask([1, 2, 3]))).toEqual(['reserved', code, 'reserved'])
    expect(codes(await ask([2], 1, 'slot'))).toEqual([code])
    expect(await outbox()).toMatchObject([
      {
        name: 'touch_stopped',
        customer_id: 2,
        message_id: `stopped-1-0-inbox-2-${code}`,
        properties: { code, channel: 'inbox', campaign: 'c1' },
      },
      { name: 'touch_stopped', customer_id: 2, properties: { code, channel: 'slot', campaign: 'c1' } },
    ])
  },
)

test('consent for another purpose, none recorded and an unknown customer are all no consent', async () => {
  await pg.execute(sql`UPDATE consent SET purpose = 'service' WHERE customer_id = 1`)
  await pg.execute(sql`DELETE FROM consent WHERE customer_id = 2`)
  expect(codes(await ask([1, 2, 77]))).toEqual(['NO_CONSENT', 'NO_CONSENT', 'NO_CONSENT'])
})

test('the steps are asked in their order', async () => {
  await ask([1])
  const found: unknown[] = [codeOf((await ask([1], 2))[0])]
  for (const code of ['CUSTOMER_FROZEN', 'DO_NOT_CONTACT', 'NO_CONSENT']) {
    await makeRefused[code]?.(1)
    found.push(codeOf((await ask([1], 2))[0]))
  }
  expect(found).toEqual(['CAP_REACHED', 'CUSTOMER_FROZEN', 'DO_NOT_CONTACT', 'NO_CONSENT'])
})

test('the window rolls: a message 24 hours later is allowed, a millisecond earlier is not', async () => {
  await ask([1])
  now = new Date(noon + dayMs - 1)
  expect(codes(await ask([1], 2))).toEqual(['CAP_REACHED'])
  now = new Date(noon + dayMs)
  expect(codes(await ask([1], 2))).toEqual(['reserved'])
})

test('a worker whose time is behind does not slip a message in before another', async () => {
  await ask([1])
  now = new Date(noon - dayMs + 1)
  expect(codes(await ask([1], 2))).toEqual(['CAP_REACHED'])
  now = new Date(noon - dayMs)
  expect(codes(await ask([1], 2))).toEqual(['reserved'])
})

test('placements count under no cap and are stopped by none', async () => {
  expect(codes(await ask([1], 1, 'slot'))).toEqual(['reserved'])
  expect(codes(await ask([1], 1, 'inbox'))).toEqual(['reserved'])
  expect(codes(await ask([1], 2, 'slot'))).toEqual(['reserved'])
})

test('a cap of one channel counts only that channel', async () => {
  await pg.execute(sql`UPDATE contact_cap SET channel = 'sms'`)
  await ask([1])
  expect(codes(await ask([1], 2))).toEqual(['reserved'])
  await pg.execute(sql`UPDATE contact_cap SET channel = 'inbox', most = 2`)
  expect(codes(await ask([1], 3))).toEqual(['CAP_REACHED'])
  await pg.execute(sql`UPDATE contact_cap SET channel = NULL, most = 1`)
})

test('asked again for the same rung it gives the same touch, whether reserved or sent', async () => {
  const first = await ask([1, 2])
  expect(await ask([1, 2])).toEqual(first)
  await pg.transaction((tx) => gate.commit(tx, touchIds(first)))
  expect(await ask([1, 2])).toEqual(first)
  expect(await states()).toEqual(['committed', 'committed'])
  // Another rung is another touch, and the cap holds.
  expect(codes(await ask([1], 1, 'inbox', 1))).toEqual(['CAP_REACHED'])
})

test('a reservation rolled back or released no longer counts; what was sent stays', async () => {
  await expect(
    pg.transaction(async (tx) => {
      await gate.reserve(tx, {
        campaignId: 1,
        campaignKey: 'c1',
        rung: 0,
        channel: 'inbox',
        customerIds: [1],
      })
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  const second = touchIds(await ask([1], 2))
  expect(await pg.transaction((tx) => gate.release(tx, second))).toBe(1)
  const third = touchIds(await ask([1], 3))
  expect(await pg.transaction((tx) => gate.commit(tx, third))).toBe(1)
  expect(await pg.transaction((tx) => gate.release(tx, third))).toBe(0)
  expect(codes(await ask([1], 4))).toEqual(['CAP_REACHED'])
  // A released touch cannot be sent; asked for again it is decided anew, under the caps of now.
  expect(await pg.transaction((tx) => gate.commit(tx, second))).toBe(0)
  expect(codes(await ask([1], 2))).toEqual(['CAP_REACHED'])
  now = new Date(noon + dayMs)
  expect(touchIds(await ask([1], 2))).toEqual(second)
})

test.each(Object.keys(makeRefused))(
  'asked again at send, %s since then is refused and released',
  async (code) => {
    const reserved = touchIds(await ask([1, 2]))
    await makeRefused[code]?.(1)
    const recheck = () => pg.transaction((tx) => gate.recheck(tx, { campaignKey: 'c1', touchIds: reserved }))
    expect(codes(await recheck())).toEqual([code, 'reserved'])
    expect(await states()).toEqual(['released', 'reserved'])
    expect(await outbox()).toMatchObject([
      { message_id: `stopped-1-0-inbox-1-${code}`, properties: { code, channel: 'inbox', campaign: 'c1' } },
    ])
    expect(await recheck()).toEqual([{ customerId: 2, outcome: 'reserved', touchId: reserved[1] }])
  },
)

test('many customers are decided in one call, beyond the size of a batch', async () => {
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id) SELECT n, 'C-' || n, 1 FROM generate_series(10, 5500) AS n`)
  await pg.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT n, 'marketing', n % 2 = 0, '1', 'app', now() FROM generate_series(10, 5500) AS n`)
  const decisions = await ask(Array.from({ length: 5500 }, (_, index) => 5500 - index))
  expect(decisions.map((decision) => decision.customerId)).toEqual(
    Array.from({ length: 5500 }, (_, index) => index + 1),
  )
  expect(touchIds(decisions)).toHaveLength(2746 + 9)
  expect(await outbox()).toHaveLength(2745)
})

test('outside read committed the gate refuses to work, because it would count too little', async () => {
  await expect(
    pg.transaction(async (tx) => {
      await tx.execute(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`)
      await gate.reserve(tx, {
        campaignId: 1,
        campaignKey: 'c1',
        rung: 0,
        channel: 'inbox',
        customerIds: [1],
      })
    }),
  ).rejects.toThrow(/read committed/)
})
