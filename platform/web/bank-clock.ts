import { bankZone } from './format.ts'

const wallClock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: bankZone,
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** What the bank's clock shows at a moment, as a date-time box takes it: 2026-08-01T09:30. Empty for no moment. */
export function bankClockOf(moment: string | Date): string {
  const at = new Date(moment)
  return Number.isNaN(at.getTime()) ? '' : wallClock.format(at).slice(0, 16).replace(' ', 'T')
}

/** The moment at which the bank's clock shows this, wherever the reader sits; undefined for no such time. */
export function momentOfBankClock(text: string): string | undefined {
  const asUtc = Date.parse(`${text}Z`)
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) || Number.isNaN(asUtc)) return undefined
  const offset = Date.parse(`${wallClock.format(new Date(asUtc)).replace(' ', 'T')}Z`) - asUtc
  return new Date(asUtc - offset).toISOString()
}
