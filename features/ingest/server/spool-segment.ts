import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/*
 * A segment: 8 bytes of magic, 16 random bytes (its id: the name of a file may come again, this never), then frames of
 * length, CRC-32, one byte that says whether the frame counts, and content. One frame is what one request was acknowledged for.
 */
const magic = Buffer.from('ZKSPOOL1', 'latin1')
export const segmentHeaderBytes = 24
export const frameHeaderBytes = 9

export const newSegmentHeader = (): Buffer => Buffer.concat([magic, randomBytes(16)])

/** Fills the frame header in front of content that ends at `end`. */
export function sealFrame(buffer: Buffer, start: number, end: number, isVoid: boolean): void {
  buffer.writeUInt8(isVoid ? 0 : 1, start + 8)
  const content = buffer.subarray(start + 8, end)
  buffer.writeUInt32LE(content.length, start)
  buffer.writeUInt32LE(crc32(content), start + 4)
}

export type SegmentContent = {
  /** Hexadecimal id; undefined when the header itself is missing or foreign. */
  id: string | undefined
  frames: Buffer[]
  /** Bytes up to the end of the last whole frame. */
  goodBytes: number
}

/** Cuts a segment into its whole frames; whatever follows the last of them is not looked at. */
export function readSegment(bytes: Buffer): SegmentContent {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(magic))
    return { id: undefined, frames: [], goodBytes: 0 }
  const frames: Buffer[] = []
  let at = segmentHeaderBytes
  while (at + frameHeaderBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at)
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (length === 0 || content.length < length || crc32(content) !== bytes.readUInt32LE(at + 4)) break
    if (content.readUInt8(0) === 1) frames.push(content.subarray(1))
    at += 8 + length
  }
  return { id: bytes.toString('hex', 8, 24), frames, goodBytes: at }
}
