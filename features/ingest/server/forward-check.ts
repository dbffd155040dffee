import { platformSource } from '#features/ingest/server/sources.ts'
import { newSpooled, readRecords, readString } from '#features/ingest/server/spool-read.ts'
import type { SpooledEvent } from '#features/ingest/server/spool-record.ts'
import { readSegment } from '#features/ingest/server/spool-segment.ts'

const tailNameAt = 40

const sourceOf = ({ tail }: SpooledEvent): string => readString(tail, readString(tail, tailNameAt).end).text

/** The frames an edge hands over; undefined when they aren't whole, or say what only processes inside may say. */
export function framesOfEdge(bytes: Buffer): Buffer[] | undefined {
  const { id, frames, goodBytes } = readSegment(bytes)
  if (!id || goodBytes !== bytes.length || frames.length === 0) return undefined
  const spooled = newSpooled()
  try {
    for (const frame of frames) readRecords(frame, spooled)
    const isForeign = spooled.events.some(
      (event) => event.customerId !== 0 || sourceOf(event) === platformSource,
    )
    return isForeign || spooled.ready.length > 0 ? undefined : frames
  } catch {
    return undefined
  }
}
