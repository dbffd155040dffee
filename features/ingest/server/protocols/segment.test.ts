import { expect, test } from 'vitest'
import { normaliseSegmentWire } from '#features/ingest/server/protocols/segment.ts'

/** What Segment's and RudderStack's clients send, and the message it means. */
const examples: readonly [string, unknown, unknown][] = [
  ...[
    {
      type: 'track',
      event: 'e',
      userId: 'C1',
      properties: { a: 1 },
      messageId: 'm',
      timestamp: '2026-11-24T18:42:50Z',
    },
    {
      type: 'page',
      name: 'home',
      properties: { url: 'u' },
      anonymousId: 'd',
      userId: null,
      sentAt: '2026-11-24T18:46:37Z',
    },
    { type: 'group', groupId: 'g', traits: { n: 1 }, userId: 'C1' },
    { type: 'alias', userId: 'C1', previousId: 'p' },
    { type: 'identify', userId: 'C1', traits: { job: 'x' }, context: { traits: { job: 'y' } } },
    {
      userId: 'C1',
      event: 'e',
      type: 'track',
      channel: 'server',
      originalTimestamp: '2026-11-24T18:42:52.774Z',
    },
  ].map((message): [string, unknown, unknown] => [`${message.type} is handed on`, message, message]),
  [
    'an identify whose traits stand in the context alone',
    { type: 'identify', userId: 'C1', context: { traits: { job: 'x' }, library: { name: 'js' } } },
    { type: 'identify', userId: 'C1', traits: { job: 'x' }, context: { library: { name: 'js' } } },
  ],
  ['no message', 5, 5],
]

test.each(examples)('%s', (_name, input, message) => {
  expect(normaliseSegmentWire(input)).toEqual(message)
})
