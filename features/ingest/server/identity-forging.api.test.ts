import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { visitorOf } from '#features/ingest/server/index.ts'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  testNow,
} from '#features/ingest/server/ingest-testing.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
  await t.batch([
    { ...known, type: 'identify', messageId: 'v1', anonymousId: 'victims-phone' },
    { ...known, type: 'track', event: 'own', messageId: 'v2' },
  ])
  await t.ingest.flush()
})
afterAll(() => t.close())

const timestamp = '2026-03-01T00:00:00Z'
const known = {
  ...{ userId: 'VICTIM', timestamp },
  identities: { openId: 'o-1', unionId: 'u-1', wecomExternalUserId: 'w-1', phone: '13800001234' },
}
/** Everything that anything personal is made of. */
const facts = async () => {
  await t.ingest.flush()
  const [events, customers, bindings] = await Promise.all([
    t.ch.query(
      sql`SELECT e.name, e.customer_id, toString(e.msg) AS msg FROM event AS e FINAL ORDER BY e.msg, e.name`,
    ),
    t.pg.query(sql`SELECT c.customer_no, c.attributes, c.revision FROM customer AS c ORDER BY c.customer_no`),
    t.pg.query(
      sql`SELECT b.visitor, b.customer_id, b.from_at, b.to_at FROM visitor_binding AS b ORDER BY 1, 3`,
    ),
  ])
  const identities = await t.pg.query(
    sql`SELECT x.customer_id, x.kind, x.masked FROM customer_identity AS x ORDER BY 1, 2`,
  )
  return { events, customers, bindings, identities }
}

async function forgedTokens(): Promise<(string | undefined)[]> {
  const { privateKey: foreign } = await generateKeyPair('ES256')
  const nowSeconds = Date.parse(testNow) / 1000
  const claims = { sub: 'VICTIM', iss: 'https://bank.example', iat: nowSeconds, exp: nowSeconds + 600 }
  const secret = new TextEncoder().encode(JSON.stringify(t.bank.jwks))
  return [
    undefined,
    await t.bank.sign('VICTIM', { key: foreign }),
    await t.bank.sign('VICTIM', { iat: nowSeconds - 3600 }),
    await t.bank.sign('VICTIM', { lifeSeconds: 3600 }),
    await t.bank.sign('VICTIM', { issuer: 'https://evil.example' }),
    await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
  ]
}

const claim = { userId: 'VICTIM', timestamp, identities: known.identities }
/** Every kind of message that could say who somebody is or what they are. */
const forged = (nth: number, token: string | undefined): object[] =>
  [
    { type: 'track', event: 'bought' },
    { type: 'identify', traits: { tier: 'forged', phone: '13900000000' } },
    { type: 'alias', previousId: `guess-${nth}` },
    { type: 'group', groupId: 'g', traits: { tier: 'forged' } },
    { type: 'profile', operation: 'set', traits: { tier: 'forged' } },
    { type: 'profile', operation: 'increment', traits: { visits: 1 } },
    { type: 'profile', operation: 'append', traits: { tags: 'forged' } },
    { type: 'profile', operation: 'unset', traits: { tier: true } },
  ].flatMap((message, kind) => [
    { ...claim, ...message, messageId: `f-${nth}-${kind}`, anonymousId: `thief-${nth}`, context: { token } },
    { ...claim, ...message, messageId: `g-${nth}-${kind}`, context: { token } },
    {
      ...message,
      timestamp,
      messageId: `h-${nth}-${kind}`,
      identities: known.identities,
      anonymousId: `guess-${nth}`,
    },
  ])

test('what a public source merely claims changes nothing that anything personal is made of', async () => {
  const before = await facts()
  for (const [nth, token] of (await forgedTokens()).entries()) {
    const answer = await t.batch(forged(nth, token), publicKey)
    expect(answer.status).toBe(200)
    if (token) expect(await t.ingest.resolveCustomer(publicKey, token)).toBeUndefined()
  }
  expect(await facts()).toEqual(before)
})

test('a device id that is guessed, or made to look like an id’s visitor, reaches nobody', async () => {
  const before = await facts()
  const bound = await t.pg.query<{ visitor: string }>(sql`SELECT b.visitor FROM visitor_binding AS b`)
  const guesses = ['victims-phone ', 'Victims-phone', 'VICTIM', 'o-1', ...bound.map((one) => one.visitor)]
  const messages = guesses.map((anonymousId, nth) => ({
    ...{ type: 'track', event: 'bought', timestamp, anonymousId, messageId: `d-${nth}` },
  }))
  expect((await t.batch(messages, publicKey)).body.accepted).toBe(messages.length)
  expect((await facts()).events).toEqual(before.events)
})

test('a valid token says nothing about another customer', async () => {
  const before = await facts()
  const token = await t.bank.sign('ATTACKER')
  await t.batch(
    forged(99, token).filter((message) => 'userId' in message),
    publicKey,
  )
  const after = await facts()
  const victim = (all: typeof before) => all.customers.filter((row) => JSON.stringify(row).includes('VICTIM'))
  expect(victim(after)).toEqual(victim(before))
  expect(after.events).toEqual(before.events)
})

test('only who may put identities right sees and does it, within their scope', async () => {
  const visitor = String(visitorOf('victims-phone'))
  const undo = (url = `/api/customers/VICTIM/bindings/${visitor}/undo`) =>
    t.app.inject({ method: 'POST', url, payload: { reason: 'not the device of this customer' } })
  t.as(testCaller({ permissions: ['customer.read'] }))
  expect((await undo()).statusCode).toBe(403)
  const elsewhere: OrgScope = { everyone: false, orgIds: [2], rmStaffId: null }
  t.as(testCaller({ scope: elsewhere }))
  expect((await undo()).statusCode).toBe(404)
  expect((await t.app.inject({ url: '/api/customers/VICTIM/identities' })).statusCode).toBe(404)
  t.as(testCaller())
  expect((await undo('/api/customers/VICTIM/bindings/x/undo')).statusCode).toBe(400)
  const shown = (await t.app.inject({ url: '/api/customers/VICTIM/identities' })).json()
  expect(shown.bindings.map((one: { kind: string }) => one.kind).sort()).toEqual([
    ...['device', 'external_user_id', 'open_id', 'phone', 'union_id'],
  ])
  expect(JSON.stringify(shown)).not.toMatch(/13800001234|o-1|u-1|w-1/)
  expect((await undo()).json()).toEqual({ undone: 1, isApplied: true })
  expect((await undo()).json()).toEqual({ undone: 0, isApplied: true })
  const audit = await t.pg.query(
    sql`SELECT a.action, a.reason FROM audit AS a WHERE a.action = 'binding.undo'`,
  )
  expect(audit).toEqual([{ action: 'binding.undo', reason: 'not the device of this customer' }])
})

test('numbers are merged, found by the old one, and split, by the API', async () => {
  await t.batch([{ type: 'track', event: 'e', userId: 'NEW', messageId: 'n1', timestamp }])
  await t.ingest.flush()
  t.as(testCaller())
  const post = (url: string, payload: object) => t.app.inject({ method: 'POST', url, payload })
  const reason = 'merged by the core bank'
  const ids = await t.customers.resolveCustomerNos(['VICTIM', 'NEW'], { createProvisional: false })
  const [victim = 0, fresh = 0] = [ids.get('VICTIM'), ids.get('NEW')]
  const holding = { productCode: 'P', family: 'fund', currency: 'CNY' }
  await t.customers.addHoldings([
    { ...holding, customerId: victim, holdingNo: 'own-of-victim' },
    { ...holding, customerId: fresh, holdingNo: 'own-of-new' },
  ])
  const holdings = () =>
    t.ch.query(sql`SELECT h.customer_id, h.holding_no FROM holding AS h FINAL ORDER BY h.holding_no`)
  const merge = { from: 'VICTIM', to: 'NEW', reason }
  expect((await post('/api/customers/merge', merge)).json()).toEqual({ customerNo: 'NEW', isApplied: true })
  expect((await post('/api/customers/merge', merge)).statusCode).toBe(200)
  expect((await post('/api/customers/merge', { ...merge, from: 'NEW', to: 'VICTIM' })).json().code).toBe(
    'CUSTOMER_MERGE_LOOP',
  )
  const shown = (await t.app.inject({ url: '/api/customers/VICTIM/identities' })).json()
  expect(shown, JSON.stringify(shown)).toHaveProperty('merges')
  expect(shown.merges).toMatchObject([{ from: 'VICTIM', to: 'NEW', splitAt: null }])
  const copies = () => t.ch.query(sql`SELECT c.customer_no FROM customer AS c FINAL ORDER BY c.customer_no`)
  expect(await copies()).not.toContainEqual({ customer_no: 'VICTIM' })
  await t.customers.addHoldings([{ ...holding, customerId: victim, holdingNo: 'later' }])
  expect(await holdings()).toEqual([
    { customer_id: fresh, holding_no: 'later' },
    { customer_id: fresh, holding_no: 'own-of-new' },
    { customer_id: fresh, holding_no: 'own-of-victim' },
  ])
  expect((await post('/api/customers/VICTIM/split', { reason })).json()).toEqual({
    customerNo: 'VICTIM',
    isApplied: true,
  })
  expect((await post('/api/customers/VICTIM/split', { reason })).json().code).toBe('CUSTOMER_NOT_MERGED')
  expect(await copies()).toContainEqual({ customer_no: 'VICTIM' })
  expect(await holdings()).toEqual([
    { customer_id: victim, holding_no: 'later' },
    { customer_id: fresh, holding_no: 'own-of-new' },
    { customer_id: victim, holding_no: 'own-of-victim' },
  ])
})
