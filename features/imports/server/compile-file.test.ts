import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Step } from '#features/imports/common/mapping.ts'
import { compileFile } from '#features/imports/server/compile-file.ts'
import { parseMapping } from '#features/imports/server/load-mapping.ts'
import { loadLookups } from '#features/imports/server/lookups.ts'
import { planFiles } from '#features/imports/server/plan-files.ts'
import { readBatches } from '#features/imports/server/read-batches.ts'

const folder = mkdtempSync(join(tmpdir(), 'zhike-mapping-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the steps make of the rows of `main.csv`; a rejected row is its code and field. */
async function read(
  files: Record<string, string | Buffer>,
  steps: object[],
  more: object = {},
  skipRows = 0,
) {
  const paths = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  })
  const others = Object.keys(files).filter((name) => name !== 'main.csv')
  const entries = [{ match: 'main.csv', steps }, ...others.map((match) => ({ match, steps: [] }))]
  const mapping = parseMapping({ name: 'test', files: entries, ...more }, 'm.json')
  const plan = await planFiles(mapping, paths)
  const lookups = await loadLookups(mapping.values ?? {}, plan.files, plan.filesFor)
  const main = plan.files.find((file) => file.name === 'main.csv')
  if (!main) throw new Error('no main file')
  const compiled = compileFile(main, {
    mapping,
    lookups,
    timeZone: 'Asia/Shanghai',
    nowMs: Date.UTC(2026, 10, 2),
  })
  const found: [number, unknown][] = []
  for await (const batch of readBatches(compiled, skipRows)) {
    for (const { record, items } of batch.accepted) found.push([record.line, items.map((each) => each.item)])
    for (const { record, reject } of batch.rejected)
      found.push([record.line, `${reject.code} ${reject.field}`.trim()])
  }
  return found.sort(([one], [other]) => one - other).map(([, what]) => what)
}

/** Reads one expression as an attribute. */
async function values(
  csv: string | Buffer,
  expression: unknown,
  more: object = {},
  files: Record<string, string> = {},
) {
  const step = { into: 'attributes', customerNo: { value: 'C' }, attributes: { x: expression } }
  const rows = await read({ 'main.csv': csv, ...files }, [step], more)
  return rows.map((row) =>
    Array.isArray(row) ? (row[0] as { attributes: { x?: string } }).attributes.x : row,
  )
}

test('sources and changes of values', async () => {
  const csv = 'a,b\n1,yes\n, no \n"",maybe\n'
  expect(await values(csv, 'a')).toEqual(['1', undefined, undefined])
  expect(await values(csv, 'b')).toEqual(['yes', 'no', 'maybe'])
  expect(await values(csv, 'b', { format: { trim: false } })).toEqual(['yes', ' no ', 'maybe'])
  expect(await values(csv, { value: 'v' })).toEqual(['v', 'v', 'v'])
  expect(await values(csv, { column: 'a', default: '0' })).toEqual(['1', '0', '0'])
  expect(await values(csv, { template: '{file}/{row}-{b}' })).toEqual([
    'main.csv/1-yes',
    'main.csv/2-no',
    'main.csv/3-maybe',
  ])
  expect(await values(csv, { template: '{a}-{b}' })).toEqual(['1-yes', undefined, undefined])
  expect(await values(csv, { column: 'b', map: { yes: '1', no: null } })).toEqual([
    '1',
    undefined,
    'VALUE_UNMAPPED attributes.x',
  ])
  expect(await values(csv, { column: 'b', map: { yes: '1' }, otherwise: '?' })).toEqual(['1', '?', '?'])
  expect(await values(csv, { column: 'b', when: { column: 'a', isMissing: true } })).toEqual([
    undefined,
    'no',
    'maybe',
  ])
  expect(
    await values(csv, { use: 'named' }, { values: { named: { template: '<{inner}>' }, inner: 'b' } }),
  ).toEqual(['<yes>', '<no>', '<maybe>'])
  expect(await values(csv, 'b', { format: { nullValues: ['', 'no'] } })).toEqual(['yes', undefined, 'maybe'])
})

test('conditions', async () => {
  const csv = 'a,b\n1,x\n2,y\n,z\n'
  const holds = async (when: unknown) =>
    (await values(csv, { column: 'b', when })).map((value) => value ?? '-').join('')
  expect(await holds({ column: 'a', is: '1' })).toBe('x--')
  expect(await holds({ column: 'a', is: ['1', '2'] })).toBe('xy-')
  expect(await holds({ column: 'a', isNot: '1' })).toBe('-y-')
  expect(
    await holds({
      any: [
        { column: 'a', is: '1' },
        { column: 'b', is: 'z' },
      ],
    }),
  ).toBe('x-z')
  expect(
    await holds({
      all: [
        { column: 'a', isNot: '1' },
        { column: 'b', is: 'y' },
      ],
    }),
  ).toBe('-y-')
})

test('numbers and dates are read by the format of the file', async () => {
  const german = { format: { delimiter: ';', decimal: ',', thousands: '.', dateFormats: ['DD.MM.YYYY'] } }
  expect(
    await values('n;d\n"1.234,5";31.12.2025\n5.0;32.01.2026\n', { column: 'n', as: 'number' }, german),
  ).toEqual(['1234.5', 'NUMBER_INVALID attributes.x'])
  expect(
    await values('d\n31.12.2025\n30.02.2026\n2026-01-02\n', { column: 'd', as: 'date' }, german),
  ).toEqual(['2025-12-31', 'DATE_INVALID attributes.x', '2026-01-02'])
  expect(await values('d\n1970-12-13\n', { column: 'd', as: 'year' })).toEqual(['1970'])
  // A moment is a day of the bank's zone.
  expect(await values('d\n2025-12-31T20:00:00Z\n', { column: 'd', as: 'date' })).toEqual(['2026-01-01'])
})

test('values of other files', async () => {
  const lookup = {
    lookup: { file: 'o*.csv', key: 'id', column: 'name', by: 'b', where: { column: 'kind', is: 'own' } },
  }
  const other = 'id,kind,name\n1,own,Ann\n1,other,Bob\n2,other,Eve\n3,own,old\n3,own,new\nbroken row\n'
  expect(await values('b\n1\n2\n3\n\n4\n', lookup, {}, { 'other.csv': other })).toEqual([
    'Ann',
    undefined,
    'new',
    undefined,
  ])
  await expect(values('b\n1\n', lookup)).rejects.toMatchObject({ code: 'LOOKUP_FILE_MISSING' })
})

const sequence = { dateSequence: { month: 'm', weekday: 'w', startsAt: '2008-05' } }

test('rows in time order get their dates, wherever reading begins', async () => {
  const csv = 'm,w\nmay,mon\nmay,mon\nmay,fri\nmay,mon\njun,tue\nmar,wed\nx,mon\nmar,wed\nmar,tue\n'
  const dates = [
    '2008-05-05',
    '2008-05-05',
    '2008-05-09',
    '2008-05-12',
    '2008-06-03',
    '2009-03-04',
    'DATE_INVALID attributes.x',
    '2009-03-04',
    '2009-03-10',
  ]
  expect(await values(csv, sequence)).toEqual(dates)
  const step: Step = { into: 'attributes', customerNo: { value: 'C' }, attributes: { x: sequence } }
  const rest = await read({ 'main.csv': csv }, [step], {}, 7)
  expect(rest).toEqual([
    [{ customerNo: 'C', attributes: { x: '2009-03-04' } }],
    [{ customerNo: 'C', attributes: { x: '2009-03-10' } }],
  ])
  expect(await values('m\n11\n12\n1\n', { dateSequence: { month: 'm', startsAt: '2008-05' } })).toEqual([
    '2008-11-01',
    '2008-12-01',
    '2009-01-01',
  ])
})

test('typed fields reject what does not fit, one row at a time', async () => {
  const balance = {
    into: 'balances',
    customerNo: 'no',
    class: { value: 'deposit' },
    businessDate: 'day',
    currency: { value: 'CNY' },
    amount: 'amount',
  }
  const csv = [
    'no,day,amount',
    'C1,2026-01-01,10.50',
    'C1,yesterday,10',
    'C1,2026-01-01,10.505',
    'C1,2026-01-01,12345678901234567',
    'C1,2026-01-01,ten',
    ',2026-01-01,10',
    `${'C'.repeat(65)},2026-01-01,10`,
    'C1,2026-01-01',
    "C1'; DROP TABLE customer; --,2026-01-01,-0.01",
  ].join('\n')
  const item = {
    customerNo: 'C1',
    class: 'deposit',
    businessDate: '2026-01-01',
    currency: 'CNY',
    amount: '10.50',
  }
  expect(await read({ 'main.csv': csv }, [balance])).toEqual([
    [item],
    'DATE_INVALID businessDate',
    'AMOUNT_INVALID amount',
    'AMOUNT_INVALID amount',
    'NUMBER_INVALID amount',
    'VALUE_MISSING customerNo',
    'VALUE_INVALID customerNo',
    'COLUMN_COUNT',
    [{ ...item, customerNo: "C1'; DROP TABLE customer; --", amount: '-0.01' }],
  ])
})

test('a row is taken by the steps that want it, and events carry ids of their own', async () => {
  const event = {
    into: 'events',
    customerNo: 'no',
    name: { value: 'happened' },
    at: 'at',
    when: { column: 'e', is: 'y' },
  }
  const csv = 'no,at,e\nC1,2026-01-01 08:00,y\nC2,2026-01-01,n\nC3,1899-12-31,y\nC4,2031-01-01,y\n'
  const found = await read({ 'main.csv': csv }, [event, { ...event, messageId: { template: 'own-{no}' } }])
  const first = { customerNo: 'C1', name: 'happened', atMs: Date.UTC(2026, 0, 1), properties: {} }
  expect(found).toEqual([
    [
      { ...first, messageId: 'test:main.csv:1:1' },
      { ...first, messageId: 'own-C1' },
    ],
    'DATE_INVALID at',
    'DATE_INVALID at',
  ])
})

test.each<[string, string | Buffer, object]>([
  [
    'GB18030',
    Buffer.concat([Buffer.from([0xd0, 0xd5, 0xc3, 0xfb, 0x0a, 0xd5, 0xc5, 0xc8, 0xfd, 0x0a])]),
    { encoding: 'gb18030' },
  ],
  [
    'GB18030 with a mark',
    Buffer.from([0x84, 0x31, 0x95, 0x33, 0xd0, 0xd5, 0xc3, 0xfb, 0x0a, 0xd5, 0xc5, 0xc8, 0xfd, 0x0a]),
    { encoding: 'gb18030' },
  ],
  ['UTF-8 with a mark', '\ufeff姓名\r\n张三\r\n', { encoding: 'utf-8-sig' }],
  ['UTF-8', '姓名\n张三', {}],
  ['UTF-16', Buffer.from('\ufeff姓名\n张三\n', 'utf16le'), { encoding: 'utf-16le' }],
])('%s', async (_name, csv, format) => expect(await values(csv, '姓名', { format })).toEqual(['张三']))

test('undecodable text and the wrong encoding are seen', async () => {
  const broken = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xd5, 0xc5]), Buffer.from('\nok\n')])
  expect(await values(broken, 'a')).toEqual(['TEXT_UNDECODABLE', 'ok'])
  await expect(values(Buffer.from('a\nb\n', 'utf16le'), 'a')).rejects.toMatchObject({
    code: 'IMPORT_COLUMN_MISSING',
  })
})

test('files without rows, without a header, with columns missing or twice', async () => {
  expect(await values('', 'a')).toEqual([])
  expect(await values('\n\n', 'a')).toEqual([])
  expect(await values('a\n', 'a')).toEqual([])
  await expect(values('b,c\n1,2\n', 'a')).rejects.toThrow(
    'main.csv has no column "a"; its columns are "b", "c".',
  )
  await expect(values('a,a\n1,2\n', 'a')).rejects.toMatchObject({ code: 'IMPORT_COLUMN_TWICE' })
  writeFileSync(join(folder, 'plain.csv'), '1|x\n2|y\n')
  const mapping = parseMapping(
    {
      name: 'test',
      format: { header: false, delimiter: '|' },
      files: [
        {
          match: 'plain.csv',
          columns: ['a', 'b'],
          steps: [{ into: 'attributes', customerNo: 'a', attributes: { b: 'b' } }],
        },
      ],
    },
    'm.json',
  )
  const plan = await planFiles(mapping, [join(folder, 'plain.csv')])
  expect(plan.files[0]).toMatchObject({ columns: ['a', 'b'], isEmpty: false })
  await expect(planFiles(mapping, [join(folder, 'gone.csv')])).rejects.toMatchObject({
    code: 'IMPORT_FILE_MISSING',
  })
  await expect(planFiles(mapping, [folder])).rejects.toMatchObject({ code: 'IMPORT_FILE_MISSING' })
  await expect(planFiles(mapping, [join(folder, 'main.csv')])).rejects.toMatchObject({
    code: 'IMPORT_FILE_UNMATCHED',
  })
})
