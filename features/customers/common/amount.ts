const pattern = /^[+-]?\d{1,16}(?:\.\d{1,2}0*)?$/

/** Whether a decimal text fits an amount exactly: 16 digits before the point, 2 significant ones after it. */
export const isAmount = (text: string): boolean => pattern.test(text)

/** An amount in hundredths, exact. Throws at anything `isAmount` refuses. */
export function amountMinor(text: string): bigint {
  if (!isAmount(text)) throw new RangeError('Not an amount.')
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const minor = BigInt(whole + fraction.slice(0, 2).padEnd(2, '0'))
  return text.startsWith('-') ? -minor : minor
}

/** Hundredths as decimal text with two decimals. */
export function amountText(minor: bigint): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0')
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
