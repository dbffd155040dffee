import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createZone } from '#features/imports/common/local-time.ts'
import { createDateParser, monthOf, weekdayOf } from '#features/imports/common/parse-date.ts'
import { createNumberParser, parseYesNo } from '#features/imports/common/parse-number.ts'

describe('numbers', () => {
  test.each<['.' | ',', string | undefined, string, string | undefined]>([
    ['.', undefined, '1234.50', '1234.50'],
    ['.', undefined, '+7', '7'],
    ['.', undefined, '-0.1', '-0.1'],
    ['.', undefined, '1,5', undefined],
    ['.', undefined, '1e5', undefined],
    ['.', undefined, '0x1f', undefined],
    ['.', undefined, '１２', undefined],
    ['.', undefined, '.5', undefined],
    [',', undefined, '3,25', '3.25'],
    [',', undefined, '3.25', undefined],
    [',', '.', '1.234.567,89', '1234567.89'],
    [',', '.', '1.23,4', undefined],
    ['.', ',', '12,345', '12345'],
    ['.', ',', '1,2345', undefined],
    ['.', ' ', '1 000', '1000'],
  ])('%s and %s: %s is %s', (decimal, thousands, text, expected) =>
    expect(createNumberParser(decimal, thousands)(text)).toBe(expected),
  )

  test('an amount comes through as it was written', () => {
    const parse = createNumberParser(',', '.')
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(99), (whole, cents) => {
        const digits = (whole < 0n ? -whole : whole).toString().replace(/\B(?=(\d{3})+$)/g, '.')
        const fraction = String(cents).padStart(2, '0')
        expect(parse(`${whole < 0n ? '-' : ''}${digits},${fraction}`)).toBe(
          `${whole < 0n ? '-' : ''}${digits.replaceAll('.', '')}.${fraction}`,
        )
      }),
    )
  })

  test('yes and no', () => {
    expect(['1', 'Yes', '是', 'T'].map(parseYesNo)).toEqual([true, true, true, true])
    expect(['0', 'NO', '否', 'f'].map(parseYesNo)).toEqual([false, false, false, false])
    expect(['', '2', 'maybe'].map(parseYesNo)).toEqual([undefined, undefined, undefined])
  })
})

describe('dates', () => {
  const calendar = (year: number, month: number, day: number, hour = 0, minute = 0) => ({
    calendar: { year, month, day, hour, minute, second: 0, millisecond: 0 },
  })
  test.each<[string[], string, unknown]>([
    [[], '2026-03-01', calendar(2026, 3, 1)],
    [[], '2026-03-01 08:30', calendar(2026, 3, 1, 8, 30)],
    [[], '2026-03-01T08:30:00Z', { utcMs: Date.UTC(2026, 2, 1, 8, 30) }],
    [[], '2026-03-01T08:30:00.5+0800', { utcMs: Date.UTC(2026, 2, 1, 0, 30, 0, 500) }],
    [[], '01.03.2026', undefined],
    [['DD.MM.YYYY'], '01.03.2026', calendar(2026, 3, 1)],
    [['D/M/YYYY', 'YYYYMMDD'], '20260301', calendar(2026, 3, 1)],
    [['YYYY年M月D日'], '2026年3月1日', calendar(2026, 3, 1)],
    [['DD-MMM-YYYY'], '01-Mar-2026', calendar(2026, 3, 1)],
    [['YYYY-MM-DD HH:mm'], '2026-03-01 8:30', undefined],
    [['epochSeconds'], '86400', { utcMs: 86_400_000 }],
    [['epochMillis'], '-1', { utcMs: -1 }],
  ])('%j: %s', (formats, text, expected) => expect(createDateParser(formats)(text)).toEqual(expected))

  test('months and days of the week', () => {
    expect(['1', '12', 'may', 'December', '0', '13', 'ma', 'x'].map(monthOf)).toEqual([
      1,
      12,
      5,
      12,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(['mon', 'Sunday', 'SAT', 'day'].map(weekdayOf)).toEqual([1, 0, 6, undefined])
  })

  test('times of the bank are moments, also around a change of the clock', () => {
    const at = (
      timeZone: string,
      ...[year, month, day, hour, minute = 0]: [number, number, number, number, number?]
    ) => {
      const utc = createZone(timeZone)({ year, month, day, hour, minute, second: 0, millisecond: 0 })
      return utc === undefined ? undefined : new Date(utc).toISOString()
    }
    expect(at('Asia/Shanghai', 2026, 3, 1, 8)).toBe('2026-03-01T00:00:00.000Z')
    expect(at('Europe/Lisbon', 2026, 7, 1, 8)).toBe('2026-07-01T07:00:00.000Z')
    // The hour that happens twice is its first; the one that is left out is moved on.
    expect(at('Europe/Lisbon', 2026, 10, 25, 1, 30)).toBe('2026-10-25T00:30:00.000Z')
    expect(at('Europe/Lisbon', 2026, 3, 29, 1, 30)).toBe('2026-03-29T01:30:00.000Z')
    expect(at('Asia/Shanghai', 2026, 2, 30, 8)).toBeUndefined()
    expect(at('Asia/Shanghai', 2026, 2, 1, 24)).toBeUndefined()
  })

  test('a moment written in the zone is read back, whatever the moment', () => {
    const zones = fc.constantFrom(
      'Asia/Shanghai',
      'Europe/Lisbon',
      'America/New_York',
      'Australia/Lord_Howe',
      'UTC',
    )
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 4_000_000_000 }), (timeZone, seconds) => {
        const parts = new Intl.DateTimeFormat('en-US', {
          timeZone,
          hourCycle: 'h23',
          year: 'numeric',
          month: 'numeric',
          day: 'numeric',
          hour: 'numeric',
          minute: 'numeric',
          second: 'numeric',
        })
        const shown = (ms: number) =>
          Object.fromEntries(parts.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
        const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown(seconds * 1000)
        const read = createZone(timeZone)({ year, month, day, hour, minute, second, millisecond: 0 })
        // Not always the same moment: one hour a year happens twice. But always one that shows this time.
        expect(shown(read ?? 0)).toEqual(shown(seconds * 1000))
      }),
    )
  })
})
