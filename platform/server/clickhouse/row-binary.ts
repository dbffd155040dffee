/** Text pairs for a `Map(String, String)` column. */
export type StringPairs = Iterable<readonly [string, string]> | Record<string, string>

const isIterable = (pairs: StringPairs): pairs is Iterable<readonly [string, string]> =>
  Symbol.iterator in pairs

/** What `write` comes down to, without its looks at the arguments; not among the published types. */
const { utf8Write } = Buffer.prototype as unknown as {
  utf8Write(this: Buffer, text: string, at: number): number
}

/**
 * Writes rows in ClickHouse's RowBinary into one growing buffer, without allocating per value.
 *
 * The caller writes each column's value in the order of the columns; nothing separates rows. A nullable column takes
 * `isNull` first, then the value unless it was null. `take` hands the bytes over and goes on with a fresh buffer,
 * `reset` forgets them and keeps the buffer.
 */
export function createRowBinaryWriter(initialBytes = 65_536) {
  let buffer = Buffer.allocUnsafe(Math.max(initialBytes, 64))
  let at = 0

  const grow = (needed: number): void => {
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + needed))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }
  const reserve = (bytes: number): void => {
    if (at + bytes > buffer.length) grow(bytes)
  }

  function uint8(value: number): void {
    reserve(1)
    buffer[at++] = value
  }
  function uint16(value: number): void {
    reserve(2)
    at = buffer.writeUInt16LE(value, at)
  }
  function uint32(value: number): void {
    reserve(4)
    at = buffer.writeUInt32LE(value, at)
  }
  function uint64(value: bigint | { hi: number; lo: number }): void {
    reserve(8)
    if (typeof value === 'bigint') at = buffer.writeBigUInt64LE(value, at)
    else at = buffer.writeUInt32LE(value.hi >>> 0, buffer.writeUInt32LE(value.lo >>> 0, at))
  }
  function int64(value: bigint): void {
    reserve(8)
    at = buffer.writeBigInt64LE(value, at)
  }
  function float64(value: number): void {
    reserve(8)
    at = buffer.writeDoubleLE(value, at)
  }
  function varint(value: number): void {
    reserve(5)
    let rest = value
    while (rest > 127) {
      buffer[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    buffer[at++] = rest
  }
  /** Short plain text, character by character: cheaper than a call out of the engine. False when it isn't plain. */
  function plainText(value: string, length: number): boolean {
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 127) return false
      buffer[at + 1 + index] = code
    }
    buffer[at] = length
    at += 1 + length
    return true
  }
  const varintBytes = (value: number): number =>
    value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5
  function string(value: string): void {
    const { length } = value
    reserve(length * 3 + 5)
    if (length <= 40 && plainText(value, length)) return
    // The length in bytes is known only after writing; nearly always its own length is what was left free for it.
    const free = varintBytes(length)
    const bytes = utf8Write.call(buffer, value, at + free)
    const needed = varintBytes(bytes)
    if (needed !== free) buffer.copyWithin(at + needed, at + free, at + free + bytes)
    varint(bytes)
    at += bytes
  }
  /** A String column's raw bytes. */
  function bytes(value: Uint8Array): void {
    varint(value.length)
    fixedBytes(value)
  }
  /** Bytes as they are: a FixedString, or a UUID already in ClickHouse's order. */
  function fixedBytes(value: Uint8Array): void {
    reserve(value.length)
    buffer.set(value, at)
    at += value.length
  }
  /** DateTime64(3) from whole milliseconds since 1970, without a bigint. */
  function dateTime64Millis(value: number): void {
    reserve(8)
    at = buffer.writeInt32LE(Math.floor(value / 4_294_967_296), buffer.writeUInt32LE(value >>> 0, at))
  }
  function mapStringString(pairs: StringPairs): void {
    if (!isIterable(pairs)) {
      const keys = Object.keys(pairs)
      varint(keys.length)
      for (const key of keys) {
        string(key)
        string(pairs[key]!)
      }
      return
    }
    const list = Array.isArray(pairs) ? (pairs as (readonly [string, string])[]) : [...pairs]
    varint(list.length)
    for (let index = 0; index < list.length; index += 1) {
      const pair = list[index]!
      string(pair[0])
      string(pair[1])
    }
  }
  function arrayUint32(values: ArrayLike<number>): void {
    varint(values.length)
    reserve(values.length * 4)
    for (let index = 0; index < values.length; index += 1) at = buffer.writeUInt32LE(values[index]!, at)
  }
  function arrayString(values: readonly string[]): void {
    varint(values.length)
    for (const value of values) string(value)
  }

  return {
    uint8,
    uint16,
    uint32,
    uint64,
    int64,
    float64,
    string,
    bytes,
    fixedBytes,
    dateTime64Millis,
    /** A Decimal(10..18, S) from its value times 10^S. */
    decimal64: int64,
    mapStringString,
    arrayUint32,
    arrayString,
    /** Marks a nullable value; answers whether it was null, so that the value itself is left out. */
    isNull(value: unknown): value is null | undefined {
      const isMissing = value === null || value === undefined
      uint8(isMissing ? 1 : 0)
      return isMissing
    },
    /** Writes a nullable value with one of the other methods. */
    nullable<T>(value: T | null | undefined, write: (value: T) => void): void {
      const isMissing = value === null || value === undefined
      uint8(isMissing ? 1 : 0)
      if (!isMissing) write(value)
    },
    get length() {
      return at
    },
    reset(): void {
      at = 0
    },
    take(): Buffer {
      const taken = buffer.subarray(0, at)
      buffer = Buffer.allocUnsafe(buffer.length)
      at = 0
      return taken
    },
  }
}

export type RowBinaryWriter = ReturnType<typeof createRowBinaryWriter>
