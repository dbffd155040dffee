import type { Patches } from '#features/ingest/server/spool-record.ts'
import { frameHeaderBytes, newSegmentHeader, sealFrame } from '#features/ingest/server/spool-segment.ts'
import { createRowBinaryWriter, type RowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** Writes one request's records; synchronous. */
export type WriteRecords = (writer: RowBinaryWriter, patches: Patches) => void

/** One request's records as a sealed frame, the unit that is acknowledged. */
export function encodeFrame(write: WriteRecords): Buffer {
  const writer = createRowBinaryWriter(4096)
  const patches: Patches = []
  for (let byte = 0; byte < frameHeaderBytes; byte += 1) writer.uint8(0)
  write(writer, patches)
  const frame = writer.take()
  for (let at = 0; at < patches.length; at += 2) frame.writeUInt32LE(patches[at + 1] ?? 0, patches[at] ?? 0)
  sealFrame(frame, 0, frame.length, false)
  return frame
}

/** Frames as one segment of their own: what travels between machines has the form of what lies on a disk. */
export const packFrames = (frames: readonly Buffer[]): Buffer =>
  Buffer.concat([newSegmentHeader(), ...frames])

type Waiting = { frame: Buffer; resolve(): void; reject(error: unknown): void }

/**
 * Sends frames in turns: what comes while one is under way goes with the next, at most `mostBytes` at once. `send`
 * resolves when they are durable; what it throws is what each of its requests is answered.
 */
export function createFrameSender(options: { send: (frames: Buffer[]) => Promise<void>; mostBytes: number }) {
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let flyingBytes = 0
  let turn: Promise<void> | undefined

  function takeSome(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { frame } of waiting) {
      if (count > 0 && bytes + frame.length > options.mostBytes) break
      bytes += frame.length
      count += 1
    }
    const some = waiting.slice(0, count)
    waiting = waiting.slice(count)
    waitingBytes -= bytes
    flyingBytes = bytes
    return some
  }

  async function run(): Promise<void> {
    // Requests of the same moment join the first turn.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const some = takeSome()
      try {
        await options.send(some.map(({ frame }) => frame))
        for (const one of some) one.resolve()
      } catch (error) {
        for (const one of some) one.reject(error)
      }
      flyingBytes = 0
    }
    turn = undefined
  }

  return {
    /** Bytes that are not durable yet. */
    bytes: () => waitingBytes + flyingBytes,
    add(frame: Buffer): Promise<void> {
      return new Promise((resolve, reject) => {
        waiting.push({ frame, resolve, reject })
        waitingBytes += frame.length
        turn ??= run()
      })
    },
    async end(): Promise<void> {
      await turn
    },
  }
}
