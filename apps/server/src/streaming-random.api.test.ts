import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Rule } from '#features/rules/common/rule.ts'
import { storedMembersSql } from '#features/segments/server/index.ts'
import { scopeOfEveryone } from '#platform/common/access.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp

const rules: { readonly [key: string]: Rule } = {
  often: { did: 'a', within: { minutes: 30 }, count: { is: 'gte', value: 2 } },
  rich: { did: 'a', sum: { prop: 'amount', is: 'gt', value: 50 } },
  quiet: { not: { did: 'b', within: { hours: 1 } } },
  mixed: { all: [{ did: 'b', within: { days: 2 } }, { not: { segment: 'often' } }] },
  told: { did: 'segment_left', where: [{ prop: 'segment', is: 'eq', value: 'often' }] },
}

beforeAll(async () => {
  bank = await openTestApp()
  const hq = await bank.as('hq')
  for (const [key, rule] of Object.entries(rules)) {
    const made = await hq('POST', '/api/segments', { key, name: key, rule, refreshMode: 'streaming' })
    expect(made.status, made.text).toBe(201)
    await bank.app.parts.segments.refresh(key)
  }
}, 90_000)
afterAll(() => bank?.close())

let nth = 0
type Step =
  | { kind: 'event'; who: number; name: string; amount: number; minutesAgo: number; isTwice: boolean }
  | { kind: 'anonymous'; device: number; name: string }
  | { kind: 'login'; device: number; who: number }
  | { kind: 'time'; minutes: number }
  | { kind: 'merge'; from: number; to: number }

const who = fc.integer({ min: 0, max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      who,
      name: fc.constantFrom('a', 'b', 'c'),
      amount: fc.integer({ min: 0, max: 40 }),
      minutesAgo: fc.constantFrom(0, 0, 0, 5, 45, 1500),
      isTwice: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('anonymous' as const),
      device: fc.integer({ min: 0, max: 2 }),
      name: fc.constantFrom('a', 'b'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('login' as const),
      device: fc.integer({ min: 0, max: 2 }),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time' as const), minutes: fc.constantFrom(1, 20, 70, 1440) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), from: who, to: who }) },
)

const customer = (index: number) => `R${index}`

async function send(more: object, minutesAgo = 0, isTwice = false): Promise<void> {
  nth += 1
  const timestamp = new Date(bank.clock.now().getTime() - minutesAgo * 60_000).toISOString()
  const message = { type: 'track', messageId: `r${nth}`, timestamp, ...more }
  await bank.send(isTwice ? [message, message] : [message])
}

async function take(one: Step): Promise<void> {
  const { parts } = bank.app
  if (one.kind === 'time') {
    bank.clock.shift(one.minutes * 60_000)
    await parts.streaming.tick()
  } else if (one.kind === 'event') {
    const { name, amount } = one
    await send(
      { userId: customer(one.who), event: name, properties: { amount } },
      one.minutesAgo,
      one.isTwice,
    )
  } else if (one.kind === 'anonymous') await send({ anonymousId: `d${one.device}`, event: one.name })
  else if (one.kind === 'login')
    await send({ anonymousId: `d${one.device}`, userId: customer(one.who), event: 'logged_in' })
  else if (one.from !== one.to)
    // Refused where one of them is unknown yet, or merged already.
    await parts.ingest.identity
      .merge('hq', scopeOfEveryone, {
        from: customer(one.from),
        to: customer(one.to),
        reason: 'the same person',
      })
      .catch((error: { code?: string }) => expect(error.code).toMatch(/^CUSTOMER_/))
}

async function membersOf(key: string): Promise<number[]> {
  const { pg, ch } = bank.app.parts
  const row = await pg.first<{ refresh_id: number }>(
    sql`SELECT s.refresh_id FROM segment AS s WHERE s.key = ${key}`,
  )
  const stored = storedMembersSql({ key, refreshId: row?.refresh_id ?? 0, hasRecent: true }, ch.chunkBits)
  const rows = await ch.query<{ customer_id: number }>(
    sql`SELECT arrayJoin(bitmapToArray(m.members)) AS customer_id FROM (${stored}) AS m ORDER BY customer_id`,
  )
  return rows.map((one) => one.customer_id)
}

/** Members by the facts alone: entered less left. */
async function toldMembers(key: string): Promise<number[]> {
  const rows = await bank.app.parts.ch.query<{ customer_id: number; balance: string }>(sql`
    SELECT e.customer_id AS customer_id, sum(if(e.name = 'segment_entered', 1, -1)) AS balance FROM event AS e FINAL
    WHERE e.name IN ('segment_entered', 'segment_left') AND e.props['segment'] = ${typed('String', key)}
    GROUP BY e.customer_id HAVING balance != 0 ORDER BY customer_id`)
  for (const { balance } of rows) expect(Number(balance)).toBe(1)
  return rows.map((row) => row.customer_id)
}

test('whatever happens, streaming and a full computation have the same members', async () => {
  const { parts } = bank.app
  let hasMerged = false
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
      for (const one of steps) {
        await take(one)
        hasMerged ||= one.kind === 'merge'
        await parts.streaming.catchUp()
      }
      await parts.streaming.tick()
      // Facts are events: they may let somebody into a segment that is about them.
      while ((await parts.streaming.catchUp()) > 0) await parts.ingest.flush()
      for (const [key, rule] of Object.entries(rules)) {
        const full = await parts.rules.members(scopeOfEveryone, rule, { after: 0, limit: 1000 })
        expect(await membersOf(key), key).toEqual(full)
        // A merge moves facts to the survivor, so that they no longer count one by one.
        if (!hasMerged) expect(await toldMembers(key), key).toEqual(full)
      }
    }),
    { numRuns: 5, endOnFailure: true },
  )
  for (const key of Object.keys(rules))
    expect(await parts.segments.refresh(key), key).toMatchObject({ entered: 0, left: 0 })
}, 240_000)
