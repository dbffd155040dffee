import { expect, test } from 'vitest'
import { normaliseVolcengine } from '#features/ingest/server/protocols/volcengine.ts'

const at = 1_795_545_901_103
const header = {
  ...{ app_id: 1234, os_name: 'Linux', os_version: '', platform: 'web', sdk_version: '0.1.6', sdk_lib: 'js' },
  ...{ browser: 'Chrome', custom: '{"localWebId":"135","vip":"gold"}' },
}
const presets = {
  ...{
    app_id: 1234,
    os_name: 'Linux',
    platform: 'web',
    sdk_version: '0.1.6',
    sdk_lib: 'js',
    browser: 'Chrome',
  },
  vip: 'gold',
}
const payload = (event: unknown, user: object = { user_unique_id: 'C2', web_id: '135' }) => ({
  ...{ events: [event], user, header, local_time: 1_795_545_901, verbose: 1 },
})
const own = (event: string, params: unknown) => ({
  ...{ event, params, local_time_ms: at, is_bav: 0, session_id: 's1' },
})
const is = {
  ...{ messageId: expect.stringMatching(/^vo-[\w-]{43}$/), timestamp: at, sentAt: 1_795_545_901_000 },
}
const who = { userId: 'C2', anonymousId: '135' }

/** What the client sends, and the messages it means. */
const examples: readonly [string, unknown, readonly unknown[]][] = [
  [
    'an event, its params as JSON in text',
    payload(own('buy', '{"amount":5,"event_index":1}')),
    [
      {
        ...{ type: 'track', event: 'buy', ...who, ...is },
        properties: { ...presets, amount: 5, event_index: 1, session_id: 's1' },
      },
    ],
  ],
  [
    'a page view',
    payload(own('predefine_pageview', { url: 'http://h/page', url_path: '/page' })),
    [
      {
        ...{ type: 'track', event: 'page_viewed', ...who, ...is },
        properties: { ...presets, url: 'http://h/page', url_path: '/page', session_id: 's1', page: '/page' },
      },
    ],
  ],
  ...(
    [
      ['__profile_set', 'set'],
      ['__profile_set_once', 'setOnce'],
      ['__profile_increment', 'increment'],
      ['__profile_append', 'append'],
      ['__profile_unset', 'unset'],
    ] as const
  ).map(([event, operation]): [string, unknown, readonly unknown[]] => [
    event,
    payload(own(event, '{"n":1}')),
    [{ type: 'profile', operation, traits: { n: 1 }, ...who, ...is }],
  ]),
  [
    'a device that nobody logged in on',
    payload(own('e', {}), { user_unique_id: '135', web_id: '135' }),
    [{ type: 'track', event: 'e', anonymousId: '135', properties: { ...presets, session_id: 's1' }, ...is }],
  ],
  [
    'an id of another kind than the customer number',
    payload(own('__profile_set', '{"n":1}'), {
      user_unique_id: 'o1',
      user_unique_id_type: 'open_id',
      web_id: '1',
    }),
    [
      {
        type: 'profile',
        operation: 'set',
        traits: { n: 1 },
        anonymousId: '1',
        identities: { open_id: 'o1' },
        ...is,
      },
    ],
  ],
  [
    "the bank's token is lifted",
    payload(own('__profile_set', '{"n":1,"zhike_token":"eyJ"}')),
    [{ type: 'profile', operation: 'set', traits: { n: 1 }, context: { token: 'eyJ' }, ...who, ...is }],
  ],
  [
    'params that are no JSON stay, to be refused',
    payload(own('e', '{"n":')),
    [{ type: 'track', event: 'e', properties: '{"n":', ...who, ...is }],
  ],
  ['no event', payload(5), [5]],
  ['no payload', 'x', ['x']],
  ['no events', {}, [{}]],
]

test.each(examples)('%s', (_name, input, messages) => {
  expect(normaliseVolcengine(input)).toEqual(messages)
})

test('an event that is sent again after a login, in another envelope, is the same', () => {
  const idOf = (input: object) => (normaliseVolcengine(input)[0] as { messageId: string }).messageId
  const event = own('buy', '{"amount":5}')
  const later = { ...payload(event, { user_unique_id: 'C3', web_id: '135' }), local_time: 1_795_549_999 }
  expect(idOf(later)).toBe(idOf(payload(event)))
  expect(idOf(payload({ ...event, local_time_ms: at + 1 }))).not.toBe(idOf(payload(event)))
})
