import { hash } from 'node:crypto'

/** The hash's first bytes as one character a byte: the cheapest form a digest comes in. */
const digest = (text: string): string => hash('sha256', text, 'binary')

/**
 * The id of a message as ClickHouse's UUID bytes: the first 16 bytes of SHA-256(source, NUL, message id) as the UUID
 * reads; in binary each half stands backwards.
 */
export function messageBytes(source: string, messageId: string): Buffer {
  const bytes = Buffer.allocUnsafe(16)
  bytes.write(digest(`${source}\0${messageId}`), 0, 16, 'latin1')
  bytes.subarray(0, 8).reverse()
  bytes.subarray(8, 16).reverse()
  return bytes
}

/** The same id as text. */
export function messageUuid(source: string, messageId: string): string {
  const hex = hash('sha256', `${source}\0${messageId}`, 'hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/**
 * A visitor as a UInt64: the first 8 bytes of SHA-256(anonymous id), the same for every source. 0 stands for none.
 * In PostgreSQL and in JSON it is decimal text.
 */
export function visitorOf(anonymousId: string): bigint {
  const bytes = Buffer.allocUnsafe(8)
  bytes.write(digest(anonymousId), 0, 8, 'latin1')
  return bytes.readBigUInt64BE(0) || 1n
}
