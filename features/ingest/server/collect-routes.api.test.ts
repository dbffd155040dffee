import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  openTestIngest,
  publicKey,
  type TestIngest,
  trustedKey,
} from '#features/ingest/server/ingest-testing.ts'
import { testCaller } from '#platform/server/http-testing.ts'

let t: TestIngest
beforeAll(async () => {
  t = await openTestIngest()
})
afterAll(() => t.close())

const good = { event: 'e', userId: 'C1', messageId: 'm' }
const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
const send = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
  t.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: basic(trustedKey), 'content-type': 'application/json', ...headers },
  })

test('every single call takes its kind of message', async () => {
  for (const type of ['track', 'identify', 'page', 'screen', 'group', 'alias']) {
    const answer = await t.post(`/v1/${type}`, { ...good, messageId: type, groupId: 'g', previousId: 'p' })
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: [] } })
  }
})

test('the key may stand in the body, and the body may be text, as beacons send it', async () => {
  const payload = JSON.stringify({ ...good, writeKey: trustedKey })
  const response = await t.app.inject({
    method: 'POST',
    url: '/v1/track',
    payload,
    headers: { 'content-type': 'text/plain' },
  })
  expect(response.json()).toEqual({ accepted: 1, rejected: [] })
})

test.each<[string, () => Promise<{ statusCode: number; json(): unknown }>, number, object]>([
  [
    'no key',
    () => send('/v1/track', JSON.stringify(good), { authorization: '' }),
    401,
    { code: 'WRITE_KEY_MISSING' },
  ],
  [
    'a wrong key',
    () => send('/v1/track', JSON.stringify(good), { authorization: basic('nobody') }),
    401,
    { code: 'WRITE_KEY_UNKNOWN' },
  ],
  [
    'a wrong key in the body',
    () => send('/v1/track', JSON.stringify({ ...good, writeKey: 'x' }), { authorization: '' }),
    401,
    { code: 'WRITE_KEY_UNKNOWN' },
  ],
  [
    'a key that is SQL',
    () => send('/v1/track', JSON.stringify(good), { authorization: basic(`' OR 1=1 --`) }),
    401,
    { code: 'WRITE_KEY_UNKNOWN' },
  ],
  ['nothing', () => send('/v1/track', ''), 400, { code: 'JSON_INVALID' }],
  [
    'malformed JSON',
    () => send('/v1/track', '{"event": tru}'),
    400,
    { code: 'JSON_INVALID', errors: [{ path: 'body', code: 'JSON_INVALID' }] },
  ],
  ['a list', () => send('/v1/track', '[]'), 400, { code: 'FIELD_TYPE', errors: [{ path: 'body' }] }],
  ['no batch', () => send('/v1/batch', '{}'), 400, { code: 'FIELD_MISSING', errors: [{ path: 'batch' }] }],
  [
    'a batch that is an object',
    () => send('/v1/batch', '{"batch":{}}'),
    400,
    { code: 'FIELD_TYPE', errors: [{ path: 'batch' }] },
  ],
  [
    'a batch of a million',
    () => send('/v1/batch', `{"batch":[${'1,'.repeat(1_000_000)}1]}`),
    400,
    { code: 'BATCH_TOO_LONG' },
  ],
  [
    '__proto__ beside the batch',
    () => send('/v1/batch', '{"batch":[],"__proto__":{"x":1}}'),
    400,
    { code: 'KEY_FORBIDDEN' },
  ],
  [
    'broken UTF-8',
    () =>
      send(
        '/v1/track',
        Buffer.concat([
          Buffer.from('{"event":"e","properties":{"city":"'),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}}'),
        ]),
      ),
    400,
    { code: 'UTF8_INVALID', errors: [{ path: 'properties.city' }] },
  ],
  [
    'a body over the limit',
    () => send('/v1/batch', `{"batch":["${'x'.repeat(5 * 1024 * 1024)}"]}`),
    413,
    { code: 'BODY_TOO_LARGE' },
  ],
  [
    'a gzip bomb',
    () => send('/v1/batch', gzipSync(Buffer.alloc(10_000_000, 32)), { 'content-encoding': 'gzip' }),
    413,
    { code: 'BODY_TOO_LARGE' },
  ],
  [
    'no gzip',
    () => send('/v1/batch', '{}', { 'content-encoding': 'gzip' }),
    400,
    { code: 'BODY_ENCODING_INVALID' },
  ],
  [
    'nesting without end',
    () =>
      send(
        '/v1/track',
        `{"event":"e","userId":"C1","properties":{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`,
      ),
    400,
    { code: 'NESTING_TOO_DEEP' },
  ],
  [
    'a long text',
    () => send('/v1/track', JSON.stringify({ ...good, properties: { a: { b: 'x'.repeat(1_000_000) } } })),
    400,
    { code: 'STRING_TOO_LONG', errors: [{ path: 'properties.a.b', code: 'STRING_TOO_LONG' }] },
  ],
  [
    '1970',
    () => send('/v1/track', JSON.stringify({ ...good, timestamp: '1970-01-01T00:00:00Z' })),
    400,
    { code: 'TIMESTAMP_OUT_OF_RANGE', errors: [{ path: 'timestamp' }] },
  ],
  [
    '2100',
    () => send('/v1/track', JSON.stringify({ ...good, timestamp: '2100-01-01T00:00:00Z' })),
    400,
    { code: 'TIMESTAMP_OUT_OF_RANGE' },
  ],
  [
    'no identity',
    () => send('/v1/track', '{"event":"e"}'),
    400,
    { code: 'FIELD_MISSING', errors: [{ path: 'userId' }] },
  ],
])('%s gets a clear answer', async (_name, act, status, body) => {
  const response = await act()
  expect(response.statusCode).toBe(status)
  expect(response.json()).toMatchObject({ status, ...body })
})

test('a batch answers for each message, and takes the good ones', async () => {
  const messages = [
    { type: 'track', ...good, messageId: 'ok' },
    { type: 'track', messageId: 'bad', event: 5 },
    'no message',
    { type: 'track', ...good, messageId: 'proto', properties: JSON.parse('{"__proto__":{"polluted":true}}') },
  ]
  const { status, body } = await t.post('/v1/batch', { batch: messages })
  expect(status).toBe(200)
  expect(body).toEqual({
    accepted: 1,
    rejected: [
      { index: 1, messageId: 'bad', code: 'FIELD_TYPE', detail: 'event: event must be a text' },
      { index: 2, messageId: null, code: 'FIELD_TYPE', detail: 'a message must be an object' },
      {
        index: 3,
        messageId: 'proto',
        code: 'KEY_FORBIDDEN',
        detail: 'properties.__proto__: this key is not allowed',
      },
    ],
  })
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('gzip bodies are read', async () => {
  const response = await send('/v1/track', gzipSync(JSON.stringify(good)), { 'content-encoding': 'gzip' })
  expect(response.json()).toEqual({ accepted: 1, rejected: [] })
})

test('browsers of other origins may send, and read errors', async () => {
  const preflight = await t.app.inject({
    method: 'OPTIONS',
    url: '/v1/batch',
    headers: { origin: 'https://bank.example', 'access-control-request-method': 'POST' },
  })
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers['access-control-allow-headers']).toContain('authorization')
  const refused = await send('/v1/track', '{', { origin: 'https://bank.example' })
  expect(refused.headers['access-control-allow-origin']).toBe('https://bank.example')
})

test('100 MB are refused without being held, and the server stays healthy', async () => {
  await t.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = t.app.server.address() as AddressInfo
  const stream = (headers: Record<string, string>) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const outgoing = httpRequest({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/batch',
        headers: { authorization: basic(trustedKey), 'content-type': 'application/json', ...headers },
      })
      const chunk = Buffer.alloc(1 << 20, 'x')
      let left = 100
      const more = () => {
        while (left > 0) {
          left -= 1
          if (!outgoing.write(chunk)) return void outgoing.once('drain', more)
        }
        outgoing.end()
      }
      outgoing.on('response', (response) => {
        response.setEncoding('utf8')
        let body = ''
        response.on('data', (part) => {
          body += part
        })
        response.on('end', () => {
          outgoing.destroy()
          resolve({ status: response.statusCode ?? 0, body })
        })
      })
      outgoing.on('error', reject)
      more()
    })
  const before = process.memoryUsage().arrayBuffers
  const ways: Record<string, string>[] = [
    { 'content-length': String(100 << 20) },
    { 'transfer-encoding': 'chunked' },
  ]
  for (const headers of ways) {
    const answer = await stream(headers)
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'BODY_TOO_LARGE' })
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 << 20)
  expect((await t.post('/v1/track', good)).status).toBe(200)
})

test('whatever is sent, the answer is ours, and everything accepted is loaded', async () => {
  const weirdKey = fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'type',
    'event',
    'userId',
    'password',
    '',
    'a.b',
    `'; DROP TABLE event; --`,
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(weirdKey, fc.string()), tie('any'), { maxKeys: 4 }),
    ),
  })).any
  const field = fc.oneof(
    value,
    fc.constantFrom('track', 'identify', 'page', 'C1', '2026-03-01T00:00:00Z', 'x'.repeat(201)),
  )
  const message = fc.oneof(
    value,
    fc.record(
      {
        type: field,
        event: field,
        userId: field,
        anonymousId: field,
        messageId: field,
        timestamp: field,
        properties: value,
        traits: value,
        context: value,
      },
      { requiredKeys: [] },
    ),
  )
  const body = fc.oneof(
    fc.array(message, { maxLength: 5 }).map((batch) => JSON.stringify({ batch })),
    message.map((one) => JSON.stringify(one) ?? ''),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.string(),
  )
  const path = fc.constantFrom('/v1/batch', '/v1/track', '/v1/identify', '/v1/group', '/v1/alias', '/v1/page')
  await fc.assert(
    fc.asyncProperty(path, body, fc.constantFrom(trustedKey, publicKey), async (url, payload, key) => {
      const response = await send(url, payload, { authorization: basic(key) })
      expect([200, 400]).toContain(response.statusCode)
      if (response.statusCode === 400) expect(response.json().code).toMatch(/^[A-Z0-9_]+$/)
    }),
    { numRuns: 150 },
  )
  await t.ingest.flush(30)
  expect(t.ingest.status()).toMatchObject({ lastError: null, brokenSegments: 0, spoolSegments: 0 })
})

test('staff see sources, event names, properties and the state', async () => {
  await t.clear()
  t.as(testCaller())
  const created = await t.app.inject({
    method: 'POST',
    url: '/api/sources',
    payload: { source: 'crm', kind: 'trusted' },
  })
  expect(created.statusCode).toBe(201)
  const { key } = created.json()
  await t.post('/v1/track', { ...good, event: 'bought', properties: { amount: 5, product: '基金' } }, key)
  expect((await t.app.inject({ method: 'POST', url: '/api/ingest/flush' })).statusCode).toBe(204)
  const get = async (url: string) => (await t.app.inject({ method: 'GET', url })).json()
  expect((await get('/api/sources')).items).toContainEqual(
    expect.objectContaining({
      source: 'crm',
      kind: 'trusted',
      // A trusted key is shown once, when it is made.
      key: `${key.slice(0, 6)}••••••••${key.slice(-3)}`,
      state: 'active',
      eventsToday: 1,
    }),
  )
  expect((await get('/api/event-names')).items).toEqual([
    { name: 'bought', count: 1, lastAt: '2026-03-02T04:00:00.000Z' },
  ])
  expect((await get('/api/event-names/bought/properties')).items).toEqual([
    { name: 'amount', examples: ['5'] },
    { name: 'product', examples: ['基金'] },
  ])
  expect(await get('/api/ingest/status')).toMatchObject({ spoolSegments: 0, lastError: null })
  for (const body of [
    { source: 'crm', kind: 'public' },
    { source: 'zhike', kind: 'trusted' },
    { source: 'x', kind: 'public', jwks: 5 },
  ])
    expect(
      (await t.app.inject({ method: 'POST', url: '/api/sources', payload: body })).statusCode,
    ).toBeGreaterThanOrEqual(400)
  t.as(testCaller({ scope: { everyone: false, orgIds: [2], rmStaffId: null } }))
  expect((await get('/api/event-names')).items).toEqual([])
  expect((await get('/api/event-names/bought/properties')).items).toEqual([])
})
