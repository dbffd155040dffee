import type { ReadyRows } from '#features/ingest/server/spool-read.ts'

/** Behind visitor, message id and two 8-byte numbers the part of a row that is equal in both tables has the event's name. */
const nameInTail = 40
/** A ready row has customer and two times in front of that part. */
const nameInReady = 60

/** Customers by event, each once. */
export type Touched = { name: string; customerIds: Uint32Array }

/** Gathers whom the rows of a segment are about, event by event; some 0.2 µs a row. */
export function createTouchRows() {
  const byName = new Map<string, number[]>()

  function add(bytes: Buffer, nameAt: number, customerId: number): void {
    let at = nameAt + 1
    let length = bytes[nameAt]!
    if (length > 127) {
      length = (length & 127) | (bytes[at]! << 7)
      at += 1
    }
    // Bytes as text, each its own letter: only which names are equal matters until the end.
    const name = bytes.toString('latin1', at, at + length)
    const known = byName.get(name)
    if (known) known.push(customerId)
    else byName.set(name, [customerId])
  }

  return {
    addEvent: (tail: Buffer, customerId: number): void => add(tail, nameInTail, customerId),
    addReady({ count, rows, lengths }: ReadyRows, homeOf: (customerId: number) => number): void {
      let at = 0
      for (let nth = 0; nth < count; nth += 1) {
        add(rows, at + nameInReady, homeOf(rows.readUInt32LE(at)))
        at += lengths.readUInt32LE(nth * 4)
      }
    },
    take: (): Touched[] =>
      [...byName].map(([name, ids]) => ({
        name: Buffer.from(name, 'latin1').toString('utf8'),
        customerIds: distinct(ids),
      })),
  }
}

/** Ids in order, each once, without 0. */
export function distinct(ids: Iterable<number> & ArrayLike<number>): Uint32Array {
  const sorted = Uint32Array.from(ids).sort()
  let length = 0
  let last = 0
  for (const id of sorted) {
    if (id === last) continue
    sorted[length] = id
    last = id
    length += 1
  }
  return sorted.subarray(0, length)
}
