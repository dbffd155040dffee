import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCollector } from '#features/ingest/server/collector.ts'
import { messageBytes } from '#features/ingest/server/ids.ts'
import { createIngestCounters } from '#features/ingest/server/ingest-counters.ts'
import { hashMessage } from '#features/ingest/server/message-hash.ts'
import type { PlanGate } from '#features/ingest/server/plan-gate.ts'
import { newSpooled, readRecords, splitReady } from '#features/ingest/server/spool-read.ts'
import type { Patches } from '#features/ingest/server/spool-record.ts'
import type { WriteKey } from '#features/ingest/server/write-keys.ts'
import { createRowBinaryWriter, type RowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

const nowMs = Date.parse('2026-03-02T04:00:00.000Z')
const key: WriteKey = { key: 'k', source: 'core', kind: 'trusted', jwks: null, tokenIssuer: null }
const customers = new Map([
  ['C1', 1],
  ['C2', 7_000_000],
  ['622848001', 3],
])

/** A collector whose spool gives back what was written. */
function open(plan?: PlanGate) {
  const written = newSpooled()
  const counters = createIngestCounters()
  const spool = {
    async append(write: (writer: RowBinaryWriter, patches: Patches) => void) {
      const writer = createRowBinaryWriter()
      const patches: Patches = []
      write(writer, patches)
      const bytes = writer.take()
      for (let nth = 0; nth < patches.length; nth += 2) bytes.writeUInt32LE(patches[nth + 1]!, patches[nth]!)
      readRecords(bytes, written)
    },
  }
  const tokens = { verify: async () => undefined, revoke: () => {} }
  const collector = createCollector({
    ...{ spool, counters, timeZone: 'Asia/Shanghai', clock: { now: () => new Date(nowMs) } },
    ...{ tokens: tokens as never, plan: plan && (() => plan), oldestMs: () => Date.parse('2025-01-01') },
    known: { find: (no) => customers.get(no) },
  })
  const seen = () => ({
    ready: written.ready
      .flatMap(splitReady)
      .map((row) => row.toString('hex'))
      .sort(),
    open: written.events.map((event) => event.tail.toString('hex')).sort(),
    rejects: written.rejects.length,
    tallies: written.tallies,
    counters: counters.read(),
    findings: counters.planFindings(),
  })
  return { collector, seen }
}

async function both(body: string, plan?: () => PlanGate) {
  const [usual, plain] = [open(plan?.()), open(plan?.())]
  const { batch, sentAt } = JSON.parse(body)
  const answer = await usual.collector.takeBatch(key, batch, { sentAt })
  const read = plain.collector.readPlain(key, Buffer.from(body))
  const answerOfPlain = read && (await plain.collector.takePlain(key, read))
  return { usual: usual.seen(), plain: plain.seen(), answer, answerOfPlain, read }
}

const text = fc.oneof(
  fc.constantFrom(
    ...['', 'wealth', 'a"b', 'back\\slash', '理财产品', '１２３４５６７８９０１', '😀', 'tab\t', '\u007f'],
    ...['13800138000', '6222021234567890128', '4111 1111 1111 1111', '2026-03-01T08:00:00.000Z'],
    ...[
      '11010519491231002X',
      'n'.repeat(300),
      'x'.repeat(9000),
      '订单12345678901',
      '1元3元8元0元0元1元3元8元0元0元0',
    ],
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.stringMatching(/^[\d .-]{0,24}$/),
)
const value = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.integer({ min: 1, max: 10 ** 14 }),
  fc.constantFrom(0, -0, 0.1, 1e21, 1e-7, 12345.67, 13800138000, 100.5, 4111111111111111),
  fc.boolean(),
  fc.constantFrom(null, [], {}, [1, 'a'], { inner: 'x' }, { phone: '1' }),
)
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('page', 'product', 'amount', 'note', '金额', 'channel') },
  fc.constantFrom('1', 'a.b', 'phone', 'password', 'cvv', 'cardNo', 'show_password', '', 'constructor'),
  fc.string({ maxLength: 8 }),
)
const time = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('2026-03-02T03:59:00.123Z', '2026-03-01T00:00:00.000Z') },
  fc.constantFrom(
    '2026-03-01',
    '2024-01-01T00:00:00.000Z',
    '2027-01-01T00:00:00.000Z',
    'soon',
    1_772_000_000_000,
  ),
  fc.constantFrom('2026-03-01T08:00:00.123+08:00', '2026-02-31T08:00:00.123Z', '2026-03-01T25:00:00.123Z'),
)
const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 12 })
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const message = fc.record({
  type: fc.oneof({ weight: 9, arbitrary: fc.constant('track') }, fc.constantFrom('identify', 'page', 'x')),
  event: often(fc.oneof({ weight: 9, arbitrary: fc.constantFrom('transfer', '转账') }, text)),
  userId: often(fc.oneof({ weight: 9, arbitrary: fc.constantFrom('C1', 'C2', '622848001') }, text)),
  anonymousId: rarely(text),
  messageId: often(fc.oneof({ weight: 9, arbitrary: fc.uuid() }, text)),
  timestamp: often(time),
  properties: fc.oneof({ weight: 9, arbitrary: fc.dictionary(name, value, { maxKeys: 6 }) }, value),
  context: rarely(
    fc.oneof(fc.constant({ library: { name: 'n', version: '1' } }), fc.dictionary(name, value)),
  ),
  traits: rarely(fc.constant({ tier: 'gold' })),
  integrations: rarely(fc.constant({})),
  sentAt: rarely(time),
})
/** Without an id a message gets a new one each time. */
const withId = (one: { messageId?: string }, nth: number) => ({
  ...one,
  messageId: one.messageId || `m${nth}`,
})

describe('messages read where they lie', () => {
  it('become what the rules in full make of them', async () => {
    const batch = fc.array(message, { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(batch, fc.constantFrom(0, 1), async (messages, indent) => {
        const given = messages.map((one, nth) => withId(JSON.parse(JSON.stringify(one)), nth))
        const { usual, plain, answer, answerOfPlain, read } = await both(
          JSON.stringify({ batch: given }, null, indent),
        )
        if (!read) return
        expect(answerOfPlain).toEqual(answer)
        expect(plain).toEqual(usual)
      }),
      { numRuns: 1500 },
    )
  })

  const plain = (over: object = {}) => ({
    ...{ type: 'track', event: 'transfer', userId: 'C2', anonymousId: 'd-1', messageId: 'm-1' },
    ...{ timestamp: '2026-03-02T03:59:00.123Z', context: { library: { name: 'x' } } },
    properties: { product: '理财', amount: -12345.67, isNew: true, note: 'n'.repeat(200), count: 0 },
    ...over,
  })

  it('are nearly all plain, also with what clients add to them', async () => {
    const batch = Array.from({ length: 50 }, (_, nth) => plain({ messageId: `m-${nth}`, integrations: {} }))
    const {
      usual,
      plain: seen,
      read,
    } = await both(JSON.stringify({ batch, sentAt: '2026-03-02T04:00:00.000Z' }))
    expect(read).toMatchObject({ total: 50, others: [] })
    expect(read?.lengths).toHaveLength(50)
    expect(seen).toEqual(usual)
  })

  it('are left to the rules where anything repeats, is nested, or is a secret', async () => {
    const others = [
      ...[
        '{"a":"1","a":"2"}',
        '{"a":{"b":1}}',
        '{"password":"x"}',
        '{"a":"13800138000"}',
        '{"a":1e5}',
        '{"a":"\\u0041"}',
      ],
    ].map((properties, nth) =>
      JSON.stringify(plain({ messageId: `o-${nth}`, properties: 0 })).replace(
        '"properties":0',
        `"properties":${properties}`,
      ),
    )
    const body = `{"batch":[${[...others, JSON.stringify(plain())].join(',')}]}`
    const { usual, plain: seen, answer, answerOfPlain, read } = await both(body)
    expect(read?.others.map((one) => one.index)).toEqual([0, 1, 2, 3, 4, 5])
    expect(answerOfPlain).toEqual(answer)
    expect(answer.rejected).toMatchObject([{ index: 2, code: 'AUTHENTICATION_DATA' }])
    expect(seen).toEqual(usual)
  })

  it.each([
    ...[
      '',
      '[]',
      '{}',
      '{"batch":[',
      '{"batch":[]}x',
      '{"batch":[],"batch":[]}',
      '{"batch":[{]}',
      '{"batch":[{},]}',
    ],
    ...[
      '{"batch":[{"type":"track"}}',
      '{"batch":[{"a":"}',
      '{"batch":[],"other":1}',
      '{"batch":["a"]}',
      '{"batch":[{} {}]}',
    ],
  ])('gives up at the body %s', (body) => {
    expect(open().collector.readPlain(key, Buffer.from(body))).toBeUndefined()
  })

  it('gives up where the clock is wrong, the bytes are no UTF-8, or the key is public', () => {
    const read = (body: Buffer, by = key) => open().collector.readPlain(by, body)
    const body = Buffer.from(JSON.stringify({ batch: [plain()] }))
    expect(read(body)).toBeDefined()
    expect(read(body, { ...key, kind: 'public' })).toBeUndefined()
    expect(
      read(Buffer.from(JSON.stringify({ batch: [plain()], sentAt: '2026-03-02T03:00:00Z' }))),
    ).toBeUndefined()
    body[body.indexOf('transfer')] = 0xff
    expect(read(body)).toBeUndefined()
  })

  it.each(['observe', 'enforce'] as const)('are asked of the plan, which may %s', async (mode) => {
    const noted: [string, number][] = []
    const gate = (): PlanGate => {
      const find: PlanGate['check'] = (_source, event, props) =>
        event === 'known' && props.every(([, is]) => is !== 'wrong')
          ? []
          : [{ code: 'PLAN_EVENT_UNKNOWN', path: event, detail: '' }]
      const quiet = {
        has: (event: string) => event === 'known',
        find,
        note: (_: string, event: string, __: unknown, count = 1) => void noted.push([event, count]),
      }
      const classOf = (event: string, prop: string) =>
        event === 'known' && prop === 'secret' ? ('identifier' as const) : undefined
      return { check: find, classOf, modeOf: () => mode, quiet }
    }
    const batch = [
      plain({ event: 'known', messageId: '1' }),
      plain({ event: 'known', messageId: '2', properties: { a: 'wrong' } }),
      plain({ event: 'known', messageId: '3', properties: { secret: 'x', a: 'b' } }),
      plain({ event: 'other', messageId: '4' }),
      plain({ event: 'other', messageId: '5' }),
    ]
    const { usual, plain: seen, answer, answerOfPlain, read } = await both(JSON.stringify({ batch }), gate)
    expect(answerOfPlain).toEqual(answer)
    expect(seen).toEqual(usual)
    expect(read?.others.map((one) => one.index)).toEqual(mode === 'observe' ? [2] : [1, 2, 3, 4])
  })
})

it('hashes the ids of messages as everybody does', () => {
  const into = Buffer.alloc(16)
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ maxLength: 20 }),
      (id, source) => {
        const bytes = Buffer.from(`..${id}`)
        const prefix = Buffer.from(`${source}\0`)
        const isShort = prefix.length + bytes.length - 2 <= 55
        expect(hashMessage(prefix, bytes, 2, bytes.length, into)).toBe(isShort)
        if (isShort) expect(into.equals(messageBytes(source, id))).toBe(true)
      },
    ),
  )
})
