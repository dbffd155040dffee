import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createOutboxShipper, type OutboxEvent, writeOutbox } from '#features/gate/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let pg: Postgres
let drop: () => Promise<void>

beforeAll(async () => {
  ;({ pg, drop } = await createTestDatabase())
})
afterAll(() => drop())
beforeEach(() => pg.execute(sql`TRUNCATE event_outbox`))

const event = (nth: number): OutboxEvent => ({
  name: 'touch_sent',
  customerId: nth,
  messageId: `touch-${nth}-sent`,
  occurredAt: new Date(Date.parse('2026-11-02T00:00:00.123Z') + nth),
  properties: { touch: String(nth), campaign: "唤醒'; DROP TABLE touch;--", org: nth },
})
const events = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1))
const write = (some: OutboxEvent[]) => pg.transaction((tx) => writeOutbox(tx, some))
const waiting = async () => (await pg.first<{ n: number }>(sql`SELECT count(*) AS n FROM event_outbox`))?.n

test('events come out in order, exactly as written, and only once', async () => {
  const shipped: OutboxEvent[] = []
  const shipper = createOutboxShipper({ pg, append: async (some) => void shipped.push(...some) })
  await write([])
  await write(events(4500))
  expect(await shipper.ship()).toBe(4500)
  expect(shipped).toEqual(events(4500))
  expect(await shipper.ship()).toBe(0)
  expect(await waiting()).toBe(0)
})

test('an event exists exactly when its decision does', async () => {
  await expect(
    pg.transaction(async (tx) => {
      await writeOutbox(tx, events(3))
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  expect(await waiting()).toBe(0)
})

test('what is not acknowledged stays and comes again under the same id', async () => {
  await write(events(3))
  const seen: string[][] = []
  const shipper = createOutboxShipper({
    pg,
    async append(some) {
      seen.push(some.map((one) => one.messageId))
      if (seen.length === 1) throw new Error('spool full')
    },
  })
  await expect(shipper.ship()).rejects.toThrow('spool full')
  expect(await waiting()).toBe(3)
  expect(await shipper.ship()).toBe(3)
  expect(seen[1]).toEqual(seen[0])
})

test('killed between acknowledgement and deletion, it ships the same again', async () => {
  await write(events(3))
  const ids: string[] = []
  const dying = createOutboxShipper({
    pg,
    async append(some) {
      ids.push(...some.map((one) => one.messageId))
      await pg.execute(sql`
        SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
        WHERE a.datname = current_database() AND a.state = 'idle in transaction'`)
    },
  })
  await expect(dying.ship()).rejects.toThrow()
  expect(await waiting()).toBe(3)
  await createOutboxShipper({
    pg,
    append: async (some) => void ids.push(...some.map((one) => one.messageId)),
  }).ship()
  expect(ids.slice(3)).toEqual(ids.slice(0, 3))
  expect(await waiting()).toBe(0)
})

test('two shippers at once share the work', async () => {
  await write(events(6000))
  const ids: string[] = []
  const ship = () =>
    createOutboxShipper({
      pg,
      append: async (some) => void ids.push(...some.map((one) => one.messageId)),
    }).ship()
  const counts = await Promise.all([ship(), ship(), ship()])
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6000)
  expect(new Set(ids).size).toBe(6000)
  expect(ids).toHaveLength(6000)
})
