import { parseTime } from '#features/ingest/server/parse-time.ts'
import type { Cursor } from '#features/ingest/server/plain-scan.ts'

const usualLength = 24
const dayLength = 10

/** Two digits; NaN when one isn't any. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** Reads times of the form 2026-03-01T08:00:00.123Z where they lie; nearly all are of the day of the one before. */
export function createClockReader() {
  const day = Buffer.alloc(dayLength)
  let dayMs = 0

  function isOfDay(bytes: Uint8Array, start: number): boolean {
    for (let nth = 0; nth < dayLength; nth += 1) if (bytes[start + nth] !== day[nth]) return false
    return true
  }

  /** Milliseconds of the text the cursor read last; undefined when it has another form. */
  return ({ bytes, start, end }: Cursor): number | undefined => {
    if (end - start !== usualLength || bytes[end - 1] !== 90 || bytes[start + dayLength] !== 84)
      return undefined
    if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58 || bytes[start + 19] !== 46) return undefined
    if (!isOfDay(bytes, start)) {
      const ms = parseTime(`${bytes.toString('latin1', start, start + dayLength)}T00:00:00.000Z`, 'UTC')
      if (ms === undefined) return undefined
      bytes.copy(day, 0, start, start + dayLength)
      dayMs = ms
    }
    const hour = two(bytes, start + 11)
    const minute = two(bytes, start + 14)
    const second = two(bytes, start + 17)
    const hundredths = two(bytes, start + 20)
    const last = bytes[start + 22]! - 48
    if (!(hour < 24 && minute < 60 && second < 60 && hundredths >= 0 && last >= 0 && last <= 9))
      return undefined
    return dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + hundredths * 10 + last
  }
}
