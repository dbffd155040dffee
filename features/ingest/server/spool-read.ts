import {
  type Extra,
  proofs,
  type RequestTally,
  recordKinds,
  type SpooledEvent,
} from '#features/ingest/server/spool-record.ts'

/** Rows of one request about which everything is decided, and the length of each. */
export type ReadyRows = { count: number; rows: Buffer; lengths: Buffer }

export type Spooled = {
  events: SpooledEvent[]
  ready: ReadyRows[]
  rejects: Buffer[]
  tallies: RequestTally[]
}

export const newSpooled = (): Spooled => ({ events: [], ready: [], rejects: [], tallies: [] })

/** Text that starts at a place, and where it ends. */
export function readString(bytes: Buffer, start: number): { text: string; end: number } {
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

const plain = { profile: undefined, identities: [] } as const

function readExtra(text: string): Pick<SpooledEvent, 'profile' | 'identities'> {
  if (text === '') return plain
  const { operation, traits, identities = [] } = JSON.parse(text) as Extra
  return {
    profile: operation && traits ? { operation, traits } : undefined,
    identities: identities.map(({ kind, hash }) => ({ kind, hash: Buffer.from(hash, 'hex') })),
  }
}

function readEvent(bytes: Buffer): SpooledEvent {
  const customerNo = readString(bytes, 32)
  const extra = readString(bytes, customerNo.end)
  const { profile, identities } = readExtra(extra.text)
  const tail = bytes.subarray(extra.end)
  const proof = proofs[bytes.readUInt8(3)]
  const bound = bytes.readBigUInt64LE(20)
  return {
    hasTime: bytes.readUInt8(1) === 1,
    timeMs: Number(bytes.readBigInt64LE(4)),
    clientMs: Number(bytes.readBigInt64LE(12)),
    customerNo: customerNo.text,
    customerId: bytes.readUInt32LE(28),
    isVisitor: bytes.readUInt8(2) === 0,
    visitor: tail.readBigUInt64LE(0),
    binding: proof && bound !== 0n ? { visitor: bound, proof } : undefined,
    proof,
    profile,
    identities,
    tail,
  }
}

function readReady(bytes: Buffer): ReadyRows {
  const count = bytes.readUInt32LE(1)
  const lengthsAt = bytes.length - count * 4
  if (lengthsAt < 5) throw new RangeError('spooled rows are cut off')
  return { count, rows: bytes.subarray(5, lengthsAt), lengths: bytes.subarray(lengthsAt) }
}

function readTally(bytes: Buffer): RequestTally {
  const source = readString(bytes, 21)
  return {
    receivedAtMs: bytes.readDoubleLE(1),
    accepted: bytes.readUInt32LE(9),
    rejected: bytes.readUInt32LE(13),
    dropped: bytes.readUInt32LE(17),
    source: source.text,
    protocol: readString(bytes, source.end).text,
  }
}

/** The rows one by one. */
export function splitReady({ count, rows, lengths }: ReadyRows): Buffer[] {
  const split: Buffer[] = []
  let at = 0
  for (let nth = 0; nth < count; nth += 1) {
    const length = lengths.readUInt32LE(nth * 4)
    split.push(rows.subarray(at, at + length))
    at += length
  }
  return split
}

/** Customers of the rows for which a condition holds. */
export function customersOfReady(
  { count, rows, lengths }: ReadyRows,
  holds: (customerId: number) => boolean,
): Set<number> {
  const found = new Set<number>()
  let at = 0
  for (let nth = 0; nth < count; nth += 1) {
    const customerId = rows.readUInt32LE(at)
    if (holds(customerId)) found.add(customerId)
    at += lengths.readUInt32LE(nth * 4)
  }
  return found
}

/** Reads the records of one frame into `into`; throws when they aren't what we write. */
export function readRecords(frame: Buffer, into: Spooled): void {
  let at = 0
  while (at < frame.length) {
    const length = frame.readUInt32LE(at)
    const bytes = frame.subarray(at + 4, at + 4 + length)
    if (bytes.length !== length || length === 0) throw new RangeError('a spooled record is cut off')
    const kind = bytes.readUInt8(0)
    if (kind === recordKinds.ready) into.ready.push(readReady(bytes))
    else if (kind === recordKinds.event) into.events.push(readEvent(bytes))
    else if (kind === recordKinds.reject) into.rejects.push(bytes.subarray(1))
    else if (kind === recordKinds.tally) into.tallies.push(readTally(bytes))
    else throw new RangeError(`a spooled record is of the unknown kind ${kind}`)
    at += 4 + length
  }
}
