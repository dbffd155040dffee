import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  testNow,
  trustedKey,
} from '#features/ingest/server/ingest-testing.ts'
import { type OrgScope, rolePermissions } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
  await t.jobs.migrate()
})
afterAll(() => t.close())
beforeEach(async () => {
  t.setNow(testNow)
  t.as(testCaller())
  await t.clear()
  await t.pg.execute(sql`DELETE FROM reject_state`)
})

async function call(method: 'GET' | 'POST', url: string, payload?: object) {
  const answer = await t.app.inject({ method, url, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json() }
}
const broken = (messageId: string, more: object = {}) => ({
  ...{ type: 'track', event: 'transfer', messageId, userId: 'C1', timestamp: 'yesterday' },
  properties: { page: 'home' },
  ...more,
})
async function refuse(messages: readonly object[], key: string = trustedKey): Promise<void> {
  const { body } = await t.batch(messages, key)
  expect(body.accepted).toBe(0)
  await t.ingest.flush(30)
}
type Item = { rejectId: string; messageId: string; state: string; code: string }
const list = async (query = '') => (await call('GET', `/api/rejects?${query}`)).body.items as Item[]
const only = async (query = ''): Promise<Item> => {
  const items = await list(query)
  expect(items).toHaveLength(1)
  return items[0]!
}
const replay = (rejectId: string, message?: object) =>
  call('POST', `/api/rejects/${rejectId}/replay`, message ? { message } : {})

test('a refused message is listed without its content, and shown with it, by reason and field', async () => {
  await refuse([broken('m1')])
  const item = await only('code=TIMESTAMP_INVALID&source=core&event=transfer')
  expect(item).toMatchObject({
    messageId: 'm1',
    state: 'open',
    path: 'timestamp',
    hasOriginal: true,
    attempts: 0,
  })
  expect(item).not.toHaveProperty('original')
  const { body } = await call('GET', `/api/rejects/${item.rejectId}`)
  expect(JSON.parse(body.original)).toMatchObject({ event: 'transfer', properties: { page: 'home' } })
  for (const none of [
    'source=app',
    'code=FIELD_TYPE',
    'event=x',
    'to=2026-03-02T04:00:00Z',
    'state=replayed',
  ])
    expect(await list(none), none).toEqual([])
})

test('mended, it counts once, under its old id, however often it is sent again', async () => {
  await refuse([broken('m1')])
  const { rejectId } = await only()
  const mended = broken('another-id', { timestamp: '2026-03-01T00:00:00Z' })
  expect((await replay(rejectId, mended)).body).toEqual({ outcome: 'accepted', code: null, detail: null })
  expect((await replay(rejectId, mended)).body.outcome).toBe('accepted')
  await t.batch([broken('m1', { timestamp: '2026-03-01T00:00:00Z' })])
  expect(await t.events()).toEqual([
    { customerNo: 'C1', name: 'transfer', at: '2026-03-01 00:00:00.000', props: { page: 'home' } },
  ])
  expect(await list()).toEqual([])
  expect(await only('state=replayed')).toMatchObject({ attempts: 2, changedBy: 'hq' })
  const entry = await t.pg.first<{ after: object }>(
    sql`SELECT a.after FROM audit AS a WHERE a.action = 'reject.replay' ORDER BY a.seq LIMIT 1`,
  )
  expect(entry?.after).toMatchObject({ outcome: 'accepted', changed: ['messageId', 'timestamp'] })
})

test('refused again it stays one open reject that says why', async () => {
  await refuse([broken('m1')])
  const { rejectId } = await only()
  expect((await replay(rejectId)).body).toMatchObject({ outcome: 'rejected', code: 'TIMESTAMP_INVALID' })
  expect((await replay(rejectId, broken('m1', { timestamp: 1, event: '' }))).body.outcome).toBe('rejected')
  await t.ingest.flush(30)
  expect(await only()).toMatchObject({ rejectId, state: 'open', attempts: 2, lastCode: expect.any(String) })
})

test('a message without an id counts once too', async () => {
  const { messageId: _, ...nameless } = broken('')
  await refuse([nameless])
  const { rejectId } = await only()
  const mended = { ...nameless, timestamp: '2026-03-01T00:00:00Z' }
  await replay(rejectId, mended)
  await replay(rejectId, mended)
  expect(await t.events()).toHaveLength(1)
})

test('mending never makes it another customer’s, another device’s, or another kind of message', async () => {
  await refuse([broken('m1', { anonymousId: 'd1' })])
  const { rejectId } = await only()
  for (const change of [
    { userId: 'C2' },
    { anonymousId: 'd2' },
    { type: 'identify' },
    { identities: { phone: '1' } },
  ])
    expect(
      await replay(rejectId, broken('m1', { anonymousId: 'd1', timestamp: testNow, ...change })),
      JSON.stringify(change),
    ).toMatchObject({ status: 400, body: { code: 'REJECT_IDENTITY_CHANGED' } })
  await refuse([broken('m2', { userId: 'x'.repeat(100), timestamp: testNow })])
  const wrong = (await list()).find(({ messageId }) => messageId === 'm2')!
  expect((await replay(wrong.rejectId, broken('m2', { timestamp: testNow }))).body.outcome).toBe('accepted')
})

test('what a public source claimed stays a claim: sending it again proves nobody', async () => {
  const token = await t.bank.sign('C9')
  await refuse([broken('p1', { userId: 'C9', anonymousId: 'd9', context: { token } })], publicKey)
  const { rejectId } = await only('source=app')
  const { body } = await call('GET', `/api/rejects/${rejectId}`)
  expect(body.original).not.toContain(token)
  const mended = { ...JSON.parse(body.original), timestamp: '2026-03-02T03:00:00Z', context: { token } }
  expect((await replay(rejectId, mended)).body.outcome).toBe('accepted')
  expect(await t.events()).toEqual([])
  expect(await t.anonymous()).toBe(1)
})

test('a clock that was wrong is corrected as it would have been then', async () => {
  const wrongClock = { timestamp: '2026-03-02T01:00:00Z', sentAt: '2026-03-02T01:00:10Z', event: 7 }
  await refuse([broken('m1', wrongClock)])
  const { rejectId } = await only()
  t.setNow('2026-03-05T04:00:00.000Z')
  const mended = broken('m1', { ...wrongClock, event: 'transfer' })
  expect((await replay(rejectId, mended)).body.outcome).toBe('accepted')
  expect((await t.events())[0]?.at).toBe('2026-03-02 03:59:50.000')
})

test('of authentication data there is no copy, so nothing can be sent again', async () => {
  await refuse([broken('m1', { timestamp: testNow, properties: { password: 'hunter2' } })])
  const item = await only()
  expect(item).toMatchObject({ code: 'AUTHENTICATION_DATA', hasOriginal: false })
  expect((await call('GET', `/api/rejects/${item.rejectId}`)).body.original).toBeNull()
  expect(await replay(item.rejectId, broken('m1', { timestamp: testNow }))).toMatchObject({
    ...{ status: 409, body: { code: 'REJECT_WITHOUT_ORIGINAL' } },
  })
})

test('dismissed with a reason, it can be reopened; a revoked source sends nothing again', async () => {
  await refuse([broken('m1')])
  const { rejectId } = await only()
  const reason = { reason: 'test traffic' }
  expect((await call('POST', `/api/rejects/${rejectId}/dismiss`, {})).status).toBe(400)
  expect((await call('POST', `/api/rejects/${rejectId}/dismiss`, reason)).body).toMatchObject({
    state: 'dismissed',
  })
  expect(await list()).toEqual([])
  expect(await only('state=dismissed')).toMatchObject({ rejectId, ...reason })
  expect((await replay(rejectId)).status).toBe(409)
  expect((await call('POST', `/api/rejects/${rejectId}/reopen`, reason)).body.state).toBe('open')
  await t.pg.execute(sql`UPDATE source SET state = 'revoked' WHERE source = 'core'`)
  expect(await replay(rejectId)).toMatchObject({ status: 409, body: { code: 'SOURCE_REVOKED' } })
  await t.pg.execute(sql`UPDATE source SET state = 'active' WHERE source = 'core'`)
  await t.ingest.reloadKeys()
})

test('all of a filter are sent again by a job that counts what became of them; a second run finds nothing', async () => {
  // Refused for a time in the future then, good by now.
  const early = { timestamp: '2026-03-20T00:00:00Z' }
  await refuse(Array.from({ length: 700 }, (_, n) => broken(`b${n}`, early)))
  await refuse([broken('never'), broken('secret', { properties: { password: 'x' } })])
  t.setNow('2026-03-21T00:00:00.000Z')
  const run = async () => {
    const { status, body } = await call('POST', '/api/rejects/replay', {
      filter: { source: 'core' },
      reason: 'due',
    })
    expect(status).toBe(202)
    await t.jobs.runJob(body.jobId)
    return (await call('GET', `/api/jobs/${body.jobId}`)).body
  }
  expect(await run()).toMatchObject({
    state: 'done',
    result: { replayed: 700, refused: 1, skipped: 1, dismissed: 0 },
  })
  expect(await t.events()).toHaveLength(700)
  expect((await run()).result).toMatchObject({ replayed: 0, refused: 1, skipped: 1 })
  expect(await list('limit=500')).toHaveLength(2)
  const summary = (await call('GET', '/api/rejects/summary?from=2026-03-01T00:00:00Z')).body
  expect(summary).toMatchObject({ total: 702, open: 2, bySource: [{ source: 'core', count: 702 }] })
  expect(summary.byCode[0]).toEqual({ code: 'TIMESTAMP_OUT_OF_RANGE', count: 700 })
  expect(summary.series.reduce((all: number, { count }: { count: number }) => all + count, 0)).toBe(702)
})

test('pages never skip or repeat, over both kinds of list', async () => {
  for (const minute of [1, 2, 3]) {
    t.setNow(`2026-03-02T04:0${minute}:00.000Z`)
    await refuse(Array.from({ length: 7 }, (_, n) => broken(`${minute}-${n}`)))
  }
  const walk = async (state: string) => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await call(
        'GET',
        `/api/rejects?state=${state}&limit=4${cursor ? `&cursor=${cursor}` : ''}`,
      )
      seen.push(...page.body.items.map(({ messageId }: Item) => messageId))
      cursor = page.body.nextCursor
    } while (cursor)
    return seen
  }
  const all = await walk('open')
  expect([all.length, new Set(all).size]).toEqual([21, 21])
  const filter = { to: '2026-03-02T04:02:30Z' }
  const { body } = await call('POST', '/api/rejects/dismiss', { filter, reason: 'noise' })
  await t.jobs.runJob(body.jobId)
  expect((await walk('dismissed')).sort()).toEqual(all.filter((id) => !id.startsWith('3')).sort())
  expect((await walk('open')).sort()).toEqual(all.filter((id) => id.startsWith('3')).sort())
})

test('who may only read sources sees no content; a branch sees and sends nothing', async () => {
  await refuse([broken('m1')])
  const { rejectId } = await only()
  t.as(testCaller({ permissions: rolePermissions.system_admin }))
  expect((await call('GET', '/api/rejects')).body.items).toHaveLength(1)
  expect((await call('GET', `/api/rejects/${rejectId}`)).status).toBe(403)
  expect((await replay(rejectId)).status).toBe(403)
  const scope: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }
  t.as(testCaller({ scope }))
  expect(await call('GET', `/api/rejects/${rejectId}`)).toMatchObject({
    ...{ status: 403, body: { code: 'HEAD_OFFICE_ONLY' } },
  })
  expect((await replay(rejectId)).status).toBe(403)
  expect((await call('POST', '/api/rejects/replay', { filter: {}, reason: 'all' })).status).toBe(403)
  t.as(testCaller({ permissions: rolePermissions.relationship_manager }))
  expect((await call('GET', '/api/rejects')).status).toBe(403)
})

test('rates count each message once, also when its segment is loaded twice', async () => {
  await t.ch.command(sql`TRUNCATE TABLE ingest_rate`)
  await t.batch([broken('r1'), broken('r2', { timestamp: testNow }), broken('r3', { timestamp: testNow })])
  await t.batch(
    [{ type: 'track', event: 'e', anonymousId: 'd', messageId: 'r4', timestamp: testNow }],
    publicKey,
  )
  await t.ingest.flush(30)
  const rates = async () => (await call('GET', '/api/ingest/rates?minutes=5')).body.items
  const core = { at: '2026-03-02T04:00:00.000Z', source: 'core', accepted: 2, rejected: 1, dropped: 0 }
  const found = await rates()
  expect(found.find((item: { source: string }) => item.source === 'core')).toMatchObject(core)
  expect(found.find((item: { source: string }) => item.source === 'app')).toMatchObject({ accepted: 1 })
  const tally = { receivedAtMs: Date.parse(testNow), source: 'x', protocol: 'segment' }
  for (const _ of [1, 2])
    await t.ingest.rates.note('same', [
      { ...tally, accepted: 10, rejected: 1, dropped: 2 },
      { ...tally, accepted: 5, rejected: 0, dropped: 0, receivedAtMs: tally.receivedAtMs - 900 },
    ])
  const x = (await rates()).filter((item: { source: string }) => item.source === 'x')
  expect(x.map((item: { accepted: number }) => item.accepted).sort()).toEqual([10, 5])
})

test('every process says how it is doing', async () => {
  await t.ingest.presence.beat()
  const { items } = (await call('GET', '/api/ingest/processes')).body
  expect(items).toMatchObject([{ pid: process.pid, isBehind: false, lastError: null }])
})
