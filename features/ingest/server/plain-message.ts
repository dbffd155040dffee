import { checkTree, newFlattened } from '#features/ingest/server/flatten-properties.ts'
import type { VisitorBits } from '#features/ingest/server/ids.ts'
import { visitorBits } from '#features/ingest/server/ids.ts'
import { classOfKey } from '#features/ingest/server/key-class.ts'
import { hashMessage } from '#features/ingest/server/message-hash.ts'
import {
  type Cursor,
  createInterning,
  type Interned,
  nextByte,
  scanBoolean,
  scanNumber,
  scanText,
  skipObject,
  take,
} from '#features/ingest/server/plain-scan.ts'
import { createClockReader } from '#features/ingest/server/plain-time.ts'
import { classOfValue, mayHoldCards } from '#features/ingest/server/sensitive-values.ts'

/** A message that lies in the body as it will be stored: texts and numbers nobody has to change. */
export type PlainMessage = {
  name: Interned
  userNo: string
  visitor: VisitorBits | undefined
  clientAtMs: number
  /** As the warehouse has it. */
  msg: Buffer
  keys: Interned[]
  /** Where each value starts and ends. */
  values: number[]
  valueCount: number
}

/** Plain messages are smaller; then no bound of size needs to be looked at one by one. */
const longestMessage = 8000
const mostKeys = 100
const longestId = 200
const longestUserNo = 64
const mostVisitors = 2_000
const mostContexts = 8
const longestContext = 4000

const typeField = 1
const eventField = 2
const userField = 4
const visitorField = 8
const messageField = 16
const timeField = 32
const propsField = 64
const ignoredField = 128
const needed = typeField | eventField | userField | messageField | timeField
const fields = new Map<string, number>([
  ['type', typeField],
  ['event', eventField],
  ['userId', userField],
  ['anonymousId', visitorField],
  ['messageId', messageField],
  ['timestamp', timeField],
  ['properties', propsField],
  ['context', ignoredField],
  ['integrations', ignoredField * 2],
  ['_metadata', ignoredField * 4],
])

const isPlainKey = (text: string): boolean =>
  text.length > 0 &&
  text.length <= longestId &&
  !text.includes('.') &&
  // JavaScript would order keys that are numbers.
  !/^\d/.test(text) &&
  classOfKey(text) === 'plain'

const noName: Interned = { bytes: Buffer.alloc(0), text: '', isPlainKey: false, field: 0, seenIn: 0 }

/** Reads messages where they lie; false when one is unusual in any way. */
export function createPlainReader(source: string) {
  const intern = createInterning((text) => ({ isPlainKey: isPlainKey(text), field: fields.get(text) ?? 0 }))
  const prefix = Buffer.from(`${source}\0`)
  const visitors = new Map<string, VisitorBits>()
  const contexts: Buffer[] = []
  const readClock = createClockReader()
  let serial = 0
  const message: PlainMessage = {
    ...{ name: noName, userNo: '', visitor: undefined, clientAtMs: 0, msg: Buffer.alloc(16) },
    ...{ keys: [], values: [], valueCount: 0 },
  }

  const textOf = ({ bytes, start, end }: Cursor): string => bytes.toString('utf8', start, end)

  /** A text that is stored in clear, and found by. */
  function scanId(cursor: Cursor, longest: number): boolean {
    if (!take(cursor, 34) || !scanText(cursor)) return false
    const length = cursor.end - cursor.start
    if (length === 0 || length > longest) return false
    if (cursor.digits < 13) return true
    const text = textOf(cursor)
    return !mayHoldCards(text) || classOfValue(text) !== 'authentication'
  }

  function scanName(cursor: Cursor): boolean {
    if (!scanId(cursor, longestId) || cursor.digits >= 11) return false
    message.name = intern(cursor)
    // What ends with a customer's session says something of the device.
    return message.name.text !== 'logged_out'
  }

  function scanUser(cursor: Cursor): boolean {
    if (!scanId(cursor, longestUserNo)) return false
    for (let at = cursor.start; at < cursor.end; at += 1)
      if (cursor.bytes[at]! < 33 || cursor.bytes[at]! > 126) return false
    message.userNo = cursor.bytes.toString('latin1', cursor.start, cursor.end)
    return true
  }

  function scanVisitor(cursor: Cursor): boolean {
    if (!scanId(cursor, longestId)) return false
    const text = textOf(cursor)
    let bits = visitors.get(text)
    if (!bits) {
      bits = visitorBits(text)
      if (visitors.size >= mostVisitors) visitors.clear()
      visitors.set(text, bits)
    }
    message.visitor = bits
    return true
  }

  function scanMessageId(cursor: Cursor): boolean {
    if (!take(cursor, 34) || !scanText(cursor)) return false
    const { bytes, start, end } = cursor
    return end > start && hashMessage(prefix, bytes, start, end, message.msg)
  }

  function scanTime(cursor: Cursor): boolean {
    if (!take(cursor, 34) || !scanText(cursor)) return false
    const clientAtMs = readClock(cursor)
    if (clientAtMs === undefined) return false
    message.clientAtMs = clientAtMs
    return true
  }

  function scanValue(cursor: Cursor): boolean {
    const byte = nextByte(cursor)
    if (byte === 34) {
      cursor.at += 1
      if (!scanText(cursor)) return false
      return cursor.digits < 11 || classOfValue(textOf(cursor)) === undefined
    }
    return byte === 116 || byte === 102 ? scanBoolean(cursor) : scanNumber(cursor)
  }

  function scanKey(cursor: Cursor, nth: number): boolean {
    if (!take(cursor, 34) || !scanText(cursor) || !take(cursor, 58)) return false
    const key = intern(cursor)
    if (!key.isPlainKey || key.seenIn === serial) return false
    if (key.seenIn === 0)
      for (let before = 0; before < nth; before += 1)
        if (message.keys[before]!.text === key.text) return false
    key.seenIn = serial
    message.keys[nth] = key
    return true
  }

  function scanProperties(cursor: Cursor): boolean {
    if (!take(cursor, 123)) return false
    if (nextByte(cursor) === 125) return take(cursor, 125)
    for (let nth = 0; nth < mostKeys; nth += 1) {
      if (!scanKey(cursor, nth) || !scanValue(cursor)) return false
      message.values[nth * 2] = cursor.start
      message.values[nth * 2 + 1] = cursor.end
      message.valueCount = nth + 1
      const next = nextByte(cursor)
      cursor.at += 1
      if (next === 125) return true
      if (next !== 44) return false
    }
    return false
  }

  /** What isn't stored is often the same each time; it was looked through once. */
  function skipSeen(cursor: Cursor): boolean {
    if (nextByte(cursor) !== 123) return false
    const { bytes, at } = cursor
    for (const seen of contexts)
      if (bytes.compare(seen, 0, seen.length, at, at + seen.length) === 0) {
        cursor.at += seen.length
        return true
      }
    if (!skipObject(cursor) || cursor.end - at > longestContext) return false
    const value: unknown = JSON.parse(bytes.toString('utf8', at, cursor.end))
    if (Object.hasOwn(value as object, 'token')) return false
    if (!checkTree(newFlattened(), value as object, 'context', 2)) return false
    if (contexts.length >= mostContexts) contexts.shift()
    contexts.push(Buffer.from(bytes.subarray(at, cursor.end)))
    return true
  }

  const isTrack = (cursor: Cursor): boolean =>
    take(cursor, 34) && scanText(cursor) && intern(cursor).text === 'track'

  function scanField(cursor: Cursor, field: number): boolean {
    if (field === eventField) return scanName(cursor)
    if (field === userField) return scanUser(cursor)
    if (field === messageField) return scanMessageId(cursor)
    if (field === timeField) return scanTime(cursor)
    if (field === propsField) return scanProperties(cursor)
    if (field === typeField) return isTrack(cursor)
    if (field === visitorField) return scanVisitor(cursor)
    return skipSeen(cursor)
  }

  function scanMessage(cursor: Cursor): boolean {
    const from = cursor.at
    if (!take(cursor, 123)) return false
    serial += 1
    message.visitor = undefined
    message.valueCount = 0
    for (let met = 0; ; ) {
      if (!take(cursor, 34) || !scanText(cursor) || !take(cursor, 58)) return false
      const { field } = intern(cursor)
      if (field === 0 || (met & field) !== 0 || !scanField(cursor, field)) return false
      met |= field
      const next = nextByte(cursor)
      cursor.at += 1
      if (next === 44) continue
      return next === 125 && (met & needed) === needed && cursor.at - from <= longestMessage
    }
  }

  return {
    /** The message at the cursor, until the next one is read; undefined when somebody else must look at it. */
    read(cursor: Cursor): PlainMessage | undefined {
      try {
        return scanMessage(cursor) ? message : undefined
      } catch {
        // Something in it is no JSON.
        return undefined
      }
    },
  }
}

export type PlainReader = ReturnType<typeof createPlainReader>
