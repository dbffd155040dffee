import { expect, test } from 'vitest'
import { normaliseSensors } from '#features/ingest/server/protocols/sensors.ts'
import type { KeyKind } from '#features/ingest/server/protocols/wire-message.ts'

const time = 1_795_545_866_037
const common = {
  time,
  _track_id: 767_386_041,
  _flush_time: time + 4,
  lib: { $lib: 'js', $lib_version: '1.27.11' },
}
const device = '1a20edf9eec57e'
const visitor = {
  ...{ distinct_id: device, anonymous_id: device },
  identities: { $identity_cookie_id: device, $identity_anonymous_id: device },
}
const loggedIn = {
  ...{ distinct_id: 'C1', login_id: 'C1', anonymous_id: device },
  identities: { $identity_cookie_id: device, $identity_login_id: 'C1', $identity_anonymous_id: device },
}
const is = { messageId: expect.stringMatching(/^sa-[\w-]{43}$/), timestamp: time, sentAt: time + 4 }
const lib = { $lib: 'js', $lib_version: '1.27.11' }
const node = { ...common, lib: { $lib: 'Node', $lib_version: '1.2.6' }, distinct_id: 'C9' }

/** What each client sends, by whom, and the messages it means. */
const examples: readonly [string, unknown, readonly unknown[], KeyKind?][] = [
  [
    'a track before login',
    { type: 'track', event: 'buy', properties: { amount: 5 }, ...visitor, ...common },
    [{ type: 'track', event: 'buy', anonymousId: device, properties: { amount: 5, ...lib }, ...is }],
  ],
  [
    'a track after login',
    { type: 'track', event: 'buy', properties: { $lib: 'mine' }, ...loggedIn, ...common },
    [
      {
        ...{ type: 'track', event: 'buy', userId: 'C1', anonymousId: device },
        properties: { $lib: 'mine', $lib_version: '1.27.11' },
        ...is,
      },
    ],
  ],
  [
    'a page view is our page_viewed',
    {
      ...{ type: 'track', event: '$pageview', ...visitor, ...common },
      properties: { $url_path: '/loans', $url: 'https://b/loans', $referrer: 'https://a/', ...lib },
    },
    [
      {
        ...{ type: 'track', event: 'page_viewed', anonymousId: device, ...is },
        properties: {
          ...{ $url_path: '/loans', $url: 'https://b/loans', $referrer: 'https://a/', ...lib },
          ...{ page: '/loans', referrer: 'https://a/' },
        },
      },
    ],
  ],
  [
    'an app that starts',
    { type: 'track', event: '$AppStart', properties: lib, ...visitor, ...common },
    [{ type: 'track', event: 'app_opened', anonymousId: device, properties: lib, ...is }],
  ],
  [
    'a signup binds the device to the login',
    { type: 'track_signup', event: '$SignUp', original_id: device, properties: {}, ...loggedIn, ...common },
    [{ type: 'identify', userId: 'C1', anonymousId: device, ...is }],
  ],
  [
    'a signup of the older model, by a public key',
    {
      ...common,
      type: 'track_signup',
      event: '$SignUp',
      distinct_id: 'C1',
      original_id: device,
      properties: {},
    },
    [{ type: 'identify', userId: 'C1', anonymousId: device, ...is }],
    'public',
  ],
  [
    'identities of a person, the device ones left out',
    {
      ...{ type: 'track_id_bind', event: '$BindID', properties: {}, ...common, ...loggedIn },
      identities: {
        ...loggedIn.identities,
        ...{ $identity_mobile: '13800001234', $identity_mp_wx1_openid: 'o1', $identity_mp_unionid: 'u1' },
        ...{ member_no: 'M1', __proto__x: 'y', 'Not A Kind': 'z' },
      },
    },
    [
      {
        ...{ type: 'identify', userId: 'C1', anonymousId: device, ...is },
        identities: { phone: '13800001234', openId: 'o1', unionId: 'u1', member_no: 'M1' },
      },
    ],
  ],
  ...(
    [
      ['profile_set', 'set', { job: 'x' }],
      ['profile_set_once', 'setOnce', { $first_visit_time: '2026-11-24' }],
      ['profile_increment', 'increment', { n: 1 }],
      ['profile_append', 'append', { l: ['a'] }],
      ['profile_unset', 'unset', { job: true }],
    ] as const
  ).map(([type, operation, properties]): [string, unknown, readonly unknown[]] => [
    type,
    { type, properties, ...loggedIn, ...common },
    [{ type: 'profile', operation, userId: 'C1', anonymousId: device, traits: properties, ...is }],
  ]),
  [
    'a deleted profile is an event, and takes nothing away',
    { type: 'profile_delete', properties: {}, ...loggedIn, ...common },
    [{ type: 'track', event: 'profile_deleted', userId: 'C1', anonymousId: device, properties: lib, ...is }],
  ],
  ['an item', { type: 'item_set', item_type: 'fund', item_id: '1', properties: {}, ...common }, []],
  [
    'the Node client of a server speaks of customers',
    { type: 'track', event: 'e', properties: {}, ...node },
    [{ type: 'track', event: 'e', userId: 'C9', properties: { $lib: 'Node', $lib_version: '1.2.6' }, ...is }],
  ],
  [
    'but not where its key is public',
    { type: 'track', event: 'e', properties: { $lib: 'a', $lib_version: 'b' }, ...node },
    [{ type: 'track', event: 'e', anonymousId: 'C9', properties: { $lib: 'a', $lib_version: 'b' }, ...is }],
    'public',
  ],
  [
    'the Java client flags a login',
    { ...node, type: 'track', event: 'e', properties: { $is_login_id: true, ...lib }, lib: { $lib: 'Java' } },
    [{ type: 'track', event: 'e', userId: 'C9', properties: lib, ...is }],
  ],
  [
    'and without the flag it is a device',
    { ...node, type: 'track', event: 'e', properties: lib, lib: { $lib: 'Java' } },
    [{ type: 'track', event: 'e', anonymousId: 'C9', properties: lib, ...is }],
  ],
  [
    "the bank's token is lifted out of what is stored",
    { type: 'track', event: 'e', properties: { zhike_token: 'eyJ', ...lib }, ...visitor, ...common },
    [{ type: 'track', event: 'e', anonymousId: device, properties: lib, context: { token: 'eyJ' }, ...is }],
  ],
  [
    'no track id: the content is the id',
    { type: 'track', event: 'e', time, properties: lib, ...visitor },
    [
      {
        type: 'track',
        event: 'e',
        anonymousId: device,
        properties: lib,
        timestamp: time,
        messageId: is.messageId,
      },
    ],
  ],
  [
    'neither id nor time: the same may have happened twice',
    { type: 'track', event: 'e', properties: lib, ...visitor },
    [{ type: 'track', event: 'e', anonymousId: device, properties: lib }],
  ],
  ['a type nobody knows is for the collector to refuse', { type: 'x', ...common }, [{ type: 'x', ...is }]],
  ['no object', 5, [5]],
  [
    'properties that are none stay, to be refused',
    { type: 'track', event: 'e', properties: 5, ...visitor, ...common },
    [{ type: 'track', event: 'e', anonymousId: device, properties: 5, ...is }],
  ],
]

test.each(examples)('%s', (_name, event, messages, kind = 'trusted') => {
  expect(normaliseSensors(event, { kind })).toEqual(messages)
})

test('the id does not depend on the order of keys, nor on when it was sent', () => {
  const idOf = (event: object) =>
    (normaliseSensors(event, { kind: 'trusted' })[0] as { messageId: string }).messageId
  const event = { type: 'track', event: 'e', time, distinct_id: 'd', properties: { a: 1, b: { c: 2, d: 3 } } }
  const turned = {
    properties: { b: { d: 3, c: 2 }, a: 1 },
    distinct_id: 'd',
    time,
    event: 'e',
    type: 'track',
  }
  expect(idOf({ ...turned, _flush_time: 1 })).toBe(idOf({ ...event, _flush_time: 2 }))
  expect(idOf({ ...event, time: time + 1 })).not.toBe(idOf(event))
})
