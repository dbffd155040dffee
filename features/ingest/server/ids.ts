import { hash } from 'node:crypto'

/** The hash's first bytes as one character a byte: the cheapest form a digest comes in. */
const digest = (text: string): string => hash('sha256', text, 'binary')

/**
 * The id of a message as ClickHouse's UUID bytes: the first 16 bytes of SHA-256(source, NUL, message id) as the UUID
 * reads; in binary each half stands backwards.
 */
export function messageBytes(source: string, messageId: string): Buffer {
  const text = digest(`${source}\0${messageId}`)
  const bytes = Buffer.allocUnsafe(16)
  for (let index = 0; index < 8; index += 1) {
    bytes[7 - index] = text.charCodeAt(index)
    bytes[15 - index] = text.charCodeAt(8 + index)
  }
  return bytes
}

/** The same id as text. */
export function messageUuid(source: string, messageId: string): string {
  const hex = hash('sha256', `${source}\0${messageId}`, 'hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** A UUID's text as ClickHouse's RowBinary has it. */
export function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 8).reverse()
  bytes.subarray(8, 16).reverse()
  return bytes
}

/** ClickHouse's UUID bytes as text. */
export function uuidText(msg: Buffer): string {
  const hex = Buffer.concat([
    Buffer.from(msg.subarray(0, 8)).reverse(),
    Buffer.from(msg.subarray(8, 16)).reverse(),
  ]).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** A visitor's 64 bits, upper and lower half: events come too fast for bigints. */
export type VisitorBits = { readonly hi: number; readonly lo: number }

export const noVisitor: VisitorBits = { hi: 0, lo: 0 }

const wordAt = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 24) |
    (text.charCodeAt(at + 1) << 16) |
    (text.charCodeAt(at + 2) << 8) |
    text.charCodeAt(at + 3)) >>>
  0

/** A visitor's bits: the first 8 bytes of SHA-256(anonymous id), the same for every source. 0 stands for none. */
export function visitorBits(anonymousId: string): VisitorBits {
  const text = digest(anonymousId)
  return { hi: wordAt(text, 0), lo: wordAt(text, 4) || 1 }
}

/** A visitor as the UInt64 of the warehouse. In PostgreSQL and in JSON it is decimal text. */
export function visitorOf(anonymousId: string): bigint {
  const { hi, lo } = visitorBits(anonymousId)
  return (BigInt(hi) << 32n) | BigInt(lo)
}
