import fc from 'fast-check'
import type { Condition } from '#features/rules/common/compare.ts'
import {
  type Comparison,
  type CountCondition,
  comparisons,
  type Rule,
  type SequenceLeaf,
  type SequenceStep,
  type StepReference,
  type Where,
  type Within,
} from '#features/rules/common/rule.ts'
import type { TagState } from '#features/rules/server/rule-context.ts'

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
export const testProps = ['amount', '渠道', `pro"p'; DROP TABLE event --`, 'a.b', 'order']
export const testEvents = ['transfer', "it's \\ odd", '登录']
export const testTags: Record<string, TagState> = {
  vip: { type: 'bool', refreshId: 7, hasBitmaps: true, hasRecent: true },
  job: { type: 'enum', refreshId: 8, hasBitmaps: true, hasRecent: false },
  "city's": { type: 'enum', refreshId: 9, hasBitmaps: false, hasRecent: true },
  aum: { type: 'number', refreshId: 10, hasBitmaps: false, hasRecent: true },
  visits: { type: 'number', refreshId: 11, hasBitmaps: true, hasRecent: true },
  opened: { type: 'date', refreshId: 12, hasBitmaps: false, hasRecent: false },
}

/** Days of which past values are asked. */
export const testDates = ['2026-03-08', '2026-03-09', '2026-03-10', '2026-03-11']
export const testLists = new Map([
  ['gold', 2],
  ['empty', 0],
])
export const testOrgs = new Map([
  ['north', [1, 3]],
  ['all', [1, 2, 3, 4]],
])

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
  .tuple(fc.constantFrom(...testProps), anyCondition)
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
      did: fc.constantFrom(...testEvents, 'never', 'undone'),
      where: fc.array(whereOf, { maxLength: 2 }),
      within: anyWithin,
      count: anyNumericCondition,
      first: fc.boolean(),
      sum: fc
        .tuple(fc.constantFrom(...testProps), anyNumericCondition)
        .map(([prop, rest]) => ({ prop, ...rest })),
    },
    { requiredKeys: ['did'] },
  )
  .map((leaf) => leaf as Rule)
const tag = fc
  .tuple(
    fc.constantFrom(...Object.keys(testTags)),
    anyCondition,
    fc.option(fc.constantFrom(...testDates), { nil: undefined, freq: 3 }),
  )
  .map(([key, rest, at]) => ({ tag: key, ...rest, ...(at ? { at } : {}) }) as Rule)

const reference: fc.Arbitrary<StepReference> = fc.record({
  prop: fc.constantFrom('amount', 'order'),
  is: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
  step: fc.constantFrom(0, 0, 1),
  of: fc.constantFrom('amount', 'order'),
})

/** The first steps of a sequence look at nothing that comes later. */
const stepsOf = (steps: SequenceStep[], references: (StepReference | null)[]): SequenceStep[] =>
  steps.map((step, at) => {
    const one = references[at]
    return one && one.step < at ? { ...step, where: [...(step.where ?? []), one] } : step
  })

const step: fc.Arbitrary<SequenceStep> = fc
  .tuple(fc.constantFrom(...testEvents), fc.option(whereOf, { nil: undefined, freq: 2 }))
  .map(([name, where]) => ({ did: name, ...(where ? { where: [where] } : {}) }))

const sequence: fc.Arbitrary<Rule> = fc
  .record(
    {
      sequence: fc
        .tuple(
          fc.array(step, { minLength: 1, maxLength: 4 }),
          fc.array(fc.option(reference), { maxLength: 4 }),
        )
        .map(([steps, references]) => stepsOf(steps, references)),
      within: anyWithin,
      duration: fc.constantFrom({ minutes: 1 }, { minutes: 29.5 }, { hours: 1 }, { days: 1 }),
      same: fc.constantFrom('order', 'amount'),
    },
    { requiredKeys: ['sequence'] },
  )
  .map((leaf) => leaf as SequenceLeaf)

const near: fc.Arbitrary<Rule> = fc
  .tuple(
    fc.constantFrom({ lat: 31.2, lng: 121.5 }, { lat: -89.9, lng: 0 }, { lat: 0, lng: 179.9 }),
    fc.constantFrom(0.5, 10, 1_000, 10_000, 20_016),
    fc.option(fc.constantFrom(...testEvents), { nil: undefined }),
    fc.option(anyWithin, { nil: undefined }),
  )
  .map(([place, km, name, within]) => ({
    near: { ...place, km },
    ...(name === undefined ? {} : { did: name, ...(within ? { within } : {}) }),
  }))

const plainLeaf: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 4, arbitrary: did },
  { weight: 4, arbitrary: tag },
  { weight: 3, arbitrary: sequence },
  { weight: 1, arbitrary: near },
  fc.constantFrom<Rule>({ segment: 'first' }, { segment: 'second' }, { segment: 'third' }),
  fc.constantFrom<Rule>({ list: 'gold' }, { list: 'empty' }),
  fc.constantFrom<Rule>({ org: 'north' }, { org: 'all' }),
  fc
    .tuple(fc.constantFrom(0, 12.5, 50, 99.999, 100), fc.constantFrom('spring', '春'))
    .map(([percent, salt]) => ({ sample: { percent, salt } })),
)

const topOf = (of: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> =>
  fc
    .record(
      {
        tag: fc.constantFrom('aum', 'visits', 'opened'),
        n: fc.constantFrom(1, 2, 5, 20),
        order: fc.constantFrom('asc' as const, 'desc' as const),
        of,
      },
      { requiredKeys: ['tag', 'n'] },
    )
    .map((top) => ({ top }))

/** Any rule over the test bank, of all kinds of leaves; `first` to `third` are segments of it. */
export const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'rule' },
    { weight: 4, arbitrary: plainLeaf },
    topOf(plainLeaf),
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
  [
    'third',
    {
      any: [{ segment: 'second' }, { all: [{ segment: 'second' }, { segment: 'first' }] }, { list: 'gold' }],
    },
  ],
])
