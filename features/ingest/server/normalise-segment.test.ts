import { expect, test } from 'vitest'
import { type MessageType, normaliseSegment } from '#features/ingest/server/normalise-segment.ts'

const nowMs = Date.parse('2026-03-02T04:00:00Z')
const read = (message: unknown, type?: MessageType) =>
  normaliseSegment(message, { type, nowMs, timeZone: 'Asia/Shanghai' })
const track = (fields: object) => ({ type: 'track', event: 'e', userId: 'C1', messageId: 'm', ...fields })
const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) })

test.each<[string, object, object]>([
  ['track', track({ properties: { amount: 1.5 } }), { name: 'e', userId: 'C1', props: [['amount', '1.5']] }],
  [
    'page',
    { type: 'page', name: 'home', anonymousId: 'a' },
    {
      name: 'page_viewed',
      props: [
        ['name', 'home'],
        ['page', 'home'],
      ],
    },
  ],
  [
    'a page that says its page',
    { type: 'page', name: 'home', properties: { page: '/x' } },
    {
      props: [
        ['page', '/x'],
        ['name', 'home'],
      ],
    },
  ],
  ['screen', { type: 'screen', name: 'home' }, { type: 'screen', name: 'page_viewed' }],
  [
    'identify',
    { type: 'identify', userId: 'C1', traits: { job: 'teacher', age: 30 } },
    {
      name: 'identified',
      props: [],
      traits: [
        ['job', 'teacher'],
        ['age', '30'],
      ],
    },
  ],
  [
    'group',
    { type: 'group', userId: 'C1', groupId: 'g', traits: { plan: 'x' } },
    {
      name: 'group_joined',
      props: [
        ['plan', 'x'],
        ['group', 'g'],
      ],
    },
  ],
  ['alias', { type: 'alias', userId: 'C1', previousId: 'a' }, { name: 'aliased', previousId: 'a' }],
  [
    'canonical text',
    track({
      properties: {
        s: ' x ',
        n: 1e21,
        i: -0,
        t: true,
        f: false,
        z: null,
        o: { p: { q: 1 } },
        l: [1, 'a', { b: null }],
      },
    }),
    {
      props: [
        ['s', ' x '],
        ['n', '1e+21'],
        ['i', '0'],
        ['t', 'true'],
        ['f', 'false'],
        ['o.p.q', '1'],
        ['l', '[1,"a",{"b":null}]'],
      ],
    },
  ],
  [
    'the first of two equal names',
    track({ properties: { o: { p: 1 }, 'o.p': 2 } }),
    { props: [['o.p', '1']] },
  ],
  [
    'a time with a zone',
    track({ timestamp: '2026-03-01T08:00:00.123456+08:00' }),
    { occurredAtMs: Date.parse('2026-03-01T00:00:00.123Z') },
  ],
  [
    'a time of the bank',
    track({ timestamp: '2026-03-01T08:00:00' }),
    { occurredAtMs: Date.parse('2026-03-01T00:00:00Z') },
  ],
  [
    'a day of the bank',
    track({ timestamp: '2026-03-01' }),
    { occurredAtMs: Date.parse('2026-02-28T16:00:00Z') },
  ],
  ['milliseconds', track({ timestamp: nowMs }), { occurredAtMs: nowMs }],
  [
    'originalTimestamp',
    track({ originalTimestamp: '2026-03-01T00:00:00Z' }),
    { occurredAtMs: Date.parse('2026-03-01T00:00:00Z') },
  ],
  ['no time', track({ timestamp: null }), { occurredAtMs: undefined }],
  [
    'empty ids are none',
    track({ anonymousId: '', userId: null }),
    { userId: undefined, anonymousId: undefined },
  ],
  ['a token', track({ context: { token: 't.t.t', library: { name: 'x' } } }), { token: 't.t.t' }],
  [
    'direct identifiers are left out',
    track({
      properties: {
        phone: '13800001234',
        Card_No: '1',
        user: { email: 'a@b', kept: 1 },
        address: { city: 'x' },
      },
    }),
    { props: [['user.kept', '1']], dropped: 4 },
  ],
  [
    'also in arrays',
    track({ properties: { people: [{ phone: '1', n: 1 }] } }),
    { props: [['people', '[{"n":1}]']], dropped: 1 },
  ],
  [
    'a number that is no card',
    track({ properties: { order: '4111111111111112', at: 1764000000000 } }),
    {
      props: [
        ['order', '4111111111111112'],
        ['at', '1764000000000'],
      ],
      dropped: 0,
    },
  ],
  [
    'numbers of persons in texts and lists',
    track({
      properties: {
        note: '回电 138-0013-8000',
        id: '11010519491231002X',
        to: ['13800138000', 'x'],
        n: 13800138000,
      },
    }),
    {
      props: [
        ['note', '回电 *'],
        ['to', '[null,"x"]'],
      ],
      dropped: 4,
    },
  ],
  [
    'a clock that is wrong',
    track({ timestamp: nowMs - 80_000_000, sentAt: nowMs - 79_995_000 }),
    { clientAtMs: nowMs - 80_000_000, occurredAtMs: nowMs - 5000 },
  ],
  [
    'a clock without a battery',
    track({ timestamp: '1970-01-01T00:00:00Z', sentAt: '1970-01-01T00:00:05Z' }),
    { clientAtMs: undefined, occurredAtMs: nowMs - 5000 },
  ],
  [
    'a slow network is no wrong clock',
    track({ timestamp: nowMs - 9000, sentAt: nowMs - 8000 }),
    { clientAtMs: nowMs - 9000, occurredAtMs: nowMs - 9000 },
  ],
  [
    'a change of attributes',
    { type: 'profile', operation: 'increment', userId: 'C1', traits: { points: 5 } },
    {
      name: 'profile_updated',
      operation: 'increment',
      traits: [['points', '5']],
      props: [
        ['operation', 'increment'],
        ['attributes', 'points'],
      ],
    },
  ],
  [
    'what is unset, whatever its value',
    { type: 'profile', operation: 'unset', userId: 'C1', traits: { a: null, b: { c: 1 } } },
    {
      traits: [
        ['a', ''],
        ['b', ''],
      ],
    },
  ],
  [
    'identities of a person',
    {
      type: 'identify',
      userId: 'C1',
      traits: { phone: '13800138000', job: 'x' },
      identities: { openId: 'o1' },
    },
    { identities: { openId: 'o1', phone: '13800138000' }, traits: [['job', 'x']], dropped: 1 },
  ],
  [
    'a yes or no about a secret',
    track({ properties: { show_password: true } }),
    { props: [['show_password', 'true']] },
  ],
  [
    'a name is an identifier of a person only',
    { type: 'identify', userId: 'C1', traits: { name: '张三', job: 'x' } },
    { traits: [['job', 'x']], dropped: 1 },
  ],
  [
    'SQL is text',
    track({ event: `x'); DROP TABLE event;--`, properties: { "k' OR 1=1": `"; --` } }),
    { name: `x'); DROP TABLE event;--`, props: [[`k' OR 1=1`, `"; --`]] },
  ],
])('reads %s', (_name, message, expected) => {
  const result = read(message)
  expect(result.problem).toBeUndefined()
  expect(result.message).toMatchObject(expected)
})

const many = Object.fromEntries(Array.from({ length: 501 }, (_, nth) => [`p${nth}`, 1]))
const proto = (json: string) => track({ properties: JSON.parse(json) })

test.each<[string, unknown, string, string]>([
  ['no object', 'x', 'FIELD_TYPE', ''],
  ['an array', [], 'FIELD_TYPE', ''],
  ['null', null, 'FIELD_TYPE', ''],
  ['no type', { event: 'e' }, 'FIELD_MISSING', 'type'],
  ['an unknown type', { type: 'purge' }, 'FIELD_INVALID', 'type'],
  ['no event', track({ event: undefined }), 'FIELD_MISSING', 'event'],
  ['an empty event', track({ event: '' }), 'FIELD_MISSING', 'event'],
  ['an event that is a number', track({ event: 5 }), 'FIELD_TYPE', 'event'],
  ['a long event', track({ event: 'x'.repeat(201) }), 'FIELD_TOO_LONG', 'event'],
  ['an event with a line break', track({ event: 'a\nb' }), 'FIELD_INVALID', 'event'],
  ['a user that is a number', track({ userId: 5 }), 'FIELD_TYPE', 'userId'],
  ['a user with NUL', track({ userId: 'a\0' }), 'FIELD_INVALID', 'userId'],
  ['a user of broken text', track({ userId: '\ud800' }), 'FIELD_INVALID', 'userId'],
  ['a long user', track({ userId: 'x'.repeat(201) }), 'FIELD_TOO_LONG', 'userId'],
  ['a long message id', track({ messageId: 'x'.repeat(201) }), 'FIELD_TOO_LONG', 'messageId'],
  ['properties that are a list', track({ properties: [] }), 'FIELD_TYPE', 'properties'],
  ['a context that is text', track({ context: 'x' }), 'FIELD_TYPE', 'context'],
  ['a token that is a number', track({ context: { token: 1 } }), 'FIELD_TYPE', 'context.token'],
  ['a long text', track({ properties: { a: { b: 'x'.repeat(8193) } } }), 'STRING_TOO_LONG', 'properties.a.b'],
  [
    'a text long in bytes',
    track({ properties: { a: '知'.repeat(2731) } }),
    'STRING_TOO_LONG',
    'properties.a',
  ],
  [
    'a long list',
    track({ properties: { a: ['x'.repeat(5000), 'x'.repeat(5000)] } }),
    'STRING_TOO_LONG',
    'properties.a',
  ],
  ['many properties', track({ properties: many }), 'PROPERTIES_TOO_MANY', 'properties.p500'],
  [
    'a large message',
    track({ properties: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`p${n}`, 'x'.repeat(8000)])) }),
    'MESSAGE_TOO_LARGE',
    'properties',
  ],
  [
    'a large context',
    track({ context: { a: [1, 2, 3, 4, 5].map(() => 'x'.repeat(8000)) } }),
    'MESSAGE_TOO_LARGE',
    'context.a.4',
  ],
  ['deep properties', track({ properties: nested(32) }), 'NESTING_TOO_DEEP', `properties${'.a'.repeat(31)}`],
  ['a deep context', track({ context: nested(32) }), 'NESTING_TOO_DEEP', `context${'.a'.repeat(31)}`],
  ['__proto__', proto('{"__proto__":{"x":1}}'), 'KEY_FORBIDDEN', 'properties.__proto__'],
  ['a nested __proto__', proto('{"a":[{"__proto__":1}]}'), 'KEY_FORBIDDEN', 'properties.a.0.__proto__'],
  [
    'constructor.prototype',
    proto('{"constructor":{"prototype":{"x":1}}}'),
    'KEY_FORBIDDEN',
    'properties.constructor.prototype',
  ],
  [
    '__proto__ of the message',
    JSON.parse('{"type":"track","event":"e","__proto__":{}}'),
    'KEY_FORBIDDEN',
    '__proto__',
  ],
  [
    '__proto__ in the context',
    track({ context: JSON.parse('{"__proto__":{}}') }),
    'KEY_FORBIDDEN',
    'context.__proto__',
  ],
  [
    'a password',
    track({ properties: { login: { Pass_word: 'x' } } }),
    'AUTHENTICATION_DATA',
    'properties.login.Pass_word',
  ],
  [
    'a CVV among traits',
    { type: 'identify', userId: 'C', traits: { cvv2: '123' } },
    'AUTHENTICATION_DATA',
    'traits.cvv2',
  ],
  [
    'a code below an identifier',
    track({ properties: { card: { pin: '1' } } }),
    'AUTHENTICATION_DATA',
    'properties.card.pin',
  ],
  [
    'a card number',
    track({ properties: { ref: 'no. 4111 1111 1111 1111' } }),
    'AUTHENTICATION_DATA',
    'properties.ref',
  ],
  [
    'a card number as a number',
    track({ properties: { a: { n: 4111111111111111 } } }),
    'AUTHENTICATION_DATA',
    'properties.a.n',
  ],
  [
    'a card number in a list',
    track({ properties: { l: [{ x: '6222021234567890128' }] } }),
    'AUTHENTICATION_DATA',
    'properties.l.0.x',
  ],
  [
    'a card number in the context',
    track({ context: { page: { q: '4111111111111111' } } }),
    'AUTHENTICATION_DATA',
    'context.page.q',
  ],
  ['a card number as a customer', track({ userId: '4111111111111111' }), 'AUTHENTICATION_DATA', 'userId'],
  [
    'a card by its name',
    track({ properties: { card_no: '9999 0000 1111 22' } }),
    'AUTHENTICATION_DATA',
    'properties.card_no',
  ],
  [
    'track data',
    track({ properties: { t: ';4111111111111112=25121010000?' } }),
    'AUTHENTICATION_DATA',
    'properties.t',
  ],
  [
    'an increment that is no number',
    { type: 'profile', operation: 'increment', userId: 'C', traits: { a: 'x' } },
    'FIELD_INVALID',
    'traits.a',
  ],
  [
    'an unknown operation',
    { type: 'profile', operation: 'purge', userId: 'C', traits: {} },
    'FIELD_INVALID',
    'operation',
  ],
  ['1970', track({ timestamp: '1970-01-01T00:00:00Z' }), 'TIMESTAMP_OUT_OF_RANGE', 'timestamp'],
  ['seconds for milliseconds', track({ timestamp: nowMs / 1000 }), 'TIMESTAMP_OUT_OF_RANGE', 'timestamp'],
  ['2100', track({ timestamp: '2100-01-01T00:00:00Z' }), 'TIMESTAMP_OUT_OF_RANGE', 'timestamp'],
  ['30 February', track({ timestamp: '2026-02-30T00:00:00Z' }), 'TIMESTAMP_INVALID', 'timestamp'],
  ['a time that is words', track({ timestamp: 'yesterday' }), 'TIMESTAMP_INVALID', 'timestamp'],
  ['a time that is an object', track({ timestamp: {} }), 'FIELD_TYPE', 'timestamp'],
  [
    'a trait with NUL',
    { type: 'identify', userId: 'C', traits: { job: 'a\0' } },
    'FIELD_INVALID',
    'traits.job',
  ],
])('refuses %s', (_name, message, code, path) => {
  expect(read(message).problem).toMatchObject({ code, path })
})

test('the type of a single call is its path', () => {
  expect(read({ event: 'e' }, 'track').message).toMatchObject({ type: 'track', name: 'e' })
})

test('no detail repeats a value', () => {
  const secret = 'S3CRET'.repeat(2000)
  for (const message of [
    track({ properties: { a: secret } }),
    track({ event: secret }),
    track({ timestamp: secret }),
  ])
    expect(JSON.stringify(read(message).problem)).not.toContain('S3CRET')
})
