import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { openTestApp, type TestApp } from './test-app.ts'

let bank: TestApp

beforeAll(async () => {
  bank = await openTestApp()
}, 60_000)
afterAll(() => bank?.close())

let nth = 0
const event = (userId: string, name: string, more: object = {}) => {
  nth += 1
  return {
    type: 'track',
    userId,
    event: name,
    messageId: `m${nth}`,
    timestamp: bank.clock.now().toISOString(),
    ...more,
  }
}

/** Facts of a segment as they count, oldest first. */
async function factsOf(segment: string): Promise<string[]> {
  await bank.app.parts.ingest.flush()
  const rows = await bank.app.parts.ch.query<{ name: string; customer_no: string }>(sql`
    SELECT e.name AS name, c.customer_no AS customer_no FROM event AS e FINAL
    INNER JOIN (SELECT c.customer_id AS customer_id, any(c.customer_no) AS customer_no FROM customer AS c GROUP BY customer_id) AS c
      ON c.customer_id = e.customer_id
    WHERE e.name IN ('segment_entered', 'segment_left') AND e.props['segment'] = ${{ kind: 'typed', type: 'String', value: segment }}
    ORDER BY e.occurred_at, e.name, customer_no`)
  return rows.map((row) => `${row.name === 'segment_entered' ? '+' : '-'}${row.customer_no}`)
}

async function makeSegment(key: string, rule: object, more: object = {}): Promise<void> {
  const hq = await bank.as('hq')
  const made = await hq('POST', '/api/segments', { key, name: key, rule, refreshMode: 'streaming', ...more })
  expect(made.status, made.text).toBe(201)
  await bank.app.parts.segments.refresh(key)
}

const catchUp = () => bank.app.parts.streaming.catchUp()
const step = (byMs = 1000) => bank.clock.shift(byMs)

test('a customer enters with an event and leaves as the window moves on, once each', async () => {
  await makeSegment('twice', { did: 'bought', within: { minutes: 10 }, count: { is: 'gte', value: 2 } })
  const first = event('S1', 'bought')
  await bank.send([first, event('S2', 'bought')])
  await catchUp()
  expect(await factsOf('twice')).toEqual([])
  step()
  await bank.send([event('S1', 'bought'), first, first])
  await catchUp()
  await bank.send([first])
  await catchUp()
  expect(await factsOf('twice')).toEqual(['+S1'])
  const hq = await bank.as('hq')
  expect((await hq('GET', '/api/segments/twice')).body.memberCount).toBe(1)
  step(11 * 60_000)
  await bank.app.parts.streaming.tick()
  await catchUp()
  expect(await factsOf('twice')).toEqual(['+S1', '-S1'])
  expect(await catchUp()).toBe(0)
}, 60_000)

test('a full refresh after the stream finds nobody to correct', async () => {
  await makeSegment('never', { not: { did: 'complained', within: { days: 30 } } })
  const before = await factsOf('never')
  expect(before.length).toBeGreaterThan(0)
  step()
  await bank.send([event('S1', 'complained'), event('S3', 'complained')])
  await catchUp()
  const after = await factsOf('never')
  expect(after.slice(before.length).sort()).toEqual(['-S1'])
  const result = await bank.app.parts.segments.refresh('never')
  expect(result).toMatchObject({ isCurrent: true, entered: 0, left: 0, drift: 0 })
}, 60_000)

test('a drift past the limit blocks sending until a person answers for it', async () => {
  await makeSegment('drifty', { did: 'visited' })
  await bank.send([event('S4', 'visited')])
  await catchUp()
  await bank.send([event('S5', 'visited')])
  await bank.app.parts.pg.execute(sql`DELETE FROM event_touch`)
  // As if both had been stored long ago and never told.
  for (const table of [sql`event`, sql`customer`])
    await bank.app.parts.ch.command(
      sql`ALTER TABLE ${table} UPDATE stored_at = stored_at - INTERVAL 1 HOUR WHERE 1 SETTINGS mutations_sync = 2`,
      { lane: 'jobs' },
    )
  const result = await bank.app.parts.segments.refresh('drifty')
  expect(result).toMatchObject({ drift: 1, entered: 1 })
  expect(await factsOf('drifty')).toEqual(['+S4', '+S5'])
  const hq = await bank.as('hq')
  await expect(
    bank.app.parts.streaming.checkSendable({ all: [{ segment: 'drifty' }] }),
  ).rejects.toMatchObject({
    code: 'SEGMENT_DRIFTED',
  })
  const status = await hq('GET', '/api/streaming/status')
  expect(status.status, status.text).toBe(200)
  expect(status.body.alarms).toMatchObject([{ segment: 'drifty', kind: 'drift' }])
  const url = '/api/streaming/segments/drifty/sendable'
  expect((await hq('POST', url, { confirm: 'other', reason: 'checked by hand' })).body.code).toBe(
    'SEGMENT_OVERRIDE_UNCONFIRMED',
  )
  expect((await hq('POST', url, { confirm: 'drifty', reason: 'checked by hand' })).status).toBe(200)
  await bank.app.parts.streaming.checkSendable({ segment: 'drifty' })
  const history = await hq('GET', '/api/streaming/segments/drifty/refreshes')
  expect((history.body.items as object[])[0]).toMatchObject({ drift: 1, isWithinLimit: false, entered: 1 })
}, 60_000)
