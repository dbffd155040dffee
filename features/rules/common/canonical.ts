/**
 * How both engines read text. Text is canonical: numbers as JavaScript writes them, booleans `true` and `false`.
 * Everything here has a twin in `server/condition-sql.ts`; property tests hold the two together.
 */
export const canonicalText = (value: string | number | boolean): string => String(value)

/** JSON with the fields of each object in order, so that equal things have equal texts. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inside: unknown) =>
    inside && typeof inside === 'object' && !Array.isArray(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inside,
  )

const numberPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const datePattern = /^\d{4}-\d{2}-\d{2}$/

/** The finite number a text stands for: decimal digits with optional sign, point and exponent, nothing around them. */
export function readNumber(text: string): number | undefined {
  if (!numberPattern.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** Whether a text is a plain calendar date, which orders like text. */
export const isPlainDate = (text: string): boolean => datePattern.test(text)

/** Sums keep this many decimal places; what is finer is cut off. */
export const sumScale = 9
/** Amounts of this size and larger are no amounts: they add nothing, so that no sum overflows. */
export const amountLimit = 1e18

/** A number text as a whole count of 10^-scale, cut off towards zero; 0 for what is no number below the limit. */
export function readDecimal(text: string, scale: number, limit: number): bigint {
  const number = readNumber(text)
  if (number === undefined || number === 0 || Math.abs(number) >= limit) return 0n
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.')
  const digits = whole + fraction
  const shift = Number(exponent) - fraction.length + scale
  const size = shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : BigInt(digits.slice(0, shift) || '0')
  return mantissa.startsWith('-') ? -size : size
}

/** A number text as an amount, in 10^-9. */
export const readAmount = (text: string): bigint => readDecimal(text, sumScale, amountLimit)

/** A whole count of 10^-scale as decimal text without trailing zeros. */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return value < 0n ? `-${text}` : text
}
