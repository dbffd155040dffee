import { expect, test } from 'vitest'
import { normalisePostHog, readPostHogBody } from '#features/ingest/server/protocols/posthog.ts'
import type { KeyKind } from '#features/ingest/server/protocols/wire-message.ts'

const timestamp = '2026-11-24T18:42:56.424Z'
const server = { distinct_id: 'C1', uuid: 'u1', timestamp }
const is = { userId: 'C1', messageId: 'u1', timestamp }
const lib = { $lib: 'posthog-node' }

/** What the clients send, and the messages it means. */
const examples: readonly [string, unknown, readonly unknown[], KeyKind?][] = [
  [
    'a capture of a server',
    { event: 'e', properties: { a: 1, ...lib }, ...server },
    [{ type: 'track', event: 'e', properties: { a: 1, ...lib }, ...is }],
  ],
  [
    'an identify with both kinds of attributes',
    {
      ...{ event: '$identify', ...server },
      properties: { $set: { job: 'x' }, $set_once: { z: 1 }, $anon_distinct_id: 'd1', ...lib },
    },
    [
      { type: 'identify', anonymousId: 'd1', ...is },
      {
        type: 'profile',
        operation: 'set',
        traits: { job: 'x' },
        anonymousId: 'd1',
        ...is,
        messageId: 'u1:set',
      },
      {
        type: 'profile',
        operation: 'setOnce',
        traits: { z: 1 },
        anonymousId: 'd1',
        ...is,
        messageId: 'u1:setOnce',
      },
    ],
  ],
  [
    'attributes beside any event, and names that go',
    { event: '$set', properties: { $set: { a: 1 }, $unset: ['b'] }, ...server },
    [
      { type: 'profile', operation: 'set', traits: { a: 1 }, ...is, messageId: 'u1:set' },
      { type: 'profile', operation: 'unset', traits: { b: '' }, ...is, messageId: 'u1:unset' },
    ],
  ],
  [
    'an alias',
    { event: '$create_alias', properties: { distinct_id: 'C1', alias: 'dev', ...lib }, ...server },
    [{ type: 'alias', previousId: 'dev', ...is }],
  ],
  ['a group of customers', { event: '$groupidentify', properties: { $group_key: 'g' }, ...server }, []],
  ['a person who is only set, to nothing', { event: '$set', properties: {}, ...server }, []],
  [
    'a browser before login',
    {
      event: '$pageview',
      uuid: 'u1',
      properties: { distinct_id: 'd1', $device_id: 'd1', token: 'k', $pathname: '/p' },
    },
    [
      {
        ...{ type: 'track', event: 'page_viewed', anonymousId: 'd1', messageId: 'u1' },
        properties: { $device_id: 'd1', $pathname: '/p', page: '/p' },
      },
    ],
    'public',
  ],
  [
    'an app before login has only its own id',
    { event: 'e', uuid: 'u1', distinct_id: 'd1', properties: {} },
    [{ type: 'track', event: 'e', anonymousId: 'd1', messageId: 'u1', properties: {} }],
    'public',
  ],
  [
    "the bank's token is lifted",
    { event: 'e', properties: { zhike_token: 'eyJ' }, ...server },
    [{ type: 'track', event: 'e', properties: {}, context: { token: 'eyJ' }, ...is }],
  ],
  ['no event', null, [null]],
]

test.each(examples)('%s', (_name, event, messages, kind = 'trusted') => {
  expect(normalisePostHog(event, { kind })).toEqual(messages)
})

test.each<[string, unknown, object]>([
  [
    'a batch',
    { api_key: 'k', batch: [{ event: 'a' }], sent_at: 's' },
    { key: 'k', events: [{ event: 'a' }], sentAt: 's' },
  ],
  ['one', { api_key: 'k', event: 'a' }, { key: 'k', events: [{ api_key: 'k', event: 'a' }] }],
  ['a list', [{ properties: { token: 'k' } }], { key: 'k', events: [{ properties: { token: 'k' } }] }],
  ['nothing', 5, { key: undefined, events: [5] }],
])('a body as %s', (_name, body, batch) => {
  expect(readPostHogBody(body)).toEqual(batch)
})
