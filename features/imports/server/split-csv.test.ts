import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CsvRecord, createCsvSplitter } from '#features/imports/server/split-csv.ts'

type Options = { delimiter?: string; quote?: string | null; longestRow?: number }

function split(
  pieces: readonly string[],
  { delimiter = ',', quote = '"', longestRow = 1000 }: Options = {},
): CsvRecord[] {
  const splitter = createCsvSplitter({ delimiter, quote, longestRow })
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()]
}
const fieldsOf = (text: string, options?: Options) => split([text], options).map((record) => record.fields)
const problemsOf = (text: string, options?: Options) =>
  split([text], options).map(({ line, problem, fields }) => [line, problem ?? fields.join('|')])

test.each<[string, string, string[][], Options?]>([
  ['nothing', '', []],
  ['one column without a line break', 'a', [['a']]],
  ['one column', 'a\nb\n', [['a'], ['b']]],
  [
    'the last row without a line break',
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'line breaks of Windows',
    'a,b\r\n"c",d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['line breaks of Windows at the very end', 'a,"b"\r', [['a', 'b']]],
  [
    'empty fields',
    ',\n"",\n',
    [
      ['', ''],
      ['', ''],
    ],
  ],
  ['blank lines are no rows', 'a\n\n\r\nb\n', [['a'], ['b']]],
  [
    'line breaks, delimiters and quotes in quotes',
    '"a\nb","c,d","e""f"\ng,h,i\n',
    [
      ['a\nb', 'c,d', 'e"f'],
      ['g', 'h', 'i'],
    ],
  ],
  ['a quote in the middle is a character', 'a"b,5" pipe\n', [['a"b', '5" pipe']]],
  ['semicolons', '"a";b;"c;d"\n', [['a', 'b', 'c;d']], { delimiter: ';' }],
  ['tabs without quoting', 'a\t"b\t"\n', [['a', '"b', '"']], { delimiter: '\t', quote: null }],
  ['other quotes', "'a,b','it''s'\n", [['a,b', "it's"]], { quote: "'" }],
  ['Chinese', '张三,"上海，浦东"\n', [['张三', '上海，浦东']]],
])('%s', (_name, text, expected, options) => expect(fieldsOf(text, options)).toEqual(expected))

test('a row that cannot be read costs itself only, and lines are counted as an editor does', () => {
  expect(problemsOf('a\n"b"x,1\n"c\nd",2\ne\0,3\nf\ufffd,4\ng\n')).toEqual([
    [1, 'a'],
    [2, 'QUOTE_BROKEN'],
    [3, 'c\nd|2'],
    [5, 'NUL_CHARACTER'],
    [6, 'TEXT_UNDECODABLE'],
    [7, 'g'],
  ])
})

test('an endless quote is the fault of its line, the lines behind it are read', () => {
  expect(problemsOf('a\n"b,1\nc,2\nd,3')).toEqual([
    [1, 'a'],
    [2, 'QUOTE_BROKEN'],
    [3, 'c|2'],
    [4, 'd|3'],
  ])
  const far = `"b,1\n${'c,2\n'.repeat(400)}`
  const found = problemsOf(far, { longestRow: 1000 })
  expect(found[0]).toEqual([1, 'QUOTE_BROKEN'])
  expect(found.length).toBe(401)
  expect(found.at(-1)).toEqual([401, 'c|2'])
})

test('a huge row is rejected with its beginning and without being held', () => {
  const splitter = createCsvSplitter({ delimiter: ',', quote: '"', longestRow: 1000 })
  const first = splitter.push('a\nb')
  const huge = Array.from({ length: 1000 }, () => splitter.push('x'.repeat(10_000))).flat()
  const after = [...splitter.push('end\nc\n'), ...splitter.end()]
  expect(
    [...first, ...huge, ...after].map(({ line, problem, fields }) => [line, problem ?? fields.join('|')]),
  ).toEqual([
    [1, 'a'],
    [2, 'ROW_TOO_LONG'],
    [3, 'c'],
  ])
  expect(huge[0]?.raw.length).toBe(1000)
})

const csvText = fc
  .array(
    fc.array(fc.string({ unit: fc.constantFrom('a', '字', ',', '"', '\n', '\r', ' ', ';', '0') }), {
      minLength: 2,
      maxLength: 4,
    }),
    { maxLength: 6 },
  )
  .map((rows) =>
    rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n'),
  )

test('reads what csv-parse reads', () => {
  fc.assert(
    fc.property(csvText, (text) => {
      expect(fieldsOf(text, { longestRow: 100_000 })).toEqual(
        parse(text, { relax_column_count: true, record_delimiter: ['\n', '\r\n'] }),
      )
    }),
  )
})

test('where the text is cut makes no difference, whatever is in it', () => {
  const noise = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\0'), maxLength: 60 })
  fc.assert(
    fc.property(fc.oneof(csvText, noise), fc.array(fc.nat(60), { maxLength: 8 }), (text, cuts) => {
      const places = [
        0,
        ...cuts.map((cut) => Math.min(cut, text.length)).sort((one, other) => one - other),
        text.length,
      ]
      const pieces = places.slice(1).map((place, index) => text.slice(places[index], place))
      expect(split(pieces, { longestRow: 100_000 })).toEqual(split([text], { longestRow: 100_000 }))
    }),
  )
})
