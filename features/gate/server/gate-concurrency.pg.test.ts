import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGate } from '#features/gate/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

const customers = 60
const start = Date.parse('2026-11-02T00:00:00Z')
const minuteMs = 60_000
let pg: Postgres
let drop: () => Promise<void>

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
  await pg.execute(sql`INSERT INTO org_unit (code) VALUES ('HQ')`)
  await pg.execute(sql`
    INSERT INTO customer (customer_id, customer_no, org_id)
    SELECT n, 'C-' || n, 1 FROM generate_series(1, ${customers}::int) AS n`)
  await pg.execute(sql`
    INSERT INTO consent (customer_id, purpose, is_granted, version, channel, at)
    SELECT n, 'marketing', true, '1', 'branch', now() FROM generate_series(1, ${customers}::int) AS n`)
})
afterAll(() => drop())

type Cap = { channel: 'inbox' | null; windowMinutes: number; most: number }
type Request = { customerIds: number[]; atMinute: number; end: 'keep' | 'release' | 'rollBack' }

const cap: fc.Arbitrary<Cap> = fc.record({
  channel: fc.constantFrom('inbox', null),
  windowMinutes: fc.integer({ min: 1, max: 3000 }),
  most: fc.integer({ min: 0, max: 4 }),
})
const request: fc.Arbitrary<Request> = fc.record({
  customerIds: fc.array(fc.integer({ min: 1, max: customers }), { minLength: 1, maxLength: customers }),
  atMinute: fc.integer({ min: 0, max: 6000 }),
  end: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Request['end']>('keep') },
    { weight: 1, arbitrary: fc.constantFrom<Request['end']>('release', 'rollBack') },
  ),
})

class RolledBack extends Error {}

/** Sends one request; gives how many touches it left reserved. */
async function send({ customerIds, atMinute, end }: Request, campaignId: number): Promise<number> {
  const gate = createGate({ pg, clock: { now: () => new Date(start + atMinute * minuteMs) } })
  let reserved = 0
  const work = pg.transaction(async (tx) => {
    const input = { campaignId, campaignKey: 'c', rung: 0, channel: 'inbox', customerIds } as const
    const decisions = await gate.reserve(tx, input)
    const touchIds = decisions.flatMap((one) => (one.outcome === 'reserved' ? [one.touchId] : []))
    if (end === 'rollBack') throw new RolledBack()
    if (end === 'release') await gate.release(tx, touchIds)
    else reserved = touchIds.length
  })
  await work.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error
  })
  return reserved
}

/** Slow and obvious: every window that ends at a touch, counted in the touches themselves. */
function brokenCaps(touches: readonly { customer: number; minute: number }[], caps: readonly Cap[]) {
  const byCustomer = new Map<number, { minute: number }[]>()
  for (const touch of touches)
    byCustomer.set(touch.customer, [...(byCustomer.get(touch.customer) ?? []), touch])
  return caps.filter(({ windowMinutes, most }) =>
    [...byCustomer.values()].some((own) =>
      own.some(
        ({ minute: end }) =>
          own.filter(({ minute }) => minute > end - windowMinutes && minute <= end).length > most,
      ),
    ),
  )
}

test('eight workers at once break no cap in any rolling window, and every reservation is there', async () => {
  const run = async (caps: Cap[], requests: Request[]) => {
    await pg.execute(sql`TRUNCATE touch, contact_cap CASCADE`)
    await pg.execute(sql`TRUNCATE event_outbox, gate_customer`)
    await pg.execute(sql`
      INSERT INTO contact_cap (channel, window_minutes, most)
      SELECT c.channel, c."windowMinutes", c.most
      FROM jsonb_to_recordset(${JSON.stringify(caps)}::jsonb) AS c (channel text, "windowMinutes" int, most int)`)
    const waiting = requests.map((one, index) => ({ one, campaignId: index + 1 }))
    const counts = await Promise.all(
      Array.from({ length: 8 }, async () => {
        let reserved = 0
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          reserved += await send(next.one, next.campaignId)
        }
        return reserved
      }),
    )
    const touches = await pg.query<{ customer: number; minute: number }>(sql`
      SELECT t.customer_id AS customer, (extract(epoch FROM t.at) * 1000 - ${start}::bigint)::bigint / ${minuteMs}::int AS minute
      FROM touch AS t WHERE t.state <> 'released'`)
    expect(brokenCaps(touches, caps)).toEqual([])
    expect(touches).toHaveLength(counts.reduce((sum, count) => sum + count, 0))
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(cap, { minLength: 1, maxLength: 6 }),
      fc.array(request, { minLength: 8, maxLength: 40 }),
      run,
    ),
    // A race does not shrink: the first failure is shown as it is.
    { numRuns: 25, endOnFailure: true },
  )
})

test('eight workers asking for the same rung at the same moment get the same touches', async () => {
  await pg.execute(sql`TRUNCATE touch, gate_customer CASCADE`)
  const gate = createGate({ pg, clock: { now: () => new Date(start) } })
  const customerIds = Array.from({ length: customers }, (_, index) => index + 1)
  await pg.execute(sql`TRUNCATE contact_cap`)
  await pg.execute(sql`INSERT INTO contact_cap (channel, window_minutes, most) VALUES (NULL, 1440, 1)`)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      pg.transaction((tx) =>
        gate.reserve(tx, { campaignId: 1, campaignKey: 'c', rung: 0, channel: 'inbox', customerIds }),
      ),
    ),
  )
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]?.every((decision) => decision.outcome === 'reserved')).toBe(true)
})
