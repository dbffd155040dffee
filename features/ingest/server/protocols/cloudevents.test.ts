import { expect, test } from 'vitest'
import { eventOfHeaders, normaliseCloudEvent } from '#features/ingest/server/protocols/cloudevents.ts'

const time = '2026-11-24T18:42:54.546Z'
const base = { specversion: '1.0', id: 'dd55', source: '/core', type: 'bank.transfer', subject: 'C1', time }
const is = { userId: 'C1', messageId: '/core#dd55', timestamp: time }

/** What an event says, and the message it means. */
const examples: readonly [string, unknown, unknown][] = [
  [
    'data and extensions are properties; data comes first',
    {
      ...base,
      data: { amount: 5, tenant: 'own' },
      tenant: 'x',
      region: 'sh',
      datacontenttype: 'application/json',
    },
    {
      ...{ type: 'track', event: 'bank.transfer', ...is },
      properties: { region: 'sh', ce_source: '/core', amount: 5, tenant: 'own' },
    },
  ],
  [
    'data that is no object',
    { ...base, data: [1] },
    { type: 'track', event: 'bank.transfer', properties: { ce_source: '/core', data: [1] }, ...is },
  ],
  [
    'data as bytes that hold JSON',
    { ...base, data_base64: Buffer.from('{"amount":5}').toString('base64') },
    { type: 'track', event: 'bank.transfer', properties: { ce_source: '/core', amount: 5 }, ...is },
  ],
  [
    'a device, and the token that proves who is on it',
    { ...base, subject: undefined, anonymousid: 'd1', customertoken: 'eyJ', data: null },
    {
      ...{
        type: 'track',
        event: 'bank.transfer',
        messageId: '/core#dd55',
        timestamp: time,
        anonymousId: 'd1',
      },
      ...{ properties: { ce_source: '/core' }, context: { token: 'eyJ' } },
    },
  ],
  ...(
    [
      ['zhike.profile.set', 'set'],
      ['zhike.profile.set_once', 'setOnce'],
      ['zhike.profile.increment', 'increment'],
      ['zhike.profile.append', 'append'],
      ['zhike.profile.unset', 'unset'],
    ] as const
  ).map(([type, operation]): [string, unknown, unknown] => [
    type,
    { ...base, type, data: { n: 1 } },
    { type: 'profile', operation, traits: { n: 1 }, ...is },
  ]),
  [
    'an identify binds a device',
    { ...base, type: 'zhike.identify', anonymousid: 'd1', data: { job: 'x' } },
    { type: 'identify', traits: { job: 'x' }, anonymousId: 'd1', ...is },
  ],
  [
    'an id that would be too long is hashed',
    { ...base, id: 'i'.repeat(300), data: {} },
    {
      ...{ type: 'track', event: 'bank.transfer', properties: { ce_source: '/core' }, ...is },
      messageId: expect.stringMatching(/^ce-[\w-]{43}$/),
    },
  ],
  ['no event', 'x', 'x'],
]

test.each(examples)('%s', (_name, event, message) => {
  expect(normaliseCloudEvent(event)).toEqual(message)
})

test('binary mode has the attributes in headers, percent-encoded where they must be', () => {
  const headers = { 'ce-id': '1', 'ce-type': 't', 'ce-subject': '%E5%AE%A2', 'ce-bad': '%E5%', host: 'h' }
  expect(eventOfHeaders(headers, { a: 1 })).toEqual({
    id: '1',
    type: 't',
    subject: '客',
    bad: '%E5%',
    data: { a: 1 },
  })
  expect(eventOfHeaders({ host: 'h' }, {})).toBeUndefined()
})
