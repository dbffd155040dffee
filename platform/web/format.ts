import { type Language, useLanguage } from './language.ts'

/** The bank's calendar zone: dates on pages are the bank's, wherever the reader sits. */
export const bankZone = 'Asia/Shanghai'

const localeOf = { zh: 'zh-CN', en: 'en-GB' } as const
type Unit = readonly [from: number, divisor: number, suffix: string]
const units: { readonly [L in Language]: readonly Unit[] } = {
  zh: [
    [1e8, 1e8, '亿'],
    [1e4, 1e4, '万'],
  ],
  en: [
    [1e9, 1e9, 'B'],
    [1e6, 1e6, 'M'],
    [1e4, 1e3, 'K'],
  ],
}

/** A figure shortened by 万/亿 or K/M/B, with three significant digits or so. */
function shorten(language: Language, value: number, below: Intl.NumberFormatOptions, digits = 2): string {
  const size = Math.abs(value)
  const unit = units[language].find(([from]) => size >= from)
  const number = new Intl.NumberFormat(localeOf[language], unit ? { maximumFractionDigits: digits } : below)
  if (!unit) return number.format(value)
  return `${number.format(value / unit[1])}${language === 'zh' ? ' ' : ''}${unit[2]}`
}

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const minus = (value: number) => (value < 0 ? '−' : '')

/** Formats for one language; components take them from `useFormat`. */
export function formatOf(language: Language) {
  const locale = localeOf[language]
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone: bankZone, dateStyle: 'short' })
  const time = new Intl.DateTimeFormat('sv-SE', {
    timeZone: bankZone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
  const seconds = new Intl.DateTimeFormat('sv-SE', {
    timeZone: bankZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const cents = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const at = (format: Intl.DateTimeFormat, value: string | Date) => format.format(new Date(value))
  return {
    /** 12,345 */
    number: (value: number) => whole.format(value),
    /** 1.23 万 or 12.3K; small figures in full. An axis over a narrow range asks for more digits. */
    compact: (value: number, digits = 2) => shorten(language, value, { maximumFractionDigits: 2 }, digits),
    /** 92.1 MB */
    bytes: (size: number) => {
      const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3))
      const digits = { maximumFractionDigits: power === 0 ? 0 : 1 }
      return `${new Intl.NumberFormat(locale, digits).format(size / 1000 ** power)} ${byteUnits[power]}`
    },
    /** ¥1.23 亿 or ¥123M, for reading; the exact amount is `exactMoney`. */
    money: (amount: string | number) =>
      `${minus(Number(amount))}¥${shorten(language, Math.abs(Number(amount)), { maximumFractionDigits: 2, minimumFractionDigits: 2 })}`,
    /** ¥12,345,678.90 */
    exactMoney: (amount: string | number) =>
      `${minus(Number(amount))}¥${cents.format(Math.abs(Number(amount)))}`,
    /** 12.3% of a share from 0 to 1. */
    percent: (share: number, digits = 1) => `${(share * 100).toFixed(digits)}%`,
    /** A rate with its base: 12.3%（123 / 1,000）. */
    rate: (part: number, base: number) => {
      const share = base === 0 ? '–' : `${((part / base) * 100).toFixed(1)}%`
      const of = `${whole.format(part)} / ${whole.format(base)}`
      return language === 'zh' ? `${share}（${of}）` : `${share} (${of})`
    },
    /** 2026-08-01; a date without a time stays the date it is. */
    date: (value: string | Date) =>
      typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : at(date, value),
    /** 2026-08-01 09:30 in the bank's zone. */
    time: (value: string | Date) => at(time, value),
    /** 2026-08-01 09:30:15 in the bank's zone. */
    exactTime: (value: string | Date) => at(seconds, value),
    /** 3 分钟前 / 3 minutes ago. */
    ago: (value: string | Date, now = Date.now()) => ago(locale, new Date(value).getTime() - now),
  }
}

function ago(locale: string, milliseconds: number): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const minutes = milliseconds / 60_000
  if (Math.abs(minutes) < 60) return relative.format(Math.round(minutes), 'minute')
  if (Math.abs(minutes) < 60 * 24) return relative.format(Math.round(minutes / 60), 'hour')
  return relative.format(Math.round(minutes / 1440), 'day')
}

export type Format = ReturnType<typeof formatOf>

const formats = { zh: formatOf('zh'), en: formatOf('en') }
/** Formats of the current language. */
export const useFormat = (): Format => formats[useLanguage()]
