import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { DebugSighting } from '#features/ingest/common/debug.ts'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  testNow,
} from '#features/ingest/server/ingest-testing.ts'
import { rolePermissions } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let t: TestIngest
let port: number
beforeAll(async () => {
  t = await openTestIngest()
  await t.app.listen({ port: 0, host: '127.0.0.1' })
  port = (t.app.server.address() as AddressInfo).port
})
afterAll(() => t.close())

const watching: { end: () => void }[] = []
afterEach(async () => {
  for (const watch of watching.splice(0)) watch.end()
  await vi.waitFor(() => expect(t.ingest.debug.streams.count()).toBe(0), { timeout: 10_000 })
})
beforeEach(async () => {
  t.as(testCaller())
  t.setNow(testNow)
  await t.pg.execute(sql`DELETE FROM debug_session`)
})

type Shown = { event: string; id: number; data: DebugSighting }

/** Reads a stream as a browser would; `until` waits for something to have come. */
async function watch(query: string, headers: Record<string, string> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    httpRequest({ port, host: '127.0.0.1', path: `/api/debug/stream?${query}`, headers }, resolve)
      .on('error', reject)
      .end(),
  )
  const shown: Shown[] = []
  let text = ''
  let check = () => {}
  let isClosed = false
  response.setEncoding('utf8')
  response.on('data', (part: string) => {
    text += part
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text.slice(0, end))?.[1]
      if (field('event'))
        shown.push({ event: field('event')!, id: Number(field('id')), data: JSON.parse(field('data')!) })
      text = text.slice(end + 2)
    }
    check()
  })
  response.on('error', () => {})
  response.on('close', () => {
    isClosed = true
    check()
  })
  const until = (isThere: () => boolean) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (isThere()) resolve()
      }
      check()
    })
  const handle = {
    status: response.statusCode,
    shown,
    sightings: () => shown.filter(({ event }) => event === 'sighting').map(({ data }) => data),
    until,
    closed: () => until(() => isClosed),
    end: () => response.destroy(),
  }
  watching.push(handle)
  return handle
}
const track = (messageId: string, more: object = {}) => ({
  ...{ type: 'track', event: 'e', messageId, anonymousId: 'device-1', timestamp: testNow },
  ...more,
})

test('a device’s messages show within a second of arrival, taken or refused, and nobody else’s do', async () => {
  const seen = await watch('device=device-1')
  await seen.until(() => seen.shown.length > 0)
  const startedAt = performance.now()
  await t.batch([track('other', { anonymousId: 'device-2' }), track('a')], publicKey)
  await t.batch([track('b', { timestamp: 'never' })], publicKey)
  await seen.until(() => seen.sightings().length >= 2)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(seen.sightings()).toMatchObject([
    { messageId: 'a', event: 'e', source: 'app', anonymousId: 'device-1', isProven: false, refused: null },
    { messageId: 'b', refused: { code: 'TIMESTAMP_INVALID', path: 'timestamp' } },
  ])
})

test('facts about a person and long numbers are masked', async () => {
  const seen = await watch('device=device-1')
  const properties = { amount: 12345.6, page: 'home', note: 'order 123456789' }
  await t.batch([track('a', { properties })], publicKey)
  await seen.until(() => seen.sightings().length > 0)
  expect(seen.sightings()[0]?.properties).toMatchObject({ amount: '•••', page: 'home' })
  expect(JSON.stringify(seen.sightings())).not.toMatch(/12345/)
})

test('a customer is watched by number, claimed or proven; a source as a whole', async () => {
  const byCustomer = await watch('customerNo=C1')
  const bySource = await watch('source=core')
  await t.batch([track('a', { userId: 'C1' }), track('b', { userId: 'C2' })])
  await t.batch([track('c', { userId: 'C1' })], publicKey)
  await byCustomer.until(() => byCustomer.sightings().length >= 2)
  await bySource.until(() => bySource.sightings().length >= 2)
  expect(byCustomer.sightings().map(({ messageId, isProven }) => [messageId, isProven])).toEqual([
    ['a', true],
    ['c', false],
  ])
  expect(bySource.sightings().map(({ messageId }) => messageId)).toEqual(['a', 'b'])
})

test('coming back goes on where it was, in the same session, which is recorded once', async () => {
  const first = await watch('device=device-1')
  await t.batch([track('a')], publicKey)
  await first.until(() => first.sightings().length > 0)
  first.end()
  await t.batch([track('b')], publicKey)
  const joined = await watch('device=device-1')
  await joined.until(() => joined.sightings().length >= 2)
  const back = await watch('device=device-1', { 'last-event-id': String(first.shown.at(-1)?.id) })
  await back.until(() => back.sightings().length > 0)
  expect(joined.sightings().map(({ messageId }) => messageId)).toEqual(['a', 'b'])
  expect(back.sightings().map(({ messageId }) => messageId)).toEqual(['b'])
  const entries = await t.pg.query(
    sql`SELECT a.seq FROM audit AS a WHERE a.action = 'debug.watch' AND a.object_id = 'device-1'
      AND a.seq > (SELECT max(h.seq) - 1 FROM audit_head AS h)`,
  )
  expect(entries).toHaveLength(1)
})

test('another process that collects tells the watcher too', async () => {
  const seen = await watch('device=device-1')
  await seen.until(() => seen.shown.length > 0)
  const session = seen.shown[0]?.data as unknown as { sessionId: string }
  const body = JSON.stringify({ messageId: 'from-afar', properties: {} })
  await t.ingest.debug.store.write([{ sessionId: session.sessionId, body }])
  await seen.until(() => seen.sightings().length > 0)
  expect(seen.sightings()[0]).toMatchObject({ messageId: 'from-afar' })
})

test('a session ends after a quarter of an hour, and then nothing is looked at any more', async () => {
  const seen = await watch('device=device-1')
  await seen.until(() => seen.shown.length > 0)
  expect(t.ingest.debug.hub.isOn()).toBe(true)
  t.setNow('2026-03-02T04:15:01.000Z')
  await seen.closed()
  expect(seen.shown.at(-1)?.event).toBe('end')
  await t.ingest.debug.hub.refresh()
  expect(t.ingest.debug.hub.isOn()).toBe(false)
})

test('a flood is kept to what a person can read: the latest 200, the rest counted', async () => {
  const seen = await watch('source=app')
  await seen.until(() => seen.shown.length > 0)
  for (let round = 0; round < 5; round += 1)
    await t.batch(
      Array.from({ length: 300 }, (_, n) => track(`f${round}-${n}`)),
      publicKey,
    )
  await seen.until(() => seen.shown.some(({ event }) => event === 'skipped'))
  const rows = await t.pg.first<{ n: string }>(sql`SELECT count(*) AS n FROM debug_sighting AS g`)
  expect(Number(rows?.n)).toBeLessThanOrEqual(201)
})

test('readers are bounded in number, and places come back', async () => {
  const many = await Promise.all(Array.from({ length: 20 }, () => watch('device=device-1')))
  expect(many.every(({ status }) => status === 200)).toBe(true)
  expect((await watch('device=device-1')).status).toBe(503)
  for (const one of many) one.end()
  await vi.waitFor(() => expect(t.ingest.debug.streams.count()).toBe(0), { timeout: 10_000 })
  expect((await watch('device=device-1')).status).toBe(200)
})

test('only people of head office who may watch do; the question must name one thing', async () => {
  const get = async (url: string) => (await t.app.inject(url)).json()
  for (const role of ['relationship_manager', 'branch_operator', 'system_admin', 'auditor'] as const) {
    t.as(testCaller({ permissions: rolePermissions[role] }))
    expect((await get('/api/debug/stream?device=d')).code, role).toBe('PERMISSION_MISSING')
  }
  t.as(testCaller({ scope: { everyone: false, orgIds: [2], rmStaffId: null } }))
  expect((await get('/api/debug/stream?device=d')).code).toBe('HEAD_OFFICE_ONLY')
  t.as(testCaller())
  for (const query of ['', '?device=a&source=b', '?device=', '?x=1'])
    expect((await get(`/api/debug/stream${query}`)).status, query).toBe(400)
})
