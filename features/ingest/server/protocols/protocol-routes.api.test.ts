import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { createLimits } from '#features/ingest/server/limit-rate.ts'
import { open, openTestDoor, trusted } from '#features/ingest/server/protocols/protocol-testing.ts'
import { crcOf } from '#features/ingest/server/protocols/sensors-body.ts'

const { app, counters, taken } = openTestDoor()

type Method = 'GET' | 'POST' | 'HEAD' | 'OPTIONS'
const ask = (method: Method, url: string, payload?: string | Buffer, headers: Record<string, string> = {}) =>
  app.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const asForm = { 'content-type': 'application/x-www-form-urlencoded' }

const at = Date.parse('2026-03-02T03:59:00Z')
const event = { type: 'track', event: 'e', distinct_id: 'C1', time: at, properties: { a: 1 }, _track_id: 7 }
const sa = `/sa?project=default&token=${trusted.key}`

test('gzip, brotli, deflate in both kinds, packed twice, and gzip that says nothing', async () => {
  const body = JSON.stringify({ writeKey: trusted.key, event: 'e', userId: 'C1' })
  const ways: [Buffer, string | undefined][] = [
    [gzipSync(body), 'gzip'],
    [gzipSync(body), 'X-GZIP'],
    [brotliCompressSync(body), 'br'],
    [deflateSync(body), 'deflate'],
    [deflateRawSync(body), 'deflate'],
    [brotliCompressSync(gzipSync(body)), 'gzip, br'],
    [gzipSync(body), undefined],
    [Buffer.from(body), 'identity'],
  ]
  for (const [payload, encoding] of ways) {
    const headers: Record<string, string> = encoding ? { 'content-encoding': encoding } : {}
    expect((await ask('POST', '/v1/track', payload, headers)).json(), encoding).toEqual({
      accepted: 1,
      rejected: [],
    })
  }
})

const zeros = Buffer.alloc(200 << 20)
test.each([
  ['gzip', gzipSync(zeros)],
  ['br', brotliCompressSync(zeros.subarray(0, 50 << 20))],
  ['deflate', deflateSync(zeros)],
])('a %s bomb is refused before it is whole', async (encoding, bomb) => {
  for (const url of [
    '/v1/batch',
    sa,
    '/volc/trusted-key/list',
    '/batch/',
    '/v1/cloudevents?key=trusted-key',
  ]) {
    const before = process.memoryUsage().arrayBuffers
    const answer = await ask('POST', url, bomb, { 'content-encoding': encoding })
    expect([url, answer.statusCode, answer.json().code]).toEqual([url, 413, 'BODY_TOO_LARGE'])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20)
  }
})

test('a bomb inside of a form is refused as well', async () => {
  const data_list = gzipSync(zeros).toString('base64')
  expect((await ask('POST', sa, form({ data_list, gzip: '1' }), asForm)).statusCode).toBe(413)
})

test.each<[string, string, Record<string, string>, number, string | undefined]>([
  ['one event', form({ data: base64(event) }), {}, 200, undefined],
  [
    'a list with a crc',
    form({ data_list: base64([event]), crc: String(crcOf(base64([event]))) }),
    {},
    200,
    undefined,
  ],
  ['a wrong crc', form({ data_list: base64([event]), crc: '1' }), {}, 400, 'CHECKSUM_WRONG'],
  ['a wrong crc in ext', form({ data: base64(event), ext: 'crc=-5' }), {}, 400, 'CHECKSUM_WRONG'],
  ['pluses that became spaces', `data=${base64({ ...event, event: '>>>???~~~' })}`, {}, 200, undefined],
  ['JSON itself', JSON.stringify([event]), {}, 200, undefined],
  ['encrypted', form({ data_list: base64({ ekey: 'x' }), gzip: '9' }), {}, 400, 'BODY_ENCRYPTED'],
  [
    'no gzip though it says so',
    form({ data_list: base64([event]), gzip: '1' }),
    {},
    400,
    'BODY_ENCODING_INVALID',
  ],
  ['no base64', form({ data: '{"type":' }), {}, 400, 'BODY_ENCODING_INVALID'],
  ['a broken %', 'data=%E4%ZZ', {}, 400, 'BODY_ENCODING_INVALID'],
  ['broken JSON', form({ data: Buffer.from('{"type":').toString('base64') }), {}, 400, 'JSON_INVALID'],
  ['nothing', '', {}, 400, 'FIELD_MISSING'],
  ['a million fields', 'a&'.repeat(1_000_000), {}, 400, 'BODY_ENCODING_INVALID'],
  ['a text body', form({ data_list: base64([event]) }), { 'content-type': 'text/plain' }, 200, undefined],
])('sensors: %s', async (_name, payload, headers, status, code) => {
  const answer = await ask('POST', sa, payload, { ...asForm, ...headers })
  expect([answer.statusCode, answer.json().code]).toEqual([status, code])
})

test('sensors: broken events of a batch are told one by one, items are ignored, the rest is taken', async () => {
  const items = [event, { type: 'track', distinct_id: 'C1', time: at }, 5, { type: 'item_set', item_id: '1' }]
  const answer = await ask('POST', sa, form({ data_list: base64(items) }), asForm)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    ...{ accepted: 1, ignored: 1 },
    rejected: [
      { index: 1, code: 'FIELD_MISSING' },
      { index: 2, code: 'FIELD_TYPE' },
    ],
  })
  expect(counters.read().rejectedByCode).toContainEqual({ code: 'MESSAGE_IGNORED', count: 1 })
})

test('sensors: the key stands in the path or the query; a picture is answered with one', async () => {
  const data = encodeURIComponent(base64(event))
  const ext = encodeURIComponent(`crc=${crcOf(base64(event))}`)
  for (const url of [
    `/sa.gif?project=${trusted.key}&data=${data}&ext=${ext}`,
    `/sa?key=${open.key}&data=${data}`,
    `/sa/${trusted.key}?project=production&data=${data}`,
  ]) {
    const answer = await ask('GET', url)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/gif'])
  }
})

test('sensors: clients keep their events on a wrong key, a limit and an outage', async () => {
  const body = form({ data: base64(event) })
  expect((await ask('POST', '/sa?project=default', body, asForm)).statusCode).toBe(403)
  expect((await ask('POST', '/sa', body, asForm)).statusCode).toBe(403)
  const full = openTestDoor({
    append: async () => {
      throw ingestError('SPOOL_FULL', {})
    },
  })
  const refused = await full.app.inject({ method: 'POST', url: sa, payload: body, headers: asForm })
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5'])
  const limits = createLimits({ nowMs: () => 0 })
  const one = { ...trusted, limits: { concurrentRequests: 0 } }
  const busy = openTestDoor({ limits: { ...limits, enter: () => limits.enter(one) } })
  const limited = await busy.app.inject({ method: 'POST', url: sa, payload: body, headers: asForm })
  expect([limited.statusCode, limited.json().code]).toEqual([503, 'RATE_LIMITED'])
  const native = await busy.app.inject({
    method: 'POST',
    url: '/v1/track',
    payload: { writeKey: trusted.key },
  })
  expect(native.statusCode).toBe(429)
})

test('sensors: the debug address says what is wrong, and stores nothing on a dry run', async () => {
  const before = taken.length
  const url = `/debug?project=default&token=${trusted.key}`
  const dry = { ...asForm, 'dry-run': 'true' }
  expect((await ask('POST', url, form({ data_list: base64([event]) }), dry)).json()).toMatchObject({
    checked: 1,
  })
  const wrong = await ask('POST', url, form({ data: base64({ ...event, event: 5 }) }), dry)
  expect([wrong.statusCode, wrong.json().errors]).toEqual([400, [expect.objectContaining({ path: '0' })]])
  expect(taken.length).toBe(before)
  expect((await ask('POST', url, form({ data: base64(event) }), asForm)).json()).toMatchObject({
    accepted: 1,
  })
  expect(taken.length).toBe(before + 1)
})

test('a message is the same on a retry that was sent at another time', async () => {
  const idOf = () => (taken.at(-1)!.messages[0] as { messageId?: string }).messageId
  await ask('POST', sa, form({ data: base64({ ...event, _flush_time: at }) }), asForm)
  const first = idOf()
  await ask('POST', sa, form({ data: base64({ ...event, _flush_time: at + 5000 }) }), asForm)
  expect(first).toMatch(/^sa-/)
  expect(idOf()).toBe(first)
})

test('health checks need no key and take nothing', async () => {
  const before = taken.length
  const asks: [Method, string][] = [
    ['GET', '/sa?project=default'],
    ['HEAD', '/sa.gif'],
    ['HEAD', '/i'],
    ['GET', '/i'],
  ]
  for (const [method, url] of asks) expect((await ask(method, url)).statusCode, url).toBe(200)
  expect(taken.length).toBe(before)
})

test.each([
  '/v1/batch',
  '/v1/t',
  '/t',
  '/sa.gif',
  '/sa/k',
  '/list',
  '/volc/k/list',
  '/e/',
  '/com.snowplowanalytics.snowplow/tp2',
])('pages of other origins may send to %s, beacons with credentials too', async (url) => {
  const origin = 'https://bank.example'
  const preflight = await ask('OPTIONS', url, undefined, {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,x-mine',
    'access-control-request-private-network': 'true',
  })
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'authorization,x-mine',
    'access-control-allow-private-network': 'true',
  })
  const answer = await ask('POST', url, '{', { origin, 'content-type': 'text/plain' })
  expect(answer.headers['access-control-allow-origin']).toBe(origin)
})

test('a source may name the origins it takes browsers from', async () => {
  const { app: strict } = openTestDoor({
    keys: {
      get: () => ({ ...open, allowedOrigins: ['https://bank.example'] }),
      reload: async () => {},
      takeUsed: () => [],
    },
  })
  const send = (origin: string) =>
    strict.inject({
      ...{ method: 'POST', url: '/v1/track', headers: { origin } },
      payload: { writeKey: open.key, event: 'e', anonymousId: 'd' },
    })
  expect((await send('https://bank.example')).statusCode).toBe(200)
  expect((await send('https://evil.example')).json().code).toBe('ORIGIN_NOT_ALLOWED')
})

test('volcengine: an id for a device, and each event answered for itself', async () => {
  expect((await ask('POST', '/webid', '{}')).json()).toEqual({
    e: 0,
    web_id: expect.stringMatching(/^\d{18,19}$/),
  })
  const payload = {
    user: { user_unique_id: 'C1', web_id: '12' },
    header: { app_id: 1 },
    events: [
      { event: 'a', params: '{}', local_time_ms: at },
      { event: 5, local_time_ms: at },
    ],
  }
  const answer = await ask('POST', `/volc/${trusted.key}/list`, JSON.stringify([payload]))
  expect(answer.json()).toMatchObject({ e: 0, sc: 1, tc: 2, rejected: [{ index: 1, code: 'FIELD_TYPE' }] })
  expect((await ask('POST', '/list', JSON.stringify([payload]))).statusCode).toBe(401)
  const secret = await ask('POST', `/volc/${trusted.key}/list?encryption=1`, 'xx')
  expect(secret.json().code).toBe('BODY_ENCRYPTED')
})

test('cloudevents: batched, by bearer, and without any event in it', async () => {
  const events = [1, 2].map((id) => ({
    specversion: '1.0',
    id: `${id}`,
    source: '/s',
    type: 't',
    subject: 'C1',
  }))
  const headers = {
    authorization: `Bearer ${trusted.key}`,
    'content-type': 'application/cloudevents-batch+json',
  }
  expect((await ask('POST', '/v1/cloudevents', JSON.stringify(events), headers)).json()).toMatchObject({
    accepted: 2,
  })
  expect((await ask('POST', '/v1/cloudevents', '{}', headers)).statusCode).toBe(400)
  expect((await ask('POST', '/v1/cloudevents', '{}')).statusCode).toBe(401)
})

test('segment and posthog ask before they send', async () => {
  const settings = await ask('GET', `/v1/projects/${open.key}/settings`)
  expect(settings.json().integrations['Segment.io']).toMatchObject({
    apiKey: open.key,
    apiHost: 'localhost:80/v1',
  })
  expect((await ask('GET', '/v1/projects/nobody/settings')).statusCode).toBe(401)
  expect((await ask('POST', '/flags/?v=2', '{}')).json()).toMatchObject({ featureFlags: {} })
  expect((await ask('GET', `/array/${open.key}/config`)).json()).toMatchObject({ sessionRecording: false })
  expect((await ask('GET', `/array/${open.key}/config.js`)).body).toContain(open.key)
})
