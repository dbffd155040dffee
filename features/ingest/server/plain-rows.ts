import { noVisitor } from '#features/ingest/server/ids.ts'
import type { PlainMessage } from '#features/ingest/server/plain-message.ts'
import { directVer, readyPlaces } from '#features/ingest/server/spool-record.ts'

/** A row is never longer: its message is smaller, and each property has two lengths. */
const longestRow = 16_384
/** Longer texts are copied in one call. */
const shortText = 48

function copyText(to: Buffer, at: number, from: Buffer, start: number, end: number): number {
  const length = end - start
  let into = at
  if (length < 128) to[into++] = length
  else {
    to[into++] = (length & 127) | 128
    to[into++] = length >> 7
  }
  if (length > shortText) from.copy(to, into, start, end)
  else for (let nth = 0; nth < length; nth += 1) to[into + nth] = from[start + nth]!
  return into + length
}

function putTime(view: DataView, at: number, ms: number): void {
  view.setUint32(at, ms % 4_294_967_296, true)
  view.setInt32(at + 4, Math.floor(ms / 4_294_967_296), true)
}

/** Writes the rows of plain messages, column by column as `writeReady` does, in a buffer that is used again and again. */
export function createPlainRows() {
  let buffer = Buffer.allocUnsafeSlow(1 << 20)
  let view = new DataView(buffer.buffer)
  let at = 0
  let receivedAtMs = 0
  let ver = noVisitor
  let source = Buffer.alloc(0)

  function grow(): void {
    const larger = Buffer.allocUnsafeSlow(buffer.length * 2)
    buffer.copy(larger, 0, 0, at)
    buffer = larger
    view = new DataView(larger.buffer)
  }

  return {
    /** Forgets the rows before. */
    begin(batch: { source: string; nowMs: number }): void {
      at = 0
      receivedAtMs = batch.nowMs
      ver = directVer(receivedAtMs)
      source = Buffer.from(batch.source)
    },
    /** Adds a row; gives how long it is. */
    add(message: PlainMessage, bytes: Buffer, customerId: number): number {
      if (at + longestRow > buffer.length) grow()
      const { name, msg, clientAtMs, visitor = noVisitor, keys, values, valueCount } = message
      const to = buffer
      const start = at
      view.setUint32(start, customerId, true)
      putTime(view, start + readyPlaces.occurredAt, clientAtMs)
      putTime(view, start + readyPlaces.clientAt, clientAtMs)
      view.setUint32(start + readyPlaces.visitor, visitor.lo, true)
      view.setUint32(start + readyPlaces.visitor + 4, visitor.hi, true)
      for (let nth = 0; nth < 16; nth += 1) to[start + readyPlaces.msg + nth] = msg[nth]!
      putTime(view, start + readyPlaces.receivedAt, receivedAtMs)
      view.setUint32(start + readyPlaces.ver, ver.lo, true)
      view.setUint32(start + readyPlaces.ver + 4, ver.hi, true)
      let end = copyText(to, start + readyPlaces.name, name.bytes, 0, name.bytes.length)
      end = copyText(to, end, source, 0, source.length)
      to[end++] = valueCount
      for (let nth = 0; nth < valueCount; nth += 1) {
        const key = keys[nth]!
        end = copyText(to, end, key.bytes, 0, key.bytes.length)
        end = copyText(to, end, bytes, values[nth * 2]!, values[nth * 2 + 1]!)
      }
      at = end
      return end - start
    },
    view: (): Buffer => buffer.subarray(0, at),
  }
}
