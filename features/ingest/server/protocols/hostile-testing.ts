import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { crcOf } from '#features/ingest/server/protocols/sensors-body.ts'

/** One hostile request, made from a number alone, so that what broke can be made again. */
export type HostileRequest = {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  payload?: string | Buffer
}

type Random = {
  below(limit: number): number
  pick<T>(from: readonly T[]): T
  chance(percent: number): boolean
}

/** A small generator of its own: the same numbers on every machine. */
function randomOf(seed: number): Random {
  let state = (seed * 2654435761) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, pick: (from) => from[below(from.length)]!, chance: (percent) => below(100) < percent }
}

const keys = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', 'a.b', '$set', 'length'],
  ...[
    'type',
    'event',
    'properties',
    'identities',
    'distinct_id',
    'user',
    'header',
    'events',
    'params',
    'data',
  ],
  ...[
    'password',
    'phone',
    'zhike_token',
    'batch',
    'api_key',
    'uuid',
    'time',
    '密码',
    '\u0000',
    '\ud800',
    "'; DROP TABLE event; --",
  ],
]
const texts = [
  ...[
    '',
    'C1',
    'track',
    'profile_set',
    '__profile_append',
    '$identify',
    '\u0000',
    '\ud83d',
    '\ufeff',
    '6222021234567890128',
  ],
  ...[
    '2026-03-02T00:00:00Z',
    '9'.repeat(400),
    'x'.repeat(9000),
    '13800001234',
    '{"a":',
    '[[[[',
    'null',
    '\r\nx: y',
    '%E0%A4%A',
  ],
]
const numbers = [0, -1, 1e308, -1e308, 2 ** 53, 1.5, 1_772_400_000_000, -62_135_596_800_000, 5e-324]

function anyValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 5 ? 5 : 8)
  if (kind === 0) return random.pick(texts)
  if (kind === 1) return random.pick(numbers)
  if (kind === 2) return random.chance(50)
  if (kind === 3) return null
  if (kind === 4)
    return String.fromCharCode(...Array.from({ length: random.below(30) }, () => random.below(65_536)))
  if (kind === 5) return Array.from({ length: random.below(5) }, () => anyValue(random, depth + 1))
  return Object.fromEntries(
    Array.from({ length: random.below(5) }, () => [random.pick(keys), anyValue(random, depth + 1)]),
  )
}

/** Replaces, adds or takes away something anywhere in a copy of a real body. */
function mutated(random: Random, value: unknown, depth = 0): unknown {
  if (depth > 6 || random.chance(15)) return anyValue(random, depth)
  if (Array.isArray(value)) {
    const items = value.map((item) => (random.chance(40) ? mutated(random, item, depth + 1) : item))
    return random.chance(20) ? [...items, anyValue(random, depth), ...items] : items
  }
  if (typeof value !== 'object' || value === null) return random.chance(50) ? anyValue(random, depth) : value
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (random.chance(8)) return []
    return [[key, random.chance(40) ? mutated(random, item, depth + 1) : item]]
  })
  if (random.chance(30)) entries.push([random.pick(keys), anyValue(random, depth + 1)])
  return Object.fromEntries(entries)
}

const at = Date.parse('2026-03-02T03:00:00Z')
const sensors = {
  ...{ type: 'track', event: '$pageview', time: at, distinct_id: 'd', anonymous_id: 'd', login_id: 'C1' },
  ...{ identities: { $identity_login_id: 'C1', $identity_mobile: '1' }, properties: { a: 1, $lib: 'js' } },
  ...{ lib: { $lib: 'js' }, _track_id: 1, _flush_time: at },
}
const volcengine = {
  events: [{ event: 'e', params: '{"a":1}', local_time_ms: at }],
  ...{
    user: { user_unique_id: 'C1', web_id: '1' },
    header: { app_id: 1, custom: '{}' },
    local_time: at / 1000,
  },
}
const segment = {
  ...{
    type: 'track',
    event: 'e',
    userId: 'C1',
    anonymousId: 'd',
    messageId: 'm',
    timestamp: '2026-03-02T03:00:00Z',
  },
  ...{
    properties: { a: { b: [1] } },
    traits: { n: 1 },
    context: { traits: {} },
    sentAt: at,
    previousId: 'p',
    groupId: 'g',
  },
}
const cloudevent = {
  specversion: '1.0',
  id: '1',
  source: '/s',
  type: 't',
  subject: 'C1',
  time: '2026-03-02T03:00:00Z',
  data: {},
}
const posthog = {
  ...{ event: '$identify', distinct_id: 'C1', uuid: 'u', timestamp: '2026-03-02T03:00:00Z' },
  properties: { $set: { a: 1 }, $set_once: { b: 2 }, $unset: ['c'] },
}
const described = { data: { schema: 'iglu:com.b/t/jsonschema/1-0-0', data: { a: 1 } } }
const snowplow = {
  ...{ e: 'ue', eid: '1', uid: 'C1', dtm: String(at), stm: String(at), aid: 'trusted-key' },
  ...{ ue_pr: JSON.stringify(described), co: JSON.stringify({ data: [described.data] }) },
}

type Route = { url: string; body: unknown; isForm?: boolean; type?: string }
const routes: readonly Route[] = [
  { url: '/sa?token=trusted-key', body: [sensors], isForm: true },
  { url: '/sa.gif?token=public-key', body: sensors, isForm: true },
  { url: '/sa/trusted-key', body: [sensors, { ...sensors, type: 'profile_set' }], isForm: true },
  { url: '/sa?token=public-key', body: [{ ...sensors, type: 'track_signup', original_id: 'd' }] },
  { url: '/debug?token=trusted-key', body: [sensors], isForm: true },
  { url: '/volc/trusted-key/list', body: [volcengine] },
  {
    url: '/volc/public-key/profile/list',
    body: [{ ...volcengine, events: [{ event: '__profile_set', params: '{}' }] }],
  },
  { url: '/volc/trusted-key/webid', body: {} },
  ...['track', 'identify', 'page', 'group', 'alias', 't', 'i'].map((name) => ({
    url: `/v1/${name}`,
    body: segment,
  })),
  { url: '/v1/batch', body: { batch: [segment, { ...segment, type: 'identify' }], sentAt: at } },
  { url: '/b', body: { batch: [segment] } },
  { url: '/v1/cloudevents?key=trusted-key', body: cloudevent, type: 'application/cloudevents+json' },
  { url: '/v1/cloudevents?key=trusted-key', body: [cloudevent], type: 'application/cloudevents-batch+json' },
  { url: '/v1/cloudevents?key=public-key', body: {}, type: 'application/json' },
  { url: '/batch/', body: { api_key: 'trusted-key', batch: [posthog], sent_at: at } },
  { url: '/e/', body: { ...posthog, api_key: 'public-key' } },
  { url: '/i/v0/e/', body: [{ ...posthog, token: 'public-key' }] },
  { url: '/flags/?v=2', body: { token: 'public-key' } },
  { url: '/com.snowplowanalytics.snowplow/tp2', body: { schema: 's', data: [snowplow] } },
]

const contentTypes = [
  ...['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', ''],
  ...[
    'multipart/form-data; boundary=x',
    'application/cloudevents+json',
    'garbage',
    'text/plain;charset=gb18030',
  ],
]

function formOf(random: Random, text: string): string {
  const isPacked = random.chance(30)
  const data = (isPacked ? gzipSync(text) : Buffer.from(text)).toString('base64')
  const fields: Record<string, string> = {
    [random.pick(['data', 'data_list'])]: random.chance(10) ? text : data,
  }
  if (isPacked || random.chance(10)) fields.gzip = random.pick(['1', '1', '1', '0', '9', 'x'])
  if (random.chance(30)) fields.crc = String(random.chance(80) ? crcOf(data) : random.below(1e9))
  return new URLSearchParams(fields).toString()
}

/** Cuts, flips and repeats bytes of a body. */
function damaged(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes
  const way = random.below(4)
  if (way === 0) return bytes.subarray(0, random.below(bytes.length))
  const copy = Buffer.from(bytes)
  if (way === 1)
    for (let nth = 0; nth < 1 + random.below(8); nth += 1) copy[random.below(copy.length)] = random.below(256)
  if (way === 2) return Buffer.concat([copy, copy.subarray(random.below(copy.length)), copy])
  if (way === 3) copy.fill(random.below(256), random.below(copy.length))
  return copy
}

function rare(random: Random): Buffer {
  const open = random.pick(['[', '{"a":', '{"batch":[', '"'])
  const way = random.below(40)
  if (way === 0) return Buffer.from(open.repeat(20_000))
  if (way === 1)
    return Buffer.from(`{"event":"e","userId":"C1","properties":${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}`)
  if (way === 2) return Buffer.from(`{"batch":[${'{},'.repeat(3000)}{}]}`)
  if (way === 3) return Buffer.from(`[${'{},'.repeat(3000)}{}]`)
  if (way === 4) return gzipSync(Buffer.alloc(6 << 20))
  return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)))
}

function packed(random: Random, body: Buffer, headers: Record<string, string>): Buffer {
  const way = random.below(12)
  if (way === 0)
    headers['content-encoding'] = random.pick(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip, gzip', 'x'])
  if (way > 3 || way === 0) return body
  headers['content-encoding'] = ['gzip', 'br', 'deflate'][way - 1]!
  if (way === 1) return gzipSync(body)
  return way === 2 ? brotliCompressSync(body, { params: { 1: 1 } }) : deflateSync(body)
}

/** A query that holds a body, as pictures are asked for. */
function picture(random: Random): HostileRequest {
  if (random.chance(50)) {
    const data = formOf(random, JSON.stringify(mutated(random, sensors)) ?? '').slice(0, 9000)
    return { method: 'GET', url: `/sa.gif?token=trusted-key&${data}`, headers: {} }
  }
  const event = mutated(random, snowplow)
  const fields = Object.entries(typeof event === 'object' && event !== null ? event : {})
  const query = fields.map(
    ([key, value]) =>
      `${encodeURIComponent(key.toWellFormed())}=${encodeURIComponent(String(JSON.stringify(value) ?? value).toWellFormed())}`,
  )
  return { method: 'GET', url: `/i?aid=trusted-key&${query.join('&')}`.slice(0, 12_000), headers: {} }
}

/** The request of a number: a real body, bent until something of it is wrong. */
export function hostileRequest(seed: number): HostileRequest {
  const random = randomOf(seed)
  if (random.chance(6)) return picture(random)
  const { url, body, isForm, type } = random.pick(routes)
  const headers: Record<string, string> = {}
  if (random.chance(95))
    headers.authorization = `Basic ${Buffer.from(`${random.pick(['trusted-key', 'public-key'])}:`).toString('base64')}`
  if (url.startsWith('/sa') || url.startsWith('/v1/cloudevents')) delete headers.authorization
  const contentType = random.chance(80) ? (type ?? 'application/json') : random.pick(contentTypes)
  if (contentType !== '') headers['content-type'] = contentType
  if (random.chance(10))
    Object.assign(headers, { 'ce-id': random.pick(['1', '%E4%']), 'ce-type': random.pick(['t', '%']) })
  if (random.chance(10)) headers['dry-run'] = 'true'
  const text = JSON.stringify(random.chance(85) ? mutated(random, body) : body) ?? ''
  let bytes: Buffer = Buffer.from(isForm && random.chance(85) ? formOf(random, text) : text)
  if (random.chance(15)) bytes = damaged(random, bytes)
  if (random.chance(4)) bytes = rare(random)
  bytes = packed(random, bytes, headers)
  if (random.chance(5)) bytes = damaged(random, bytes)
  return { method: 'POST', url, headers, payload: bytes }
}
