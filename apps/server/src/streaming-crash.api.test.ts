import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStreaming, type StreamingDeps } from '#features/streaming/server/index.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp

beforeAll(async () => {
  bank = await openTestApp()
}, 60_000)
afterAll(() => bank?.close())

/** What a process that is gone leaves behind: an error that blames no rule. */
class Killed extends Error {
  readonly code = 'KILLED'
}

let nth = 0
const event = (userId: string, name: string) => {
  nth += 1
  return {
    type: 'track',
    userId,
    event: name,
    messageId: `m${nth}`,
    timestamp: bank.clock.now().toISOString(),
  }
}

async function makeSegment(key: string, rule: object): Promise<void> {
  const hq = await bank.as('hq')
  const made = await hq('POST', '/api/segments', { key, name: key, rule, refreshMode: 'streaming' })
  expect(made.status, made.text).toBe(201)
  await bank.app.parts.segments.refresh(key)
}

/** Facts of a segment: how many different ones, and how many each customer has of each kind. */
async function factsOf(segment: string): Promise<Record<string, number>> {
  await bank.app.parts.ingest.flush()
  const rows = await bank.app.parts.ch.query<{ fact: string; times: string }>(sql`
    SELECT concat(if(e.name = 'segment_entered', '+', '-'), c.customer_no) AS fact, count() AS times
    FROM event AS e FINAL INNER JOIN customer AS c ON c.customer_id = e.customer_id
    WHERE e.name IN ('segment_entered', 'segment_left') AND e.props['segment'] = ${typed('String', segment)}
    GROUP BY fact ORDER BY fact`)
  return Object.fromEntries(rows.map((row) => [row.fact, Number(row.times)]))
}

/** Another process that streams; it is killed before or after one of the things it does. */
function anotherProcess(fault: { at: 'append' | 'members' | 'find'; isAfter: boolean }) {
  const { parts } = bank.app
  const dying =
    <A extends unknown[], R>(at: typeof fault.at, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const isHere = fault.at === at
      if (isHere && !fault.isAfter) throw new Killed()
      const result = await work(...args)
      if (isHere) throw new Killed()
      return result
    }
  const ch: ClickHouse = {
    ...parts.ch,
    insertRows: dying('members', (table, rows, options) => parts.ch.insertRows(table, rows, options)),
  }
  const deps: StreamingDeps = {
    ...{ pg: parts.pg, clock: bank.clock, timeZone: parts.timeZone, audit: parts.audit, ch },
    segments: { streamWith: () => undefined },
    rules: { membersAmong: dying('find', parts.rules.membersAmong) },
    tags: parts.tags,
    append: dying('append', (events) => parts.ingest.append(events)),
    log: () => undefined,
  }
  return createStreaming(deps)
}

const places = (['append', 'members', 'find'] as const).flatMap((at) =>
  [false, true].map((isAfter): [string, typeof at, boolean] => [
    `${isAfter ? 'after' : 'before'} ${at}`,
    at,
    isAfter,
  ]),
)

test.each(places)(
  'killed %s: whoever takes over tells each fact once',
  async (_name, at, isAfter) => {
    const key = `k_${at}_${isAfter ? 'after' : 'before'}`
    await makeSegment(key, { all: [{ did: key }, { not: { did: `${key}_end` } }] })
    await bank.send([event('K1', key), event('K2', key)])
    const killed = anotherProcess({ at, isAfter })
    await expect(killed.catchUp()).rejects.toBeInstanceOf(Killed)
    await bank.app.parts.streaming.catchUp()
    expect(await factsOf(key)).toEqual({ '+K1': 1, '+K2': 1 })
    bank.clock.shift(1000)
    await bank.send([event('K1', `${key}_end`)])
    await expect(anotherProcess({ at, isAfter }).catchUp()).rejects.toBeInstanceOf(Killed)
    // More comes in before anybody takes over.
    await bank.send([event('K3', key)])
    await bank.app.parts.streaming.catchUp()
    expect(await factsOf(key)).toEqual({ '+K1': 1, '+K2': 1, '+K3': 1, '-K1': 1 })
    expect(await bank.app.parts.segments.refresh(key)).toMatchObject({ entered: 0, left: 0, drift: 0 })
  },
  60_000,
)

test('a holder that lost its pass without noticing decides nothing', async () => {
  await makeSegment('fenced', { did: 'fenced' })
  await bank.send([event('F1', 'fenced')])
  const { parts } = bank.app
  let takeOver: (() => Promise<unknown>) | undefined
  const slow = createStreaming({
    ...{ pg: parts.pg, ch: parts.ch, clock: bank.clock, timeZone: parts.timeZone, audit: parts.audit },
    segments: { streamWith: () => undefined },
    rules: {
      membersAmong: async (named, ids) => {
        const found = await parts.rules.membersAmong(named, ids)
        // Meanwhile the session of this holder ends, and another process goes on with its pass.
        await takeOver?.()
        return found
      },
    },
    tags: parts.tags,
    append: (events) => parts.ingest.append(events),
    log: () => undefined,
  })
  takeOver = async () => {
    takeOver = undefined
    await parts.pg.execute(sql`UPDATE stream_pass SET holder = 'another' WHERE kind = 'touch'`)
  }
  await expect(slow.catchUp()).rejects.toThrow('taken over')
  expect(await factsOf('fenced')).toEqual({})
  await parts.streaming.catchUp()
  expect(await factsOf('fenced')).toEqual({ '+F1': 1 })
}, 60_000)

test('killed between the publication of a refresh and the last fact: the rest is told, nothing twice', async () => {
  const { parts } = bank.app
  const hq = await bank.as('hq')
  await bank.send([event('P1', 'paid'), event('P2', 'paid')])
  await hq('POST', '/api/segments', { key: 'paid', name: 'paid', rule: { did: 'paid' } })
  let isDead = false
  // The process that refreshes dies after its first group of facts.
  createStreaming({
    ...{ pg: parts.pg, ch: parts.ch, clock: bank.clock, timeZone: parts.timeZone, audit: parts.audit },
    segments: parts.segments,
    rules: parts.rules,
    tags: parts.tags,
    append: async (events) => {
      await parts.ingest.append(events)
      if (!isDead) throw new Killed()
    },
    log: () => undefined,
  })
  await expect(parts.segments.refresh('paid')).rejects.toBeInstanceOf(Killed)
  isDead = true
  await parts.streaming.catchUp()
  expect(await factsOf('paid')).toEqual({ '+P1': 1, '+P2': 1 })
  expect(await parts.pg.first(sql`SELECT 1 FROM stream_pass`)).toBeUndefined()
}, 60_000)

test('a rule that cannot be answered is set aside, the others go on, and a refresh takes it back', async () => {
  const { parts } = bank.app
  await makeSegment('poison', { did: 'poisoned' })
  await makeSegment('healthy', { did: 'poisoned' })
  const broken = createStreaming({
    ...{ pg: parts.pg, ch: parts.ch, clock: bank.clock, timeZone: parts.timeZone, audit: parts.audit },
    segments: { streamWith: () => undefined },
    rules: {
      membersAmong: async (named, ids) => {
        if (named.some((one) => one.key === 'poison')) throw new TypeError('cannot be answered')
        return parts.rules.membersAmong(named, ids)
      },
    },
    tags: parts.tags,
    append: (events) => parts.ingest.append(events),
    log: () => undefined,
  })
  await bank.send([event('X1', 'poisoned')])
  await broken.catchUp()
  expect(await factsOf('healthy')).toEqual({ '+X1': 1 })
  expect(await factsOf('poison')).toEqual({})
  const hq = await bank.as('hq')
  const state = async () => {
    const { segments } = (await hq('GET', '/api/streaming/status')).body as {
      segments: { key: string; error: string | null }[]
    }
    return segments.find((one) => one.key === 'poison')?.error
  }
  expect(await state()).toContain('INTERNAL')
  bank.clock.shift(1000)
  await parts.segments.refresh('poison')
  expect(await state()).toBeNull()
  expect(await factsOf('poison')).toEqual({ '+X1': 1 })
}, 60_000)

test('two processes at once do not tell anything twice', async () => {
  const { parts } = bank.app
  await makeSegment('both', { did: 'both' })
  const two = createStreaming({
    ...{ pg: parts.pg, ch: parts.ch, clock: bank.clock, timeZone: parts.timeZone, audit: parts.audit },
    segments: { streamWith: () => undefined },
    ...{ rules: parts.rules, tags: parts.tags, append: parts.ingest.append, log: () => undefined },
  })
  const names = Array.from({ length: 30 }, (_, index) => `T${index}`)
  for (let at = 0; at < names.length; at += 10) {
    await bank.send(names.slice(at, at + 10).map((name) => event(name, 'both')))
    await Promise.all([parts.streaming.catchUp(), two.catchUp(), parts.segments.refresh('both')])
  }
  expect(await factsOf('both')).toEqual(Object.fromEntries(names.map((name) => [`+${name}`, 1])))
}, 60_000)
