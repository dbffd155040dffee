import { noVisitor, type VisitorBits } from '#features/ingest/server/ids.ts'
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
  occurredAtMs: number | undefined
  receivedAtMs: number
  msg: Uint8Array
  name: string
  source: string
  props: [string, string][]
  /** Attributes for the customer. */
  traits: [string, string][] | undefined
}

export type RejectRecord = {
  receivedAtMs: number
  source: string
  messageId: string
  code: string
  path: string
  detail: string
}

/** Version of what a message itself says (2^62); copies by binding and their withdrawals have smaller ones. */
const directVer = { hi: 0x40000000, lo: 0 }

const kindEvent = 1
const kindReject = 2
const proofs: readonly (Proof | undefined)[] = [undefined, 'trusted_source', 'customer_token']

/** Places and lengths, in turn, that are known only once what follows is written: filled in when the bytes are taken. */
export type Patches = number[]

/** Writes a message: what deciding needs in front, then the columns as the warehouse takes them. */
export function writeEvent(writer: RowBinaryWriter, patches: Patches, event: EventRecord): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(kindEvent)
  writer.uint8(event.occurredAtMs === undefined ? 0 : 1)
  writer.uint8(event.customerNo === '' && event.customerId === 0 ? 0 : 1)
  writer.uint8(event.bound ? proofs.indexOf(event.proof) : 0)
  writer.dateTime64Millis(event.occurredAtMs ?? event.receivedAtMs)
  writer.uint64(event.bound ?? noVisitor)
  writer.uint32(event.customerId)
  writer.string(event.customerNo)
  writer.string(event.traits?.length ? JSON.stringify(event.traits) : '')
  // From here on the bytes go into the table as they are.
  writer.uint64(event.visitor)
  writer.fixedBytes(event.msg)
  writer.dateTime64Millis(event.receivedAtMs)
  writer.uint64(directVer)
  writer.string(event.name)
  writer.string(event.source)
  writer.mapStringString(event.props)
  patches.push(at, writer.length - at - 4)
}

/** Writes why a message was refused, never what was in it. */
export function writeReject(writer: RowBinaryWriter, patches: Patches, reject: RejectRecord): void {
  const at = writer.length
  writer.uint32(0)
  writer.uint8(kindReject)
  writer.dateTime64Millis(reject.receivedAtMs)
  writer.string(reject.source)
  writer.string(reject.messageId)
  writer.string(reject.code)
  writer.string(reject.path)
  writer.string(reject.detail)
  patches.push(at, writer.length - at - 4)
}

/** A message read back; `tail` are the bytes of visitor, msg, received_at, ver, name, source, props. */
export type SpooledEvent = {
  hasTime: boolean
  timeMs: number
  customerNo: string
  /** 0: none given. */
  customerId: number
  isVisitor: boolean
  visitor: bigint
  binding: { visitor: bigint; proof: Proof } | undefined
  traits: [string, string][] | undefined
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
export const tailVerAt = 32

/** Columns of a spooled reject in their order. */
export const rejectColumns = [
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'source', type: 'LowCardinality(String)' },
  { name: 'message_id', type: 'String' },
  { name: 'code', type: 'LowCardinality(String)' },
  { name: 'path', type: 'String' },
  { name: 'detail', type: 'String' },
] as const

export type Spooled = { events: SpooledEvent[]; rejects: Buffer[] }

/** Text that starts at a place, and where it ends. */
function readString(bytes: Buffer, start: number): { text: string; end: number } {
  let at = start
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes.readUInt8(at)
    at += 1
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  if (at + length > bytes.length) throw new RangeError('a spooled text is cut off')
  return { text: length === 0 ? '' : bytes.toString('utf8', at, at + length), end: at + length }
}

function readEvent(bytes: Buffer): SpooledEvent {
  const customerNo = readString(bytes, 24)
  const traits = readString(bytes, customerNo.end)
  const tail = bytes.subarray(traits.end)
  const proof = proofs[bytes.readUInt8(3)]
  return {
    hasTime: bytes.readUInt8(1) === 1,
    timeMs: Number(bytes.readBigInt64LE(4)),
    customerNo: customerNo.text,
    customerId: bytes.readUInt32LE(20),
    isVisitor: bytes.readUInt8(2) === 0,
    visitor: tail.readBigUInt64LE(0),
    binding: proof && { visitor: bytes.readBigUInt64LE(12), proof },
    traits: traits.text === '' ? undefined : (JSON.parse(traits.text) as [string, string][]),
    tail,
  }
}

/** Reads the records of one frame into `into`; throws when they aren't what we write. */
export function readRecords(frame: Buffer, into: Spooled): void {
  let at = 0
  while (at < frame.length) {
    const length = frame.readUInt32LE(at)
    const bytes = frame.subarray(at + 4, at + 4 + length)
    if (bytes.length !== length || length === 0) throw new RangeError('a spooled record is cut off')
    const kind = bytes.readUInt8(0)
    if (kind === kindEvent) into.events.push(readEvent(bytes))
    else if (kind === kindReject) into.rejects.push(bytes.subarray(1))
    else throw new RangeError(`a spooled record is of the unknown kind ${kind}`)
    at += 4 + length
  }
}
