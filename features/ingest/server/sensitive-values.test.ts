import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  classOfNumber,
  classOfValue,
  hasLuhnDigit,
  isCardNumber,
  isNationalId,
  withoutNumbers,
} from '#features/ingest/server/sensitive-values.ts'

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''))

/** Luhn as its standard tells it: double every second digit from the right, add the digits of all. */
function luhnByHand(text: string): boolean {
  const sum = [...text].reverse().flatMap((digit, index) => [...String(Number(digit) * (index % 2 ? 2 : 1))])
  return sum.reduce((total, digit) => total + Number(digit), 0) % 10 === 0
}

/** ISO 7064 MOD 11-2 by powers of two. */
function checkCharacterByHand(first17: string): string {
  let sum = 0n
  for (let index = 0; index < 17; index += 1) sum += BigInt(first17[index] ?? '0') * 2n ** BigInt(17 - index)
  const rest = Number((12n - (sum % 11n)) % 11n)
  return rest === 10 ? 'X' : String(rest)
}

test('the Luhn digit is what the standard says', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 19 }).chain(digits),
      (text) => hasLuhnDigit(text) === luhnByHand(text),
    ),
  ))

const withLuhn = (body: string): string =>
  [...'0123456789'].map((digit) => body + digit).find((text) => luhnByHand(text)) ?? ''

const issuers: [prefix: string, length: number][] = [
  ...([
    ['62', 16],
    ['62', 17],
    ['62', 18],
    ['62', 19],
    ['4', 13],
    ['4', 16],
    ['4', 19],
  ] as [string, number][]),
  ...([
    ['51', 16],
    ['55', 16],
    ['2221', 16],
    ['2720', 16],
    ['34', 15],
    ['37', 15],
  ] as [string, number][]),
  ...([
    ['3528', 16],
    ['3589', 16],
    ['36', 14],
    ['6011', 16],
    ['6759', 16],
    ['9558', 19],
  ] as [string, number][]),
]

test.each(issuers)('cards of %s with %i digits are found, whatever stands around them', (prefix, length) =>
  fc.assert(
    fc.property(digits(length - prefix.length - 1), (middle) => {
      const card = withLuhn(prefix + middle)
      fc.pre(length !== 18 || !isNationalId(card))
      const grouped = card.replace(/(\d{4})(?=\d)/g, '$1 ')
      for (const text of [
        card,
        `卡号${card}，谢谢`,
        `pay ${grouped} now`,
        grouped.replaceAll(' ', '-'),
        `{"a":"${card}"}`,
      ])
        expect([text, classOfValue(text)]).toEqual([text, 'authentication'])
      expect(isCardNumber(`${card.slice(0, -1)}${(Number(card.at(-1)) + 1) % 10}`)).toBe(false)
    }),
    { numRuns: 30 },
  ),
)

test('national ids are found by region, birth date and check character', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('110105', '440303', '620102', '820000'),
      fc.date({ min: new Date('1900-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }),
      digits(3),
      (region, born, order) => {
        const first17 = `${region}${born.toISOString().slice(0, 10).replaceAll('-', '')}${order}`
        const id = first17 + checkCharacterByHand(first17)
        expect(isNationalId(id)).toBe(true)
        expect(isNationalId(id.toLowerCase())).toBe(true)
        const wrong = checkCharacterByHand(first17) === '1' ? '2' : '1'
        expect(isNationalId(first17 + wrong)).toBe(false)
        expect(classOfValue(`证件 ${id} 已核`)).toBe('identifier')
        expect(withoutNumbers(`证件 ${id} 已核`).text).toBe('证件 * 已核')
      },
    ),
  ))

test.each([
  ['13800138000'],
  ['+8613800138000'],
  ['+86 138 0013 8000'],
  ['0086-13800138000'],
  ['电话：138-0013-8000'],
  ['１３８００１３８０００'],
  ['110105491231002'],
])('%s names a person', (text) => expect(classOfValue(text)).toBe('identifier'))

test.each([
  ['%B4111111111111112^DOE/JOHN^25121010000000000?'],
  [';4111111111111112=25121010000000000?'],
  ['B6222021234567890^ZHANG/SAN^2512'],
])('%s is a magnetic track', (text) => expect(classOfValue(text)).toBe('authentication'))

test.each([
  ['1764000000000'],
  ['1764000000000000'],
  ['20261124183000123456'],
  ['2026-11-24 18:30:00.123456'],
  ['ORD202611241830001234'],
  ['13800138000.00'],
  ['1,234,567,890,123.00'],
  ['550e8400-e29b-41d4-a716-446655440000'],
  ['12800138000'],
  ['192.168.100.200:8080'],
  ['sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
])('%s is nobody', (text) =>
  expect([classOfValue(text), withoutNumbers(text)]).toEqual([undefined, { text, removed: 0 }]),
)

test('numbers are looked at as texts are', () => {
  expect([13800138000, 4111111111111111, 1764000000000, 1234.56, -13800138000].map(classOfNumber)).toEqual([
    ...['identifier', 'authentication', undefined, undefined, undefined],
  ])
})

test('times until 2040 in milliseconds and microseconds never look like anybody', () =>
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) }), (ms) =>
      [String(ms), String(ms * 1000), new Date(ms).toISOString()].every(
        (text) => classOfValue(text) === undefined,
      ),
    ),
    { numRuns: 2000 },
  ))

const data = join(import.meta.dirname, '../../../../shared/data')

const sets: [file: string, cells: number][] = [
  ['banking77/train.csv', 10_000],
  ['uci-bank-marketing/bank-additional-full.csv', 800_000],
  ['berka/account.csv', 4_500],
  ['berka/order.csv', 6_000],
  ['berka/client.csv', 5_000],
  ['berka/loan.csv', 600],
  ['berka/district.csv', 77],
]

/** The public data sets hold no card, id or phone numbers: whatever is found in them is a false alarm. */
test.skipIf(!existsSync(data)).each(sets)(
  '%s raises no false alarm (skipped where the data are absent)',
  (file, least) => {
    const lines = readFileSync(join(data, file), 'utf8').split('\n')
    const cells = lines.flatMap((line) => line.split(/[;,]/).map((cell) => cell.replaceAll('"', '').trim()))
    expect(cells.length).toBeGreaterThan(least)
    const alarms = (texts: readonly string[]) => texts.filter((text) => classOfValue(text) !== undefined)
    expect(alarms(cells)).toEqual([])
    expect(cells.map(Number).filter((value) => classOfNumber(value) !== undefined)).toEqual([])
    // A text in natural language is one value; a table's whole line is none.
    if (file.startsWith('banking77')) expect(alarms(lines)).toEqual([])
  },
)
