import type { SpooledIdentity } from '#features/ingest/server/identity-links.ts'
import { noVisitor, uuidBytes, type VisitorBits } from '#features/ingest/server/ids.ts'
import type { ProfileOperation } from '#features/ingest/server/normalise-segment.ts'
import type { RowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** Why a device is believed to be a customer's. */
export type Proof = 'trusted_source' | 'customer_token'

/** A message on its way to the warehouse. It is the customer's of that number or id; with neither, the visitor's. */
export type EventRecord = {
  /** Empty: none. */
  customerNo: string
  /** 0: none. */
  customerId: number
  /** The device, also when the customer is known. */
  visitor: VisitorBits
  /** From this message's time on, this visitor is the customer's. */
  bound: VisitorBits | undefined
  proof: Proof | undefined
  /** When it happened, by our clock and by the client's; undefined where the client said nothing we could use. */
  occurredAtMs: number | undefined
  clientAtMs: number | undefined
  receivedAtMs: number
  msg: Uint8Array
  name: string
  source: string
  props: [string, string][]
  /** What becomes of the customer's attributes. */
  profile: Profile | undefined
  identities: readonly SpooledIdentity[]
}

/** A change of a customer's attributes. */
export type Profile = { operation: ProfileOperation; traits: [string, string][] }

export type RejectRecord = {
  rejectId: string
  receivedAtMs: number
  source: string
  protocol: string
  event: string
  /** The message as JSON without anything a person could be known by; empty where no copy may be kept. */
  original: string
  messageId: string
  code: string
  path: string
  detail: string
}

/**
 * Version of what a message itself says: 2^62 + 2^44 - receivedAtMs, so that the first receipt outlasts each repetition.
 * Copies by binding, their withdrawals and imports have smaller ones.
 */
export function directVer(receivedAtMs: number): VisitorBits {
  const rest = 2 ** 44 - receivedAtMs
  const hi = Math.floor(rest / 2 ** 32)
  return { hi: 0x40000000 + hi, lo: rest - hi * 2 ** 32 }
}

export const recordKinds = { event: 1, reject: 2, ready: 3, tally: 4 } as const
export const proofs: readonly (Proof | undefined)[] = [undefined, 'trusted_source', 'customer_token']

/** Places and lengths, in turn, that are known only once what follows is written: filled in when the bytes are taken. */
export type Patches = number[]

export type Extra = {
  operation?: ProfileOperation
  traits?: [string, string][]
  identities?: { kind: string; hash: string }[]
}

/** What few messages have. */
function extraOf({ profile, identities }: EventRecord): string {
  if (!profile && identities.length === 0) return ''
  return JSON.stringify({
    ...profile,
    identities: identities.map(({ kind, hash }) => ({ kind, hash: hash.toString('hex') })),
  } satisfies Extra)
}

/** Writes a message: what deciding needs in front, then the columns as the warehouse takes them. */
export function writeEvent(writer: RowBinaryWriter, patches: Patches, event: EventRecord): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(recordKinds.event)
  writer.uint8(event.clientAtMs === undefined ? 0 : 1)
  writer.uint8(event.customerNo === '' && event.customerId === 0 ? 0 : 1)
  writer.uint8(proofs.indexOf(event.proof))
  writer.dateTime64Millis(event.occurredAtMs ?? event.receivedAtMs)
  writer.dateTime64Millis(event.clientAtMs ?? event.receivedAtMs)
  writer.uint64(event.bound ?? noVisitor)
  writer.uint32(event.customerId)
  writer.string(event.customerNo)
  writer.string(extraOf(event))
  // From here on the bytes go into the table as they are.
  writer.uint64(event.visitor)
  writer.fixedBytes(event.msg)
  writer.dateTime64Millis(event.receivedAtMs)
  writer.uint64(directVer(event.receivedAtMs))
  writer.string(event.name)
  writer.string(event.source)
  writer.mapStringString(event.props)
  patches.push(at, writer.length - at - 4)
}

/** A message with everything decided. */
export type ReadyEvent = {
  customerId: number
  occurredAtMs: number
  clientAtMs: number
  receivedAtMs: number
  visitor: VisitorBits
  msg: Uint8Array
  name: string
  source: string
  props: readonly (readonly [string, string])[]
}

/** Where the columns of a ready row start, as far as they are of one size. */
export const readyPlaces = {
  ...{ occurredAt: 4, clientAt: 12, visitor: 20, msg: 28, receivedAt: 44, ver: 52, name: 60 },
} as const

/** A ready row's columns but the last, its properties. */
function writeReadyColumns(writer: RowBinaryWriter, event: Omit<ReadyEvent, 'props'>): void {
  writer.uint32(event.customerId)
  writer.dateTime64Millis(event.occurredAtMs)
  writer.dateTime64Millis(event.clientAtMs)
  writer.uint64(event.visitor)
  writer.fixedBytes(event.msg)
  writer.dateTime64Millis(event.receivedAtMs)
  writer.uint64(directVer(event.receivedAtMs))
  writer.string(event.name)
  writer.string(event.source)
}

/** Rows that were written elsewhere: byte by byte as they go into the table. */
type ReadyBytes = { rows: Buffer; lengths: readonly number[] }

const noBytes: ReadyBytes = { rows: Buffer.alloc(0), lengths: [] }

/** Writes rows as the warehouse takes them, and behind them their lengths: rows of many requests are put together as bytes. */
export function writeReady(
  writer: RowBinaryWriter,
  patches: Patches,
  events: readonly ReadyEvent[],
  more: ReadyBytes = noBytes,
): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(recordKinds.ready)
  writer.uint32(events.length + more.lengths.length)
  const lengths = [...more.lengths]
  writer.fixedBytes(more.rows)
  for (const event of events) {
    const start = writer.length
    writeReadyColumns(writer, event)
    writer.mapStringString(event.props)
    lengths.push(writer.length - start)
  }
  for (const length of lengths) writer.uint32(length)
  patches.push(at, writer.length - at - 4)
}

/** What one request brought, for the counts by source. */
export type RequestTally = {
  receivedAtMs: number
  source: string
  protocol: string
  accepted: number
  rejected: number
  /** Properties left out because they were direct identifiers. */
  dropped: number
}

/** Writes how many messages of one request came and what became of them. */
export function writeTally(writer: RowBinaryWriter, patches: Patches, tally: RequestTally): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(recordKinds.tally)
  writer.float64(tally.receivedAtMs)
  writer.uint32(tally.accepted)
  writer.uint32(tally.rejected)
  writer.uint32(tally.dropped)
  writer.string(tally.source)
  writer.string(tally.protocol)
  patches.push(at, writer.length - at - 4)
}

/** Writes why a message was refused, and what may be kept of it. */
export function writeReject(writer: RowBinaryWriter, patches: Patches, reject: RejectRecord): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(recordKinds.reject)
  writeRejectRow(writer, reject)
  patches.push(at, writer.length - at - 4)
}

/** The columns of a reject as the warehouse takes them. */
export function writeRejectRow(writer: RowBinaryWriter, reject: RejectRecord): void {
  writer.dateTime64Millis(reject.receivedAtMs)
  writer.string(reject.source)
  writer.string(reject.messageId)
  writer.string(reject.code)
  writer.string(reject.path)
  writer.string(reject.detail)
  writer.fixedBytes(uuidBytes(reject.rejectId))
  writer.string(reject.event)
  writer.string(reject.original)
  writer.string(reject.protocol)
}

/** A message read back; `tail` are the bytes of visitor, msg, received_at, ver, name, source, props. */
export type SpooledEvent = {
  hasTime: boolean
  timeMs: number
  clientMs: number
  customerNo: string
  /** 0: none given. */
  customerId: number
  isVisitor: boolean
  visitor: bigint
  binding: { visitor: bigint; proof: Proof } | undefined
  proof: Proof | undefined
  profile: Profile | undefined
  identities: readonly SpooledIdentity[]
  tail: Buffer
}
/** Columns of a tail in their order. */
export const tailColumns = [
  { name: 'visitor', type: 'UInt64' },
  { name: 'msg', type: 'UUID' },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'ver', type: 'UInt64' },
  { name: 'name', type: 'LowCardinality(String)' },
  { name: 'source', type: 'LowCardinality(String)' },
  { name: 'props', type: 'Map(LowCardinality(String), String)' },
] as const
export const tailMsgAt = 8
export const tailReceivedAt = 24
export const tailVerAt = 32

/** Columns of a spooled reject in their order. */
export const rejectColumns = [
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'source', type: 'LowCardinality(String)' },
  { name: 'message_id', type: 'String' },
  { name: 'code', type: 'LowCardinality(String)' },
  { name: 'path', type: 'String' },
  { name: 'detail', type: 'String' },
  { name: 'reject_id', type: 'UUID' },
  { name: 'event', type: 'LowCardinality(String)' },
  { name: 'original', type: 'String' },
  { name: 'protocol', type: 'LowCardinality(String)' },
] as const
