import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { sm2 } from 'sm-crypto-v2'

/** Tokens that prove nothing, and every way in by which somebody may claim to be somebody else. */

export type Request = {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  payload?: object | string
}
export type Signer = { jwk: object; sign(claims: object, header?: object): string }

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
export const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`

export function es256Signer(kid: string): Signer & { key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    key: privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' },
    sign(claims, header = { alg: 'ES256', kid }) {
      const data = `${encode(header)}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${data}.${signature.toString('base64url')}`
    },
  }
}

export function sm2Signer(kid: string): Signer {
  const { publicKey, privateKey } = sm2.generateKeyPairHex()
  const part = (from: number) => Buffer.from(publicKey.slice(from, from + 64), 'hex').toString('base64url')
  return {
    jwk: { kty: 'EC', crv: 'SM2', x: part(2), y: part(66), kid },
    sign(claims, header = { alg: 'SM2', kid }) {
      const data = `${encode(header)}.${encode(claims)}`
      const signature = sm2.doSignature(Buffer.from(data), privateKey, { hash: true })
      return `${data}.${Buffer.from(signature, 'hex').toString('base64url')}`
    },
  }
}

/** Tokens for `sub` that no source of ours may believe; `own` signs for this source, `other` for another one. */
export function forgedTokens(parts: {
  claims: { sub: string; iss: string; iat: number; exp: number }
  own: { es256: Signer; sm2: Signer; jwks: object }
  other: Signer
}): string[] {
  const { claims, own, other } = parts
  const late = { ...claims, iat: claims.iat - 7200, exp: claims.iat - 6600 }
  const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const hmac = `${encode({ alg: 'HS256', kid: 'e1' })}.${encode(claims)}`
  const [head = '', , signature = ''] = own.es256.sign({ ...claims, sub: 'SOMEBODY' }).split('.')
  return [
    es256Signer('e1').sign(claims),
    sm2Signer('s1').sign(claims),
    es256Signer('e1').sign(claims, {
      alg: 'ES256',
      kid: 'e1',
      jwk: secret.publicKey.export({ format: 'jwk' }),
    }),
    own.es256.sign(claims, { alg: 'SM2', kid: 's1' }),
    own.sm2.sign(claims, { alg: 'ES256', kid: 'e1' }),
    `${hmac}.${Buffer.from(JSON.stringify(own.jwks)).toString('base64url')}`,
    `${encode({ alg: 'none' })}.${encode(claims)}.`,
    `${head}.${encode(claims)}.${signature}`,
    own.es256.sign(late),
    own.sm2.sign(late),
    own.es256.sign({ ...claims, exp: claims.iat + 86_400 }),
    own.es256.sign({ ...claims, iss: 'https://evil.example' }),
    own.es256.sign({ ...claims, sub: undefined }),
    other.sign({ ...claims, iss: 'https://other.example' }),
    'not-a-token',
  ]
}

/** Every message of our own kind that could say who somebody is or what they did, with what would prove it. */
export function forgedMessages(victim: string, nth: number, token: string | undefined): object[] {
  const bought = { type: 'track', event: 'product_purchased', properties: { amount: 5_000_000 } }
  const identities = { phone: '13800001234', openId: 'open-of-victim' }
  const kinds = [
    bought,
    { type: 'track', event: 'slot_clicked', properties: { campaign: 'forged-at', slot: 'home_top' } },
    { type: 'track', event: 'touch_sent', properties: { campaign: 'forged-at', channel: 'inbox' } },
    { type: 'track', event: 'lead_created', properties: { campaign: 'forged-at' } },
    { type: 'page', name: 'home' },
    { type: 'screen', name: 'home' },
    { type: 'identify', traits: { tier: 'forged', phone: '13900000000' } },
    { type: 'group', groupId: 'g', traits: { tier: 'forged' } },
    ...(['set', 'setOnce', 'increment', 'append'] as const).map((operation) => ({
      ...{ type: 'profile', operation, traits: { tier: operation === 'increment' ? 1 : 'forged' } },
    })),
    { type: 'profile', operation: 'unset', traits: { tier: true } },
  ]
  return [
    ...kinds.flatMap((message, kind) => [
      { ...message, userId: victim, messageId: `a${nth}-${kind}`, context: { token } },
      {
        ...message,
        userId: victim,
        anonymousId: 'thief',
        messageId: `b${nth}-${kind}`,
        identities,
        context: { token },
      },
      { ...message, anonymousId: 'thief', messageId: `c${nth}-${kind}`, identities, context: { token } },
    ]),
    { type: 'alias', userId: victim, previousId: 'thief', messageId: `d${nth}`, context: { token } },
    { type: 'alias', userId: 'thief', previousId: victim, messageId: `e${nth}`, context: { token } },
  ]
}

const sensors = (victim: string, nowMs: number): Request[] => {
  const event = { event: 'product_purchased', time: nowMs, properties: { amount: 5_000_000 } }
  const who = { distinct_id: victim, login_id: victim, identities: { $identity_login_id: victim } }
  const all = [
    { type: 'track', ...event, ...who, anonymous_id: 'thief' },
    { type: 'track', ...event, distinct_id: victim },
    { type: 'track', ...event, distinct_id: victim, properties: { ...event.properties, $is_login_id: true } },
    { type: 'track_signup', event: '$SignUp', time: nowMs, original_id: 'thief', ...who, properties: {} },
    { type: 'track_id_bind', event: '$BindID', time: nowMs, ...who, properties: {} },
    ...['profile_set', 'profile_set_once', 'profile_append'].map((type) => ({
      ...{ type, time: nowMs, ...who, properties: { tier: 'forged' } },
    })),
    { type: 'profile_increment', time: nowMs, ...who, properties: { tier: 1 } },
    { type: 'profile_unset', time: nowMs, ...who, properties: { tier: true } },
    { type: 'profile_delete', time: nowMs, ...who, properties: {} },
  ]
  const packed = (value: unknown) => encodeURIComponent(Buffer.from(JSON.stringify(value)).toString('base64'))
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return [
    { method: 'POST', url: '/sa?token=public', headers: form, payload: `data_list=${packed(all)}` },
    ...all.map((one): Request => ({ method: 'GET', url: `/sa.gif?token=public&data=${packed(one)}` })),
  ]
}

const others = (victim: string, nowMs: number): Request[] => {
  const [event, json] = ['product_purchased', { 'content-type': 'application/json' }]
  const params = { amount: 5_000_000 }
  const volcengine = (user: object, name: string, own: object) => ({
    ...{ user, header: { app_id: 1 } },
    events: [{ event: name, params: JSON.stringify(own), local_time_ms: nowMs }],
  })
  const person = { user_unique_id: victim, web_id: 'thief', user_unique_id_type: 'uid' }
  const described = JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
    data: { schema: 'iglu:com.zhike/identify/jsonschema/1-0-0', data: { tier: 'forged' } },
  })
  const posthog = (name: string, properties: object) => ({
    ...{ event: name, distinct_id: victim, timestamp: new Date(nowMs).toISOString(), properties },
  })
  return [
    {
      ...{ method: 'POST', url: '/volc/public/list', headers: json },
      payload: [volcengine(person, event, params), volcengine(person, '__profile_set', { tier: 'forged' })],
    },
    {
      ...{ method: 'POST', url: '/batch', headers: json },
      payload: {
        api_key: 'public',
        batch: [
          posthog(event, params),
          posthog(event, { ...params, $user_id: victim, $device_id: 'thief' }),
          posthog('$identify', { $anon_distinct_id: 'thief', $set: { tier: 'forged' } }),
          posthog('$create_alias', { alias: 'thief' }),
        ],
      },
    },
    {
      method: 'POST',
      url: '/v1/cloudevents',
      headers: { authorization: 'Bearer public', 'content-type': 'application/cloudevents+json' },
      payload: JSON.stringify({
        ...{ specversion: '1.0', id: 'ce-1', source: '/app', type: event, subject: victim, data: params },
      }),
    },
    {
      ...{ method: 'POST', url: '/com.snowplowanalytics.snowplow/tp2?key=public', headers: json },
      payload: {
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data: [
          { e: 'se', se_ca: 'x', se_ac: event, uid: victim, duid: 'thief', eid: 'sp-1', p: 'web', tv: 't' },
          { e: 'ue', ue_pr: described, uid: victim, duid: 'thief', eid: 'sp-2', p: 'web', tv: 't' },
        ],
      },
    },
    { method: 'GET', url: `/i?aid=public&e=se&se_ca=x&se_ac=${event}&uid=${victim}&duid=thief&eid=sp-3` },
  ]
}

/** The same claims by the clients of other makers, through a public key. */
export const forgedByOtherClients = (victim: string, nowMs: number): Request[] => [
  ...sensors(victim, nowMs),
  ...others(victim, nowMs),
]
