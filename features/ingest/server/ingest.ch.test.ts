import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  testNow,
} from '#features/ingest/server/ingest-testing.ts'
import { sql } from '#platform/common/sql.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())
beforeEach(async () => {
  t.setNow(testNow)
  await t.clear()
})

const at = (minute: number) => new Date(Date.parse('2026-03-01T00:00:00Z') + minute * 60_000).toISOString()
const track = (messageId: string, fields: object = {}) => ({
  type: 'track',
  event: 'e',
  messageId,
  timestamp: at(0),
  ...fields,
})
const identify = (userId: string, anonymousId: string, minute: number) => ({
  ...{
    type: 'identify',
    messageId: `login-${userId}-${anonymousId}-${minute}`,
    timestamp: at(minute),
    userId,
    anonymousId,
  },
})
/** Customer and place of each tracked message in `props.n`. */
const owners = async () =>
  (await t.events())
    .filter((event) => event.name === 'e')
    .map((event) => `${event.customerNo}:${event.props.n}`)
    .sort()
const countMessages = async () => (await t.events()).length

test('a trusted source names customers; unknown numbers become provisional customers of head office', async () => {
  const answer = await t.batch([
    track('1', { userId: 'NEW-1', properties: { amount: 12.5 } }),
    track('2', { userId: 'NEW-2' }),
  ])
  expect(answer).toMatchObject({ status: 200, body: { accepted: 2, rejected: [] } })
  expect(await t.events()).toEqual([
    { customerNo: 'NEW-1', name: 'e', at: '2026-03-01 00:00:00.000', props: { amount: '12.5' } },
    { customerNo: 'NEW-2', name: 'e', at: '2026-03-01 00:00:00.000', props: {} },
  ])
  const row = await t.pg.first(
    sql`SELECT c.is_provisional, c.org_id FROM customer AS c WHERE c.customer_no = 'NEW-1'`,
  )
  expect(row).toEqual({ is_provisional: true, org_id: 1 })
})

test('a message counts once: within a batch, across batches, across a restart', async () => {
  await t.batch([track('same', { userId: 'C1' }), track('same', { userId: 'C1' })])
  await t.batch([track('same', { userId: 'C1' })])
  await t.restart()
  await t.batch([track('same', { userId: 'C1' }), track('other', { userId: 'C1' })])
  expect(await countMessages()).toBe(2)
})

test('a message without a time of its own lands on its first receipt, also days later and after a restart', async () => {
  // The engine forgets receipts by its own clock.
  const today = new Date()
  t.setNow(today.toISOString())
  const timeless = { type: 'track', event: 'e', messageId: 'timeless', userId: 'C1' }
  await t.batch([timeless, timeless])
  await t.ingest.flush()
  t.setNow(new Date(today.getTime() + 6 * 86_400_000).toISOString())
  await t.restart()
  await t.batch([timeless])
  expect((await t.events()).map((event) => event.at)).toEqual([
    today.toISOString().replace('T', ' ').replace('Z', ''),
  ])
})

test('what is acknowledged before a stop without loading is loaded after the next start', async () => {
  const numbers = Array.from({ length: 50 }, (_, nth) => track(`r${nth}`, { userId: 'C1' }))
  await t.batch(numbers)
  await t.restart()
  expect(await countMessages()).toBe(50)
})

test('a login takes what the visitor did before, and a retry from before it counts once', async () => {
  const before = track('m1', { anonymousId: 'device', properties: { n: 1 } })
  await t.batch([before], publicKey)
  expect(await t.anonymous()).toBe(1)
  expect(await owners()).toEqual([])
  await t.batch([identify('C1', 'device', 5)])
  expect(await owners()).toEqual(['C1:1'])
  await t.batch([before], publicKey)
  await t.batch([{ ...before, context: { token: await t.bank.sign('C1') } }], publicKey)
  expect(await owners()).toEqual(['C1:1'])
  expect(await t.pg.query(sql`SELECT 1 FROM visitor_binding AS b WHERE b.applied_at IS NULL`)).toEqual([])
})

test('each customer of a shared device keeps their own interval, in whatever order messages come', async () => {
  const did = (n: number) => track(`s${n}`, { anonymousId: 'shared', timestamp: at(n), properties: { n } })
  await t.batch([did(1), did(11), did(21)], publicKey)
  await t.batch([identify('A', 'shared', 10)])
  expect(await owners()).toEqual(['A:1', 'A:11', 'A:21'])
  await t.batch([identify('B', 'shared', 20)])
  expect(await owners()).toEqual(['A:1', 'A:11', 'B:21'])
  await t.batch([did(15), did(25)], publicKey)
  await t.batch([identify('C', 'shared', 14)])
  expect(await owners()).toEqual(['A:1', 'A:11', 'B:21', 'B:25', 'C:15'])
  await t.batch([identify('D', 'shared', 0)])
  expect(await owners()).toEqual(['A:11', 'B:21', 'B:25', 'C:15', 'D:1'])
})

test('a binding cut off by a crash before it was applied is applied at the next start', async () => {
  await t.batch([track('m1', { anonymousId: 'crashed', properties: { n: 1 } })], publicKey)
  await t.batch([track('m2', { userId: 'C1', properties: { n: 2 } })])
  expect(await owners()).toEqual(['C1:2'])
  const { visitorOf } = await import('#features/ingest/server/index.ts')
  await t.pg.execute(sql`
    INSERT INTO visitor_binding (visitor, customer_id, from_at, proof)
    SELECT ${String(visitorOf('crashed'))}, c.customer_id, ${new Date(at(9))}, 'trusted_source'
    FROM customer AS c WHERE c.customer_no = 'C1'`)
  await t.restart()
  await t.batch([track('m3', { userId: 'C1', properties: { n: 3 } })])
  expect(await owners()).toEqual(['C1:1', 'C1:2', 'C1:3'])
  const [binding] = await t.ch.query(
    sql`SELECT toString(b.from_at) AS from_at FROM visitor_binding AS b FINAL`,
  )
  expect(binding).toEqual({ from_at: '2026-03-01 00:09:00.000' })
})

test('alias of a trusted source binds the device that was', async () => {
  await t.batch([track('m1', { anonymousId: 'old', properties: { n: 1 } })], publicKey)
  await t.batch([{ type: 'alias', messageId: 'a', userId: 'C1', previousId: 'old', timestamp: at(5) }])
  expect(await owners()).toEqual(['C1:1'])
})

test('a valid token proves the customer, and binds the device from then on', async () => {
  const token = await t.bank.sign('C7')
  await t.batch(
    [track('p1', { anonymousId: 'phone', userId: 'C7', context: { token }, properties: { n: 1 } })],
    publicKey,
  )
  await t.batch([track('p2', { anonymousId: 'phone', timestamp: at(1), properties: { n: 2 } })], publicKey)
  expect(await owners()).toEqual(['C7:1', 'C7:2'])
  expect(await t.ingest.verifyCustomerToken(publicKey, token)).toBe('C7')
  expect(await t.ingest.resolveCustomer(publicKey, token)).toMatchObject({ customerNo: 'C7' })
})

test('a forged claim of a public key never reaches a customer', async () => {
  const { bank } = t
  const nowSeconds = Date.parse(testNow) / 1000
  const { privateKey: foreign } = await generateKeyPair('ES256')
  const asSecret = new TextEncoder().encode(JSON.stringify(bank.jwks))
  const claims = { sub: 'VICTIM', iss: 'https://bank.example', iat: nowSeconds, exp: nowSeconds + 600 }
  const whole = await bank.sign('VICTIM')
  const [header, , signature] = whole.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'VICTIM2' })).toString('base64url')
  const forged = [
    undefined,
    'not a token',
    await bank.sign('VICTIM', { iat: nowSeconds - 3600 }),
    await bank.sign('VICTIM', { iat: nowSeconds + 3600 }),
    await bank.sign('VICTIM', { lifeSeconds: 3600 }),
    await bank.sign('VICTIM', { issuer: 'https://evil.example' }),
    await bank.sign('VICTIM', { key: foreign }),
    new UnsecuredJWT(claims).encode(),
    await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(asSecret),
    `${header}.${payload}.${signature}`,
    `${whole.slice(0, -4)}AAAA`,
    // Another customer's own valid token says nothing about the victim.
    await bank.sign('ATTACKER'),
  ]
  const messages = forged.flatMap((token, nth) => [
    track(`f${nth}`, { userId: 'VICTIM', anonymousId: `d${nth}`, context: { token } }),
    track(`g${nth}`, { userId: 'VICTIM', context: { token } }),
    {
      type: 'identify',
      messageId: `i${nth}`,
      userId: 'VICTIM',
      anonymousId: `d${nth}`,
      traits: { job: 'x' },
      context: { token },
    },
    { type: 'alias', messageId: `a${nth}`, userId: 'VICTIM', previousId: `d${nth}`, context: { token } },
  ])
  const answer = await t.batch(messages, publicKey)
  expect(answer.body).toEqual({ accepted: messages.length, rejected: [] })
  expect(await t.events()).toEqual([])
  expect(await t.pg.query(sql`SELECT 1 FROM visitor_binding`)).toEqual([])
  expect(await t.pg.query(sql`SELECT 1 FROM customer AS c WHERE c.customer_no LIKE 'VICTIM%'`)).toEqual([])
})

test('traits become attributes of proven customers, identifiers and refused ones never do', async () => {
  await t.batch([
    {
      type: 'identify',
      messageId: 't1',
      userId: 'T1',
      traits: { job: 'teacher', phone: '13800001234', name: '张三' },
    },
    { type: 'identify', messageId: 't2', userId: 'T1', traits: { city: '上海', password: 'x' } },
    { type: 'identify', messageId: 't3', userId: 'T1', traits: { city: '北京' } },
  ])
  await t.batch(
    [{ type: 'identify', messageId: 't4', userId: 'T1', anonymousId: 'd', traits: { job: 'forged' } }],
    publicKey,
  )
  await t.ingest.flush()
  const inPostgres = await t.pg.first(sql`SELECT c.attributes FROM customer AS c WHERE c.customer_no = 'T1'`)
  expect(inPostgres).toEqual({ attributes: { job: 'teacher', city: '北京' } })
  const copy = await t.ch.first(sql`SELECT c.attributes FROM customer AS c FINAL WHERE c.customer_no = 'T1'`)
  expect(copy).toEqual({ attributes: { job: 'teacher', city: '北京' } })
  expect(t.ingest.status().rejectedByCode).toContainEqual({ code: 'AUTHENTICATION_DATA', count: 1 })
})

test('rejects are counted and kept without what was in them', async () => {
  await t.batch([
    track('bad', { userId: 'C1', properties: { pin: '987654' } }),
    { type: 'track', messageId: 'bad2', event: 1 },
  ])
  await t.ingest.flush()
  const rows = await t.ch.query(sql`
    SELECT r.source, r.message_id, r.code, r.path FROM event_reject AS r ORDER BY r.message_id`)
  expect(rows).toEqual([
    { source: 'core', message_id: 'bad', code: 'AUTHENTICATION_DATA', path: 'properties.pin' },
    { source: 'core', message_id: 'bad2', code: 'FIELD_TYPE', path: 'event' },
  ])
  const all = await t.ch.query(sql`SELECT * FROM event_reject`)
  expect(JSON.stringify(all)).not.toContain('987654')
})

test('events of the platform’s own go the same road', async () => {
  await t.batch([track('x', { userId: 'C1' })])
  await t.ingest.flush()
  const customer = await t.pg.first<{ customer_id: number }>(
    sql`SELECT c.customer_id FROM customer AS c WHERE c.customer_no = 'C1'`,
  )
  const event = {
    ...{
      name: 'touch_sent',
      customerId: customer?.customer_id ?? 0,
      messageId: 'touch-1',
      occurredAt: new Date(at(3)),
    },
    properties: { channel: 'inbox', cost: 0, missing: null },
  }
  await t.ingest.append([event, event])
  await t.ingest.append([event])
  expect((await t.events()).filter((one) => one.name === 'touch_sent')).toEqual([
    {
      customerNo: 'C1',
      name: 'touch_sent',
      at: '2026-03-01 00:03:00.000',
      props: { channel: 'inbox', cost: '0' },
    },
  ])
})
