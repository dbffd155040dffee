import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import {
  basic,
  es256Signer,
  forgedByOtherClients,
  forgedMessages,
  forgedTokens,
  type Request,
  sm2Signer,
} from './forging-testing.ts'
import { openTestApp, type TestApp } from './test-app.ts'

/**
 * What is merely claimed never becomes a tag, a lead, a reward, a send or a personal answer: everything a customer can get
 * is measured, then a stranger forges by every way in, and it is measured again.
 */
let bank: TestApp
const own = { es256: es256Signer('e1'), sm2: sm2Signer('s1'), jwks: {} as object }
const other = es256Signer('e1')
const issuer = 'https://bank.example'
const victim = 'VICTIM'

type Call = Awaited<ReturnType<TestApp['as']>>
async function ok(call: Call, method: string, url: string, payload?: object) {
  const answer = await call(method, url, payload)
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`)
  return answer
}
const claimsOf = (sub: string) => {
  const iat = bank.clock.now().getTime() / 1000
  return { sub, iss: issuer, iat, exp: iat + 600 }
}
const inject = ({ payload, ...request }: Request) =>
  bank.app.http.inject({ ...request, ...(payload !== undefined && { payload }) })
const asPhone = (url: string, token: string, key = 'public', method: 'GET' | 'POST' = 'GET') =>
  inject({ method, url, headers: { authorization: basic(key), 'x-customer-token': token } })

async function seedSources(): Promise<void> {
  own.jwks = { keys: [own.es256.jwk, own.sm2.jwk] }
  const { pg, ingest } = bank.app.parts
  await pg.execute(sql`
    UPDATE source SET jwks = ${JSON.stringify(own.jwks)}::jsonb, token_issuer = ${issuer} WHERE source = 'web'`)
  await pg.execute(sql`
    WITH added AS (INSERT INTO source (source, kind, jwks, token_issuer)
      VALUES ('partner', 'public', ${JSON.stringify({ keys: [other.jwk] })}::jsonb, 'https://other.example'))
    INSERT INTO write_key (key, source) VALUES ('partner-key', 'partner')`)
  await ingest.reloadKeys()
}

async function seedCustomers(): Promise<void> {
  const { pg, customers, org } = bank.app.parts
  const rm = await org.staff.findByUsername('rm1')
  const units = await org.tree.list({ everyone: true, orgIds: [], rmStaffId: null })
  const orgId = units.find((unit) => unit.code === 'O1')?.orgId
  await pg.transaction(async (tx) => {
    const ids = await customers.upsertCustomers(
      tx,
      [victim, 'THIEF', 'OTHER'].map((customerNo) => ({
        ...{ customerNo, orgId, rmStaffId: rm?.staffId, attributes: { tier: 'T1' } },
        identities: [
          { kind: 'phone', value: customerNo === victim ? '13800001234' : `1390000${customerNo}` },
        ],
      })),
    )
    const consent = {
      purpose: 'marketing',
      isGranted: true,
      version: '1',
      channel: 'app',
      at: bank.clock.now(),
    }
    await customers.setConsents(
      tx,
      ids.map((customerId) => ({ customerId, ...consent })),
    )
  })
  await customers.syncCustomers()
}

/** A device of the victim's and an open id, an event that puts all three into the audience, and a click. */
const openedBy = (userId: string) => ({
  ...{
    type: 'track',
    event: 'app_opened',
    userId,
    messageId: `open-${userId}`,
    timestamp: '2026-11-02T01:00:00Z',
  },
})
async function seedEvents(): Promise<void> {
  await bank.send([
    ...[victim, 'THIEF', 'OTHER'].map(openedBy),
    { type: 'identify', userId: victim, anonymousId: 'phone-of-victim', messageId: 'i1' },
    { type: 'identify', userId: victim, identities: { openId: 'open-of-victim' }, messageId: 'i2' },
  ])
}

async function startCampaign(hq: Call): Promise<void> {
  await ok(hq, 'POST', '/api/campaigns', {
    ...{ key: 'forged-at', name: '活动', objective: { event: 'product_purchased' }, holdoutPercent: 0 },
    audience: { segment: 'openers' },
    offer: { title: '标题', body: '正文', link: '/h5/products/W01' },
    rungs: [{ kind: 'place' }, { kind: 'task', after: { minutes: 0 }, title: '跟进' }],
    ...{ from: '2026-11-02T00:00:00Z', to: '2026-12-01T00:00:00Z' },
  })
  await ok(hq, 'POST', '/api/campaigns/forged-at/submit', {})
  const checker = await bank.as('checker')
  const [open] = (await ok(checker, 'GET', '/api/approvals?state=open')).body.items as {
    approvalId: number
    contentHash: string
  }[]
  const decision = { contentHash: open?.contentHash, reason: '' }
  await ok(checker, 'POST', `/api/approvals/${open?.approvalId}/approve`, decision)
  await bank.runJob(await ok(hq, 'POST', '/api/campaigns/forged-at/start'))
  await bank.runJob(await ok(hq, 'POST', '/api/campaigns/forged-at/advance'))
}

const tags = [
  { key: 'bought', type: 'number', source: { event: 'product_purchased', agg: 'count' } },
  { key: 'volume', type: 'number', source: { event: 'product_purchased', agg: 'sum', prop: 'amount' } },
  { key: 'tier', type: 'enum', source: { attribute: 'tier' } },
  { key: 'buyer', type: 'bool', source: { rule: { did: 'product_purchased' } } },
] as const

beforeAll(async () => {
  bank = await openTestApp()
  await seedSources()
  await seedCustomers()
  await seedEvents()
  const hq = await bank.as('hq')
  for (const { key, ...tag } of tags)
    await ok(hq, 'POST', '/api/tags', { key, name: { zh: key, en: key }, ...tag })
  await ok(hq, 'POST', '/api/segments', { key: 'openers', name: 'openers', rule: { did: 'app_opened' } })
  await startCampaign(hq)
  bank.clock.shift(60_000)
})
afterAll(() => bank.close())

/** Each answer is a decision of its own; all else of it stays. */
const slotsOf = ({ slots }: { slots: { decision: string }[] }) =>
  slots.map((slot) => ({ ...slot, decision: '' }))

/** Everything a customer is, got, or is told: after the platform has worked on all there is. */
async function measure() {
  await bank.app.parts.ingest.flush()
  const hq = await bank.as('hq')
  const get = async (url: string) => (await ok(hq, 'GET', url)).body
  for (const { key } of tags) await bank.runJob(await ok(hq, 'POST', `/api/tags/${key}/refresh`))
  for (let round = 0; round < 2; round += 1)
    await bank.runJob(await ok(hq, 'POST', '/api/campaigns/forged-at/advance'))
  await bank.app.parts.outbox.ship()
  const token = own.es256.sign(claimsOf(victim))
  const estimates = []
  for (const rule of [
    { did: 'product_purchased' },
    { did: 'slot_clicked' },
    { tag: 'tier', is: 'eq', value: 'forged' },
    { not: { did: 'product_purchased' } },
  ])
    estimates.push((await ok(hq, 'POST', '/api/segments/estimate', { rule })).body.count)
  const { pg, ch } = bank.app.parts
  return {
    estimates,
    values: await Promise.all(tags.map(({ key }) => get(`/api/tags/${key}/distribution`))),
    funnel: await get('/api/campaigns/forged-at/funnel'),
    report: await get('/api/campaigns/forged-at/report'),
    tasks: (await ok(await bank.as('rm1'), 'GET', '/api/tasks')).body.items,
    inbox: (await asPhone('/v1/inbox', token)).json(),
    slots: slotsOf((await asPhone('/v1/slots?slot=home_top', token)).json()),
    customer: await get(`/api/customers/${victim}`),
    timeline: await get(`/api/customers/${victim}/timeline?limit=100`),
    identities: await get(`/api/customers/${victim}/identities`),
    rows: await pg.query(sql`SELECT c.customer_no, c.attributes, c.revision FROM customer AS c ORDER BY 1`),
    sends: await pg.query(sql`SELECT t.customer_id, t.channel, t.rung FROM touch AS t ORDER BY 1, 2, 3`),
    events: await ch.query(sql`
      SELECT e.customer_id, e.name, count() AS n FROM event AS e FINAL GROUP BY ALL ORDER BY ALL`),
  }
}

/** Asks everything personal with each token; whatever comes must be nothing. */
async function expectNothingPersonal(tokens: readonly string[], messageId: string): Promise<void> {
  for (const [key, token] of [
    ...tokens.map((token) => ['public', token] as const),
    ['partner-key', own.es256.sign(claimsOf(victim))] as const,
    ['trusted', own.es256.sign(claimsOf(victim))] as const,
    ['no-key', own.es256.sign(claimsOf(victim))] as const,
  ]) {
    const [slots, inbox, read] = await Promise.all([
      asPhone('/v1/slots?slot=home_top', token, key),
      asPhone('/v1/inbox', token, key),
      asPhone(`/v1/inbox/${messageId}/read`, token, key, 'POST'),
    ])
    if (key !== 'no-key') expect([slots.json(), inbox.json()]).toEqual([{ slots: [] }, { items: [] }])
    expect(`${slots.body}${inbox.body}${read.body}`).not.toMatch(/标题|正文|VICTIM/)
  }
}

test('a stranger who forges by every way in changes nothing of anybody’s', async () => {
  const before = await measure()
  // What is compared is something: the victim was sent a message and can be told so.
  expect(before.inbox.items).toHaveLength(1)
  expect(before.slots).not.toHaveLength(0)
  expect(before.sends).not.toHaveLength(0)

  const tokens = forgedTokens({ claims: claimsOf(victim), own, other })
  const ofThief = own.es256.sign(claimsOf('THIEF'))
  // What proves a customer to one source proves nothing to another.
  const elsewhere = [own.es256.sign(claimsOf(victim)), own.sm2.sign(claimsOf(victim))]
  for (const [key, some] of [
    ['public', [undefined, ...tokens]],
    ['partner-key', elsewhere],
  ] as const)
    for (const [nth, token] of some.entries()) {
      const batch = forgedMessages(victim, nth, token)
      const headers = { authorization: basic(key) }
      const answer = await inject({ method: 'POST', url: '/v1/batch', headers, payload: { batch } })
      expect(answer.statusCode).toBe(200)
      expect(answer.json().accepted).toBeGreaterThan(20)
    }
  const claims = forgedMessages(victim, 99, ofThief).filter((message) => 'userId' in message)
  const headers = { authorization: basic('public') }
  await inject({ method: 'POST', url: '/v1/batch', headers, payload: { batch: claims } })
  for (const request of forgedByOtherClients(victim, bank.clock.now().getTime())) {
    const { statusCode, body } = await inject(request)
    expect(statusCode, `${request.method} ${request.url.slice(0, 60)} ${body}`).toBe(200)
  }
  const [message] = before.inbox.items as { messageId: string }[]
  await expectNothingPersonal(tokens, message?.messageId ?? '')
  await asPhone(`/v1/inbox/${message?.messageId}/read`, ofThief, 'public', 'POST')

  const after = await measure()
  for (const part of Object.keys(before) as (keyof typeof before)[])
    expect(after[part], part).toEqual(before[part])
})

test('the same, proven by either kind of key, does count', async () => {
  const before = await measure()
  const tokens = [own.es256.sign(claimsOf(victim)), own.sm2.sign(claimsOf(victim))]
  const batch = tokens.map((token, nth) => ({
    ...{ type: 'track', event: 'product_purchased', messageId: `p${nth}`, anonymousId: 'phone-of-victim' },
    ...{ userId: victim, context: { token }, properties: { amount: 10 } },
  }))
  await inject({
    method: 'POST',
    url: '/v1/batch',
    headers: { authorization: basic('public') },
    payload: { batch },
  })
  const after = await measure()
  expect(after.estimates[0]).toBe(1)
  expect(after.values[0]).not.toEqual(before.values[0])
  expect(after.report).not.toEqual(before.report)
})
