import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePlan, type PlanSnapshot, type SnapshotProperty } from '#features/plan/common/compile-plan.ts'

const property = (name: string, more: Partial<SnapshotProperty> = {}): SnapshotProperty => ({
  name,
  type: 'string',
  required: false,
  class: 'C1',
  ...more,
})
const planOf = (...properties: SnapshotProperty[]) =>
  compilePlan({ revision: 1, events: [{ key: 'e', state: 'active', properties }], modes: [] })

const codesOf = (properties: SnapshotProperty[], props: [string, string][]) =>
  planOf(...properties)
    .check('s', 'e', props)
    .map(({ code, path }) => `${code} ${path}`)

test.each<[SnapshotProperty['type'], string[], string[]]>([
  ['string', ['', 'x', '1'], []],
  [
    'number',
    ['0', '-0', '1.5', '1e21', '-1E-7', '100', '-12.50', '0.5', `1${'0'.repeat(60)}`],
    [
      '',
      '01',
      '1.',
      '.5',
      '+1',
      'NaN',
      'Infinity',
      '1e999',
      '0x1',
      ' 1',
      '１',
      '-',
      '1.2.3',
      '-01',
      '00.1',
      `1${'0'.repeat(400)}`,
    ],
  ],
  ['integer', ['0', '-7', '1e3', '5.0', '1e+21'], ['1.5', '', 'x', '1e-1']],
  ['boolean', ['true', 'false'], ['True', '1', '']],
  [
    'date',
    ['2024-02-29', '1999-12-31'],
    ['2023-02-29', '2024-13-01', '2024-00-10', '2024-1-1', '2024-01-01T00:00:00Z', ''],
  ],
  [
    'datetime',
    ['2024-02-29T23:59:59.123Z', '2024-01-01 08:00', '2024-01-01T08:00:00+08:00'],
    ['2024-02-30T00:00:00Z', '2024-01-01', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z', 'now'],
  ],
  ['array', ['[]', '[1,"a"]'], ['{}', '[1', 'x', '', 'null']],
  ['object', [], ['{}', 'x', '']],
])('%s', (type, right, wrong) => {
  for (const text of right) expect(codesOf([property('p', { type })], [['p', text]])).toEqual([])
  for (const text of wrong)
    expect([text, codesOf([property('p', { type })], [['p', text]])]).toEqual([
      text,
      ['PLAN_PROPERTY_TYPE properties.p'],
    ])
})

test.each<[string, SnapshotProperty[], [string, string][], string[]]>([
  ['unknown properties stay', [], [['other', 'x']], []],
  ['missing', [property('p', { required: true })], [], ['PLAN_PROPERTY_MISSING properties.p']],
  ['an empty text is there', [property('p', { required: true })], [['p', '']], []],
  [
    'enum',
    [property('p', { type: 'enum', values: ['a'] })],
    [['p', 'b']],
    ['PLAN_PROPERTY_VALUE properties.p'],
  ],
  [
    'the whole text matches',
    [property('p', { pattern: '\\d{2}' })],
    [['p', '123']],
    ['PLAN_PROPERTY_PATTERN properties.p'],
  ],
  [
    'alternatives match whole, too',
    [property('p', { pattern: 'a|bc' })],
    [['p', 'abc']],
    ['PLAN_PROPERTY_PATTERN properties.p'],
  ],
  ['characters, not units', [property('p', { maxLength: 2 })], [['p', '𠮷𠮷']], []],
  ['too long', [property('p', { maxLength: 2 })], [['p', 'abc']], ['PLAN_PROPERTY_LENGTH properties.p']],
  [
    'an object is there in what is inside',
    [property('o', { type: 'object', required: true })],
    [['o.a.b', '1']],
    [],
  ],
  [
    'no object where a text should be',
    [property('o')],
    [
      ['o.a', '1'],
      ['o.b', '2'],
    ],
    ['PLAN_PROPERTY_TYPE properties.o'],
  ],
  ['an identifier cannot be missed', [property('p', { required: true, class: 'identifier' })], [], []],
])('%s', (_name, properties, props, expected) => expect(codesOf(properties, props)).toEqual(expected))

test('names of objects of JavaScript are names', () => {
  const plan = planOf(property('__proto__', { required: true }), property('constructor', { type: 'number' }))
  expect(plan.check('s', 'e', [['constructor', 'x']]).map((one) => one.code)).toEqual([
    'PLAN_PROPERTY_TYPE',
    'PLAN_PROPERTY_MISSING',
  ])
  expect(plan.check('s', 'toString', []).map((one) => one.code)).toEqual(['PLAN_EVENT_UNKNOWN'])
  expect(plan.modeOf('__proto__')).toBe('observe')
})

test('states, modes and classes', () => {
  const plan = compilePlan({
    revision: 1,
    events: [
      { key: 'old', state: 'retired', properties: [property('phone', { class: 'identifier' })] },
      {
        key: 'going',
        state: 'deprecated',
        properties: [property('owner', { type: 'object', class: 'identifier' })],
      },
    ],
    modes: [{ source: 'app', mode: 'enforce' }],
  })
  expect(plan.check('app', 'old', []).map((one) => one.code)).toEqual(['PLAN_EVENT_RETIRED'])
  expect(plan.check('app', 'going', [])).toEqual([])
  expect([plan.modeOf('app'), plan.modeOf('web')]).toEqual(['enforce', 'observe'])
  expect([
    plan.classOf('old', 'phone'),
    plan.classOf('going', 'owner.name'),
    plan.classOf('going', 'own'),
  ]).toEqual(['identifier', 'identifier', undefined])
})

const names = fc.constantFrom('a', 'b', 'a.b', 'a.b.c', 'b.x', '__proto__')
const texts = fc.constantFrom(
  '',
  '1',
  '1.5',
  'true',
  'x',
  'yy',
  '2024-01-01',
  '[1]',
  '[',
  '2024-01-01T00:00Z',
)
const properties = fc.uniqueArray(
  fc.record({
    name: names,
    type: fc.constantFrom(
      'string',
      'number',
      'integer',
      'boolean',
      'date',
      'datetime',
      'array',
      'object',
      'enum',
    ),
    required: fc.boolean(),
    class: fc.constantFrom('C1', 'C2', 'identifier'),
    values: fc.constant(['x', '1']),
    maxLength: fc.constantFrom(undefined, 1),
  }),
  { selector: (one) => one.name },
) as fc.Arbitrary<SnapshotProperty[]>

/** The same as the guide says it, one property after the other, without any care for speed. */
function slowly(declared: SnapshotProperty[], props: [string, string][]): string[] {
  const readable = (type: string, text: string): boolean => {
    if (type === 'string' || type === 'enum') return true
    if (type === 'boolean') return ['true', 'false'].includes(text)
    if (type === 'date') return text === '2024-01-01'
    if (type === 'datetime') return text === '2024-01-01T00:00Z'
    if (type === 'array') return text === '[1]'
    if (type === 'number') return ['1', '1.5'].includes(text)
    return type === 'integer' && text === '1'
  }
  return declared.flatMap((one) => {
    const inside = props.filter(([name]) => name.startsWith(`${one.name}.`))
    const own = props.filter(([name]) => name === one.name)
    if (inside.length + own.length === 0)
      return one.required && one.class !== 'identifier' ? [`PLAN_PROPERTY_MISSING ${one.name}`] : []
    const wrong = [
      ...own.flatMap(([, text]) => {
        if (!readable(one.type, text)) return ['PLAN_PROPERTY_TYPE']
        if (one.type === 'enum' && !one.values?.includes(text)) return ['PLAN_PROPERTY_VALUE']
        return one.maxLength !== undefined && [...text].length > one.maxLength ? ['PLAN_PROPERTY_LENGTH'] : []
      }),
      ...(inside.length > 0 && one.type !== 'object' ? ['PLAN_PROPERTY_TYPE'] : []),
    ]
    return wrong.length > 0 ? [`${one.name}`] : []
  })
}

test('finds what an obvious checker finds, and the same when asked again', () => {
  fc.assert(
    fc.property(properties, fc.array(fc.tuple(names, texts), { maxLength: 6 }), (declared, props) => {
      const plan = planOf(...declared)
      plan.check('s', 'e', [['a.b', 'warm']])
      const found = plan.check('s', 'e', props)
      const named = found.map(({ code, path }) => {
        const name = path.slice('properties.'.length)
        return code === 'PLAN_PROPERTY_MISSING' ? `${code} ${name}` : name
      })
      expect([...named].sort()).toEqual(slowly(declared, props).sort())
      expect(plan.check('s', 'e', props)).toEqual(found)
      for (const [, text] of props.filter(([, one]) => one.length > 3))
        for (const one of found) expect(one.detail).not.toContain(text)
    }),
    { numRuns: 2000 },
  )
})

test('costs little: a few microseconds of processor time at most for an event of ten properties', () => {
  const declared = Array.from({ length: 20 }, (_, nth) =>
    property(
      `p${nth}`,
      nth % 2 ? { type: 'number', required: nth < 10 } : { type: 'enum', values: ['a', 'b'] },
    ),
  )
  const snapshot: PlanSnapshot = {
    revision: 1,
    modes: [],
    events: Array.from({ length: 500 }, (_, nth) => ({
      key: `e${nth}`,
      state: 'active',
      properties: declared,
    })),
  }
  const plan = compilePlan(snapshot)
  const props: [string, string][] = Array.from({ length: 10 }, (_, nth) => [
    `p${nth}`,
    nth % 2 ? '12.5' : 'a',
  ])
  const run = (times: number) => {
    let found = 0
    for (let nth = 0; nth < times; nth += 1) found += plan.check('s', `e${nth % 500}`, props).length
    return found
  }
  run(20_000)
  const before = process.cpuUsage()
  expect(run(200_000)).toBe(0)
  const microseconds = process.cpuUsage(before).user / 200_000
  expect(microseconds).toBeLessThan(8)
})
