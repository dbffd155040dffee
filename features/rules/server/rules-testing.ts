import fc from 'fast-check'
import type { Condition } from '#features/rules/common/compare.ts'
import type { CustomerFacts, EventFact } from '#features/rules/common/evaluate-rule.ts'
import {
  type Comparison,
  type CountCondition,
  comparisons,
  type Rule,
  type Where,
  type Within,
} from '#features/rules/common/rule.ts'
import type { TagState } from '#features/rules/server/compile-rule.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** A moment at which today, yesterday and the hour before differ between UTC and Shanghai. */
export const testNow = new Date('2026-03-10T17:30:00.000Z')
export const testZone = 'Asia/Shanghai'

/** Texts that are numbers to nobody, to everybody, or only at a careless look. */
const texts = [
  ...[
    '',
    '0',
    '-0',
    '1',
    '2',
    '3',
    '10',
    '1.0',
    '0.1',
    '0.2',
    '0.3',
    '-5.5',
    '1e3',
    '1000',
    '.5',
    '5.',
    '+7',
    '00012',
  ],
  ...[
    '1e400',
    'inf',
    'nan',
    ' 5',
    '5 ',
    '0x10',
    '1,000',
    '12abc',
    '.',
    'e5',
    '1023.123456789012',
    '0.1234567891234',
  ],
  ...[
    'true',
    'false',
    '2026-03-10',
    '2026-03-11',
    '2026-3-1',
    '张三',
    "x' OR 1=1 --",
    'a"b\\c',
    'tab\there',
    '{p0:String}',
  ],
]
const props = ['amount', '渠道', `pro"p'; DROP TABLE event --`, 'a.b']
const names = ['transfer', "it's \\ odd", '登录']
export const testTags: Record<string, TagState> = {
  vip: { type: 'bool', refreshId: 7, hasBitmaps: true },
  job: { type: 'enum', refreshId: 8, hasBitmaps: true },
  "city's": { type: 'enum', refreshId: 9, hasBitmaps: false },
  aum: { type: 'number', refreshId: 10, hasBitmaps: false },
  visits: { type: 'number', refreshId: 11, hasBitmaps: true },
  opened: { type: 'date', refreshId: 12, hasBitmaps: false },
}

export const anyText = fc.constantFrom(...texts)
const value = fc.oneof(
  anyText,
  anyText,
  fc.constantFrom(0, 1, 3, 0.3, 1000, -5.5, 1023.123456789012, 1e21, true, false),
)

/** The value that fits an operator. */
const valuesFor = <T>(is: Comparison, one: fc.Arbitrary<T>): fc.Arbitrary<T | T[] | undefined> => {
  if (is === 'exists') return fc.constant(undefined)
  if (is === 'in') return fc.array(one, { maxLength: 4 })
  return is === 'between' ? fc.array(one, { minLength: 2, maxLength: 2 }) : one
}

export const anyCondition: fc.Arbitrary<Condition> = fc
  .constantFrom(...comparisons)
  .chain((is) => valuesFor(is, value).map((found) => (found === undefined ? { is } : { is, value: found })))

const whereOf: fc.Arbitrary<Where> = fc
  .tuple(fc.constantFrom(...props), anyCondition)
  .map(([prop, rest]) => ({ prop, ...rest }) as Where)

const ends = [
  '2026-03-10',
  '2026-03-11',
  '2026-03-11T01:30',
  '2026-03-10T17:00:00.000Z',
  '2026-03-11T01:00:00+08:00',
]
export const anyWithin: fc.Arbitrary<Within> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((days) => ({ days })),
  fc.constantFrom(0.5, 1, 25).map((hours) => ({ hours })),
  fc.constantFrom(1, 30, 90).map((minutes) => ({ minutes })),
  fc
    .tuple(fc.option(fc.constantFrom(...ends)), fc.option(fc.constantFrom(...ends)))
    .map(([from, to]) => ({ ...(from ? { from } : {}), ...(to ? { to } : {}) })),
)

const amount = fc.constantFrom(0, 1, 2, 3, 0.3, 1000, -5.5, 2.5)
const numericOperators = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'between'] as const
export const anyNumericCondition: fc.Arbitrary<CountCondition> = fc
  .constantFrom(...numericOperators)
  .chain((is) => valuesFor(is, amount).map((found) => ({ is, value: found ?? 0 })))

const did = fc
  .record(
    {
      did: fc.constantFrom(...names, 'never', 'undone'),
      where: fc.array(whereOf, { maxLength: 2 }),
      within: anyWithin,
      count: anyNumericCondition,
      sum: fc
        .tuple(fc.constantFrom(...props), anyNumericCondition)
        .map(([prop, rest]) => ({ prop, ...rest })),
    },
    { requiredKeys: ['did'] },
  )
  .map((leaf) => leaf as Rule)
const tag = fc
  .tuple(fc.constantFrom(...Object.keys(testTags)), anyCondition)
  .map(([key, rest]) => ({ tag: key, ...rest }) as Rule)

/** Any rule over the test bank; `first` and `second` are segments of it. */
export const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'rule' },
    did,
    tag,
    fc.constantFrom<Rule>({ segment: 'first' }, { segment: 'second' }),
    fc.array(tie('rule'), { maxLength: 4 }).map((all) => ({ all })),
    fc.array(tie('rule'), { maxLength: 4 }).map((any) => ({ any })),
    tie('rule').map((not) => ({ not })),
  ),
})).rule

export const testSegments = new Map<string, Rule>([
  [
    'first',
    {
      any: [
        { tag: 'vip', is: 'eq', value: true },
        { did: 'transfer', count: { is: 'gte', value: 2 } },
      ],
    },
  ],
  ['second', { not: { segment: 'first' } }],
])

export type TestCustomer = { id: number; orgId: number; rmStaffId: number; facts: CustomerFacts }

// Around the boundaries of the spans above, and far away.
const times = [
  ...[
    '2026-03-09T15:59:59.999Z',
    '2026-03-09T16:00:00.000Z',
    '2026-03-10T15:59:59.999Z',
    '2026-03-10T16:00:00.000Z',
  ],
  ...[
    '2026-03-10T16:59:59.999Z',
    '2026-03-10T17:00:00.000Z',
    '2026-03-10T17:29:00.000Z',
    '2026-03-10T17:30:00.000Z',
  ],
  ...[
    '2026-03-10T17:30:00.001Z',
    '2026-03-11T15:59:59.999Z',
    '2026-03-11T16:00:00.000Z',
    '2025-12-31T15:59:59.999Z',
  ],
  ...['2026-03-07T16:00:00.000Z', '1970-01-01T00:00:00.000Z', '2026-03-10T17:30:00.000Z'],
].map(Date.parse)

const dictionary = <K extends string>(keys: readonly K[], values: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...keys), values), { maxLength: 5 })
    .map((entries) => new Map<string, string>(entries))

const event: fc.Arbitrary<EventFact> = fc.record({
  name: fc.constantFrom(...names),
  msg: fc.uuid(),
  occurredAtMs: fc.constantFrom(...times),
  props: dictionary(props, anyText),
})

/** Ids lie in three chunks. */
const ids = Array.from({ length: 30 }, (_, index) => (index % 3) * 2 ** 20 * 2 + index + 1)

/** A random bank of thirty customers. */
export const testBank: fc.Arbitrary<TestCustomer[]> = fc.tuple(
  ...ids.map((id) =>
    fc.record({
      id: fc.constant(id),
      orgId: fc.integer({ min: 1, max: 4 }),
      rmStaffId: fc.integer({ min: 0, max: 2 }),
      facts: fc.record({
        tags: dictionary(Object.keys(testTags), anyText),
        events: fc.array(event, { maxLength: 8 }),
      }),
    }),
  ),
)

const eventRow = (customerId: number, { name, msg, occurredAtMs, props: values }: EventFact) => ({
  name,
  customer_id: customerId,
  msg,
  occurred_at: new Date(occurredAtMs).toISOString().replace('T', ' ').replace('Z', ''),
  received_at: '2026-03-10 17:30:00.000',
  visitor: 0,
  source: 'test',
  props: Object.fromEntries(values),
  ver: 1,
  is_deleted: 0,
})

const customerRow = ({ id, orgId, rmStaffId }: TestCustomer, ver: number) => ({
  customer_id: id,
  customer_no: `C${id}`,
  org_id: orgId,
  rm_staff_id: rmStaffId,
  state: 'active',
  is_provisional: id % 2,
  attributes: {},
  ver,
})

/**
 * Writes a bank as life leaves it: customers that moved, events that came twice, one that was deleted again, values of
 * an older refresh, and facts of somebody who is no customer.
 */
export async function writeTestBank(ch: ClickHouse, bank: readonly TestCustomer[]): Promise<void> {
  await ch.insertRows(
    'customer',
    bank.map((one) => customerRow({ ...one, orgId: 5 - one.orgId, rmStaffId: 0 }, 1)),
  )
  await ch.insertRows(
    'customer',
    bank.map((one) => customerRow(one, 2)),
  )
  const stranger = 2 ** 20 + 77
  const events = bank.flatMap(({ id, facts }) => facts.events.map((one) => eventRow(id, one)))
  const gone = {
    ...eventRow(1, {
      name: 'undone',
      msg: '00000000-0000-4000-8000-000000000001',
      occurredAtMs: times[5] ?? 0,
      props: new Map(),
    }),
  }
  await ch.insertRows('event', [...events, gone, { ...gone, customer_id: stranger }])
  await ch.insertRows('event', [
    ...events.filter((_, index) => index % 2 === 0),
    { ...gone, ver: 2, is_deleted: 1 },
  ])
  const values = Object.entries(testTags).flatMap(([key, { refreshId }]) => [
    ...bank.flatMap(({ id, facts }) => {
      const found = facts.tags.get(key)
      return found === undefined ? [] : [{ tag: key, refresh_id: refreshId, customer_id: id, value: found }]
    }),
    { tag: key, refresh_id: refreshId, customer_id: stranger, value: 'true' },
    ...bank.map(({ id }) => ({ tag: key, refresh_id: 1, customer_id: id, value: 'true' })),
  ])
  await ch.insertRows('tag_value', values)
  await ch.command(sql`
    INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
    SELECT v.tag, v.refresh_id, v.customer_id, v.value, if(isFinite(toFloat64OrNull(v.value)), toFloat64OrNull(v.value), NULL)
    FROM tag_value AS v FINAL`)
  await ch.command(sql`OPTIMIZE TABLE tag_value FINAL`)
  await ch.command(sql`
    INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
    SELECT v.tag, v.refresh_id, v.value, bitShiftRight(v.customer_id, 20) AS chunk, groupBitmapState(v.customer_id)
    FROM tag_value AS v FINAL GROUP BY v.tag, v.refresh_id, v.value, chunk`)
}
