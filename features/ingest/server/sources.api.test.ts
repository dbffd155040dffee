import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestIngest, type TestIngest, testNow } from '#features/ingest/server/ingest-testing.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

async function call(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) {
  const answer = await t.app.inject({ method, url, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}
const reason = { reason: 'key was in a screenshot' }
const send = async (key: string, messageId: string) =>
  (await t.batch([{ type: 'track', event: 'e', messageId, userId: 'C1', timestamp: testNow }], key)).status
const create = async (source: string, more: object = {}) =>
  (await call('POST', '/api/sources', { source, kind: 'trusted', ...more })).body as { key: string }

test('a source is made with its key shown once; from then on a trusted key is masked, a public one is not', async () => {
  const made = await call('POST', '/api/sources', {
    source: 'core-bank',
    kind: 'trusted',
    name: { zh: '核心', en: 'Core' },
    owner: '科技部 王工',
    limits: { eventsPerSecond: 5000 },
  })
  expect(made).toMatchObject({ status: 201, body: { source: 'core-bank', state: 'active', eventsToday: 0 } })
  expect(made.body.key).toMatch(/^zk_s_[\w-]{24}$/)
  expect(await send(made.body.key, 'c1')).toBe(200)
  const detail = await call('GET', '/api/sources/core-bank')
  expect(detail.body).toMatchObject({
    ...{ name: { zh: '核心', en: 'Core' }, owner: '科技部 王工', activeKeys: 1 },
    limits: { eventsPerSecond: 5000, bytesPerSecond: null, concurrentRequests: null },
    keys: [{ isMasked: true, state: 'active' }],
  })
  expect(JSON.stringify(detail.body)).not.toContain(made.body.key)
  expect((await call('GET', '/api/sources')).body.items).toHaveLength(3)
  const open = await call('POST', '/api/sources', { source: 'h5', kind: 'public' })
  expect((await call('GET', '/api/sources/h5')).body.keys[0]).toMatchObject({
    key: open.body.key,
    isMasked: false,
  })
})

test('the key of a trusted source is shown with a reason, which is recorded; no key is ever in audit', async () => {
  const { key } = await create('revealed')
  const [{ keyId }] = (await call('GET', '/api/sources/revealed')).body.keys
  expect((await call('POST', `/api/sources/revealed/keys/${keyId}/reveal`, {})).status).toBe(400)
  expect((await call('POST', `/api/sources/revealed/keys/${keyId}/reveal`, reason)).body).toEqual({ key })
  const entry = await t.pg.first(sql`SELECT a.reason FROM audit AS a WHERE a.action = 'source.key.reveal'`)
  expect(entry).toEqual(reason)
  const audit = JSON.stringify(await t.pg.query(sql`SELECT a.* FROM audit AS a`))
  expect(audit).not.toContain(key)
})

test('a new key works beside the old one; the old one ends when revoked, and comes back within a day', async () => {
  const { key } = await create('rotating')
  const added = await call('POST', '/api/sources/rotating/keys')
  expect(added).toMatchObject({ status: 201, body: { isMasked: false } })
  expect([await send(key, 'r1'), await send(added.body.key, 'r2')]).toEqual([200, 200])
  const old = (await call('GET', '/api/sources/rotating')).body.keys.find(
    (each: { keyId: string }) => each.keyId !== added.body.keyId,
  )
  const revoke = (keyId: string) => call('POST', `/api/sources/rotating/keys/${keyId}/revoke`, reason)
  expect((await revoke(old.keyId)).body.activeKeys).toBe(1)
  expect([await send(key, 'r3'), await send(added.body.key, 'r4')]).toEqual([401, 200])
  expect(await revoke(added.body.keyId)).toMatchObject({ status: 409, body: { code: 'KEY_LAST_ACTIVE' } })
  const undo = () => call('POST', `/api/sources/rotating/keys/${old.keyId}/undo-revoke`, reason)
  expect((await undo()).status).toBe(200)
  expect(await send(key, 'r5')).toBe(200)
  await revoke(old.keyId)
  t.setNow('2026-03-03T05:00:00.000Z')
  expect(await undo()).toMatchObject({ status: 409, body: { code: 'KEY_REVOKED_LONG_AGO' } })
  t.setNow(testNow)
})

test('a key revoked by another process ends within seconds here, also after a long silence', async () => {
  const { key } = await create('elsewhere')
  expect(await send(key, 's1')).toBe(200)
  await t.pg.execute(sql`UPDATE source SET state = 'revoked' WHERE source = 'elsewhere'`)
  t.setNow('2026-03-02T04:30:00.000Z')
  expect(await send(key, 's2')).toBe(401)
  t.setNow(testNow)
})

test('a whole source is revoked and reactivated with a reason', async () => {
  const { key } = await create('partner')
  expect((await call('POST', '/api/sources/partner/revoke', {})).status).toBe(400)
  expect((await call('POST', '/api/sources/partner/revoke', reason)).body.state).toBe('revoked')
  expect(await send(key, 'p1')).toBe(401)
  expect((await call('POST', '/api/sources/partner/reactivate', reason)).body.state).toBe('active')
  expect(await send(key, 'p2')).toBe(200)
})

test('what may be changed is changed and recorded; the kind may not', async () => {
  await create('editable', { kind: 'public' })
  const changes = {
    ...{ name: { zh: '官网', en: 'Web' }, allowedOrigins: ['https://www.bank.example'] },
    ...{ jwksUrl: 'https://bank.example/jwks.json', tokenIssuer: 'bank', jwks: t.bank.jwks },
    limits: { concurrentRequests: 20 },
  }
  expect((await call('PUT', '/api/sources/editable', changes)).body).toMatchObject({
    ...changes,
    hasJwks: true,
  })
  expect((await call('PUT', '/api/sources/editable', { jwks: null })).body).toMatchObject({
    ...{ jwks: null, jwksUrl: changes.jwksUrl, limits: { concurrentRequests: 20 } },
  })
  for (const wrong of [
    { kind: 'trusted' },
    { jwks: { keys: 'x' } },
    { jwksUrl: 'http://bank.example' },
    { allowedOrigins: ['bank.example'] },
    { limits: { eventsPerSecond: 0 } },
  ])
    expect((await call('PUT', '/api/sources/editable', wrong)).status, JSON.stringify(wrong)).toBe(400)
  const entry = await t.pg.first<{ after: object }>(
    sql`SELECT a.after FROM audit AS a WHERE a.action = 'source.change' ORDER BY a.seq LIMIT 1`,
  )
  expect(entry?.after).toMatchObject({ jwksUrl: changes.jwksUrl, jwksKeyIds: ['k1'] })
  expect((await call('PUT', '/api/sources/nobody', {})).status).toBe(404)
})

test('says on which day a key was last used', async () => {
  const { key } = await create('used')
  await send(key, 'u1')
  await t.ingest.presence.beat()
  expect((await call('GET', '/api/sources/used')).body.keys[0].lastUsedOn).toBe('2026-03-02')
})

test('reading sources is not enough to change them', async () => {
  t.as(testCaller({ permissions: ['source.read'] }))
  for (const [method, url] of [
    ['POST', '/api/sources'],
    ['PUT', '/api/sources/core'],
    ['POST', '/api/sources/core/revoke'],
    ['POST', '/api/sources/core/keys'],
    ['POST', '/api/sources/core/keys/0123456789abcdef/reveal'],
  ] as const)
    expect((await call(method, url, {})).status, url).toBe(403)
  t.as(testCaller())
})

test('a key that floods is told to wait, and another key is answered as if it were not there', async () => {
  const { key: flooding } = await create('flooding', { limits: { eventsPerSecond: 100 } })
  const { key: calm } = await create('calm')
  const batch = Array.from({ length: 100 }, (_, n) => ({
    ...{ type: 'track', event: 'e', userId: 'C1', messageId: `f${n}`, timestamp: testNow },
  }))
  const answers = await Promise.all([
    ...Array.from({ length: 60 }, () => t.batch(batch, flooding)),
    ...Array.from({ length: 60 }, () => t.batch(batch, calm)),
  ])
  const refused = answers.slice(0, 60).filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThanOrEqual(57)
  expect(refused[0]?.body.code).toBe('RATE_LIMITED')
  expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0)
  expect(answers.slice(60).map(({ status }) => status)).toEqual(Array(60).fill(200))
})

test('requests of a key under way are counted until they are answered, and places come back', async () => {
  const { key } = await create('crowded', { limits: { concurrentRequests: 3 } })
  const event = { type: 'track', event: 'e', userId: 'C1', timestamp: testNow }
  const send = (messageId: string) => t.batch([{ ...event, messageId }], key)
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => send(`x${n}`)))
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([...Array(3).fill(200), ...Array(7).fill(429)])
  for (let again = 0; again < 5; again += 1) expect((await send(`y${again}`)).status).toBe(200)
})
