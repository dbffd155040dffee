import { classOfNumber } from '#features/ingest/server/sensitive-values.ts'

/**
 * A place in the bytes of a JSON text, and what was read there last. Everything here gives up at whatever is unusual:
 * the answer false says nothing but that somebody else must read it.
 */
export type Cursor = {
  bytes: Buffer
  at: number
  /** The bytes of the text or number read last. */
  start: number
  end: number
  /** No fewer digits than the text has with at most two other characters between them. */
  digits: number
}

const quote = 34
const backslash = 92

/** Reads a text from behind its first quote. Whatever is escaped, and control characters, are given up at. */
export function scanText(cursor: Cursor): boolean {
  const { bytes } = cursor
  let { at } = cursor
  cursor.start = at
  let run = 0
  let longest = 0
  let all = 0
  let lastDigitAt = -4
  let isAscii = true
  for (; ; at += 1) {
    const byte = bytes[at]!
    if (byte > 57 && byte < 127 && byte !== backslash) continue
    if (byte >= 48 && byte <= 57) {
      run = at - lastDigitAt > 3 ? 1 : run + 1
      lastDigitAt = at
      all += 1
      if (run > longest) longest = run
    } else if (byte === quote) break
    else if (byte >= 128) {
      isAscii = false
      // A full-width digit is as good as all digits.
      if (byte === 0xef && bytes[at + 1] === 0xbc) all = 99
    } else if (!(byte >= 32 && byte < 48)) return false
  }
  cursor.end = at
  cursor.at = at + 1
  cursor.digits = isAscii ? longest : all
  return true
}

/** A whole number's or fraction's text that JavaScript would write the same way. */
export function scanNumber(cursor: Cursor): boolean {
  const { bytes } = cursor
  let { at } = cursor
  cursor.start = at
  if (bytes[at] === 45) at += 1
  const first = at
  while (bytes[at]! >= 48 && bytes[at]! <= 57) at += 1
  const whole = at - first
  if (whole === 0 || (bytes[first] === 48 && (whole > 1 || first > cursor.start))) return false
  let fraction = 0
  if (bytes[at] === 46) {
    at += 1
    while (bytes[at]! >= 48 && bytes[at]! <= 57) at += 1
    fraction = at - first - whole - 1
    if (fraction === 0 || fraction > 6 || bytes[at - 1] === 48) return false
  }
  if (whole + fraction > 15) return false
  const next = bytes[at]
  if (next === 46 || next === 101 || next === 69) return false
  cursor.end = at
  cursor.at = at
  return whole < 11 || classOfNumber(Number(bytes.toString('latin1', cursor.start, at))) === undefined
}

const literals = ['true', 'false'].map((text) => Buffer.from(text))

/** `true` or `false`. */
export function scanBoolean(cursor: Cursor): boolean {
  const literal = literals[cursor.bytes[cursor.at] === 116 ? 0 : 1]!
  for (let nth = 0; nth < literal.length; nth += 1)
    if (cursor.bytes[cursor.at + nth] !== literal[nth]) return false
  cursor.start = cursor.at
  cursor.at += literal.length
  cursor.end = cursor.at
  return true
}

/** Goes past white space; gives the byte that stands behind it. */
export function nextByte(cursor: Cursor): number {
  const { bytes } = cursor
  let byte = bytes[cursor.at]!
  while (byte === 32 || byte === 10 || byte === 13 || byte === 9) {
    cursor.at += 1
    byte = bytes[cursor.at]!
  }
  return byte
}

/** Goes past one byte that must stand here, white space aside. */
export function take(cursor: Cursor, byte: number): boolean {
  if (nextByte(cursor) !== byte) return false
  cursor.at += 1
  return true
}

/** Goes past an object, whatever is in it; it may be no JSON at all. */
export function skipObject(cursor: Cursor): boolean {
  const { bytes } = cursor
  let depth = 0
  for (let { at } = cursor; at < bytes.length; at += 1) {
    const byte = bytes[at]!
    if (byte === quote) {
      for (at += 1; at < bytes.length && bytes[at] !== quote; at += 1) if (bytes[at] === backslash) at += 1
    } else if (byte === 123) depth += 1
    else if (byte === 125) {
      depth -= 1
      if (depth > 0) continue
      cursor.start = cursor.at
      cursor.at = at + 1
      cursor.end = at + 1
      return true
    }
  }
  return false
}

/** A text met before, and what is known about it. */
export type Interned = {
  bytes: Buffer
  text: string
  /** Whether it may name a property without anybody looking closer. */
  isPlainKey: boolean
  /** Which field of a message it names, 0 for none. */
  field: number
  /** The message that had it last. */
  seenIn: number
}

const slots = 1024

/** Remembers short texts by their bytes: making a text costs ten times as much as looking at one again. */
export function createInterning(about: (text: string) => Pick<Interned, 'isPlainKey' | 'field'>) {
  const table: (Interned | undefined)[] = new Array(slots).fill(undefined)

  const isSame = ({ bytes: known }: Interned, bytes: Buffer, start: number, length: number): boolean => {
    if (known.length !== length) return false
    for (let nth = 0; nth < length; nth += 1) if (known[nth] !== bytes[start + nth]) return false
    return true
  }

  /** The text the cursor read last. */
  return ({ bytes, start, end }: Cursor): Interned => {
    const length = end - start
    const middle = bytes[start + (length >> 1)]! * 961
    const hash = (bytes[start]! * 29_791 + middle + bytes[end - 1]! * 31 + length) & (slots - 1)
    const found = table[hash]
    if (found && isSame(found, bytes, start, length)) return found
    const text = bytes.toString('utf8', start, end)
    const made = { bytes: Buffer.from(text), text, ...about(text), seenIn: 0 }
    if (length <= 100) table[hash] = made
    return made
  }
}
