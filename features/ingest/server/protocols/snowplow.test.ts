import { expect, test } from 'vitest'
import { normaliseSnowplow } from '#features/ingest/server/protocols/snowplow.ts'

const base = {
  eid: 'u1',
  p: 'srv',
  tv: 'node-4.8.0',
  tna: 'n',
  aid: 'k',
  uid: 'C1',
  dtm: '1795545778166',
  stm: '1795545778171',
}
const is = { userId: 'C1', messageId: 'u1', timestamp: 1_795_545_778_166, sentAt: 1_795_545_778_171 }
const said = { platform: 'srv', tracker: 'n', tracker_version: 'node-4.8.0' }
const packed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const iglu = (name: string, data: unknown) => ({ schema: `iglu:${name}/jsonschema/1-0-0`, data })
const unstructured = (name: string, data: unknown) =>
  iglu('com.snowplowanalytics.snowplow/unstruct_event', iglu(name, data))

/** What the tracker sends, and the message it means. */
const examples: readonly [string, unknown, unknown][] = [
  [
    'a page view',
    { e: 'pv', url: 'https://x/p', page: 'T', duid: 'd1', ...base, uid: undefined },
    {
      ...{ type: 'track', event: 'page_viewed', ...is, userId: undefined, anonymousId: 'd1' },
      properties: { url: 'https://x/p', title: 'T', ...said, page: 'https://x/p' },
    },
  ],
  [
    'a structured event with a context in base64',
    {
      e: 'se',
      se_ca: 'c',
      se_ac: 'a',
      se_la: 'l',
      se_va: '3',
      ...base,
      cx: packed({ data: [iglu('com.b/ctx', { k: 'v' })] }),
    },
    {
      type: 'track',
      event: 'a',
      properties: { ...said, category: 'c', label: 'l', value: '3', ctx: { k: 'v' } },
      ...is,
    },
  ],
  [
    'an event that describes itself, plain',
    { e: 'ue', ue_pr: JSON.stringify(unstructured('com.bank/transfer', { amount: 5 })), ...base },
    { type: 'track', event: 'transfer', properties: { ...said, amount: 5 }, ...is },
  ],
  ...(
    [
      ['profile_set', 'set'],
      ['profile_set_once', 'setOnce'],
      ['profile_increment', 'increment'],
      ['profile_append', 'append'],
      ['profile_unset', 'unset'],
    ] as const
  ).map(([name, operation]): [string, unknown, unknown] => [
    name,
    { e: 'ue', ue_px: packed(unstructured(`com.zhike/${name}`, { n: 1 })), ...base },
    { type: 'profile', operation, traits: { n: 1 }, ...is },
  ]),
  [
    'an identify of ours',
    { e: 'ue', ue_px: packed(unstructured('com.zhike/identify', { job: 'x' })), duid: 'd1', ...base },
    { type: 'identify', traits: { job: 'x' }, anonymousId: 'd1', ...is },
  ],
  [
    'an event that describes nothing',
    { e: 'ue', ue_px: 'x', ...base },
    { type: 'track', properties: {}, ...is },
  ],
  ['no event', [], []],
]

test.each(examples)('%s', (_name, event, message) => {
  expect(normaliseSnowplow(event)).toEqual(message)
})
