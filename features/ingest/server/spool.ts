import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { Patches } from '#features/ingest/server/spool-record.ts'
import {
  frameHeaderBytes,
  newSegmentHeader,
  readSegment,
  type SegmentContent,
  sealFrame,
  segmentHeaderBytes,
} from '#features/ingest/server/spool-segment.ts'
import { createRowBinaryWriter, type RowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

/** Says what a person or an operator may have to know. */
export type Log = (error: unknown, message: string) => void

export type SpoolOptions = {
  dir: string
  limitBytes: number
  log: Log
  segmentBytes?: number
  segmentMs?: number
}

/** A segment nobody writes to any more. */
export type SealedSegment = {
  readonly name: string
  bytes: number
  /** Left by a process that ended, or by a write that failed: what follows its last whole frame was never acknowledged. */
  readonly isTorn: boolean
}

type Waiter = { resolve(): void; reject(error: unknown): void }
type OpenSegment = { handle: FileHandle; name: string; bytes: number }

export type Spool = Awaited<ReturnType<typeof openSpool>>

/** Most bytes that may wait for one write: more means that the disk can't keep up. */
const mostPendingBytes = 256 * 1024 * 1024
const usualBatchBytes = 65_536

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function findLeft(dir: string): Promise<SealedSegment[]> {
  const names = (await readdir(dir)).filter((name) => /^\d{16}\.spool$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(join(dir, name))).size, isTorn: true })),
  )
}

/**
 * The road between acknowledging and loading: segment files, appended with group commit. Requests that come while a
 * write is under way share the next one; each is answered after `fdatasync`. One process owns the folder.
 */
export async function openSpool(options: SpoolOptions) {
  const { dir, log, segmentBytes = 64 * 1024 * 1024, segmentMs = 250 } = options
  const brokenDir = join(dir, 'broken')
  await mkdir(brokenDir, { recursive: true, mode: 0o700 })
  const sealed = await findLeft(dir)
  let totalBytes = sealed.reduce((sum, segment) => sum + segment.bytes, 0)
  let nextNumber = Math.max(Date.now(), Number(sealed.at(-1)?.name.slice(0, 16) ?? 0) + 1)
  let writer = createRowBinaryWriter(usualBatchBytes)
  let patches: Patches = []
  let frames: { start: number; end: number; isVoid: boolean }[] = []
  let waiters: Waiter[] = []
  let current: OpenSegment | undefined
  let turn: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let sealers: (() => void)[] = []
  let isClosed = false
  let onSealed: () => void = () => {}

  async function openSegment(): Promise<OpenSegment> {
    const name = `${String(nextNumber).padStart(16, '0')}.spool`
    nextNumber += 1
    const handle = await open(join(dir, name), 'wx', 0o600)
    try {
      await handle.write(newSegmentHeader())
      await handle.datasync()
      await syncDir(dir)
    } catch (error) {
      await handle.close().catch(() => {})
      await unlink(join(dir, name)).catch(() => {})
      throw error
    }
    totalBytes += segmentHeaderBytes
    sealLater(4)
    return { handle, name, bytes: segmentHeaderBytes }
  }

  /** Large segments cost the warehouse less: while the loader is busy, the open one may grow for some more turns. */
  function sealLater(turns: number): void {
    timer = setTimeout(() => {
      if (sealed.length > 0 && turns > 1) sealLater(turns - 1)
      else void seal()
    }, segmentMs)
  }

  async function closeSegment(isTorn = false): Promise<void> {
    if (!current) return
    clearTimeout(timer)
    const { handle, name, bytes } = current
    current = undefined
    await handle.close().catch((error: unknown) => log(error, `spool segment ${name} closed badly`))
    sealed.push({ name, bytes, isTorn })
    onSealed()
  }

  /** A frame that could not be encoded stays in the buffer, marked as void. */
  function encodeFrame(write: (writer: RowBinaryWriter, patches: Patches) => void): void {
    const start = writer.length
    const patchCount = patches.length
    for (let byte = 0; byte < frameHeaderBytes; byte += 1) writer.uint8(0)
    try {
      write(writer, patches)
      frames.push({ start, end: writer.length, isVoid: false })
    } catch (error) {
      patches.length = patchCount
      frames.push({ start, end: writer.length, isVoid: true })
      throw error
    }
  }

  function takeBatch() {
    const batch = { bytes: writer.length, waiters, buffer: writer.take() }
    for (let at = 0; at < patches.length; at += 2)
      batch.buffer.writeUInt32LE(patches[at + 1] ?? 0, patches[at] ?? 0)
    for (const { start, end, isVoid } of frames) sealFrame(batch.buffer, start, end, isVoid)
    // A writer grown by one large batch would go on handing out buffers of that size.
    if (batch.buffer.buffer.byteLength > 16 * Math.max(batch.bytes, usualBatchBytes))
      writer = createRowBinaryWriter(usualBatchBytes)
    patches = []
    frames = []
    waiters = []
    return batch
  }

  /** What was written badly must not be loaded: the segment is cut back to what was acknowledged and given up. */
  async function abandonTail(error: unknown): Promise<void> {
    log(error, 'the spool cannot be written')
    if (!current) return
    await current.handle.truncate(current.bytes).catch(() => {})
    await closeSegment(true)
  }

  async function writeBatch(): Promise<void> {
    const batch = takeBatch()
    try {
      current ??= await openSegment()
      for (let done = 0; done < batch.bytes; ) {
        const { bytesWritten } = await current.handle.write(
          batch.buffer,
          done,
          batch.bytes - done,
          current.bytes + done,
        )
        done += bytesWritten
      }
      await current.handle.datasync()
    } catch (error) {
      await abandonTail(error)
      const answer = ingestError('SPOOL_UNAVAILABLE', {})
      for (const waiter of batch.waiters) waiter.reject(answer)
      return
    }
    current.bytes += batch.bytes
    totalBytes += batch.bytes
    for (const waiter of batch.waiters) waiter.resolve()
  }

  /** Lets requests of the same moment join before the first write of a turn. */
  async function runTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (waiters.length > 0 || sealers.length > 0) {
      const asked = sealers
      sealers = []
      if (waiters.length > 0) await writeBatch()
      if (asked.length > 0 || (current?.bytes ?? 0) >= segmentBytes) await closeSegment()
      for (const resolve of asked) resolve()
    }
  }

  function wake(): void {
    turn ??= runTurn().finally(() => {
      turn = undefined
      if (waiters.length > 0 || sealers.length > 0) wake()
    })
  }

  /** Hands what is acknowledged so far to the loader. */
  async function seal(): Promise<void> {
    // A segment that is being closed right now is in neither list yet: its turn must end first.
    if (!current && waiters.length === 0 && !turn) return
    await new Promise<void>((resolve) => {
      sealers.push(resolve)
      wake()
    })
  }

  return {
    dir,
    /** Writes one request's records and resolves once they are on disk. `write` must be synchronous. */
    append(write: (writer: RowBinaryWriter, patches: Patches) => void): Promise<void> {
      if (isClosed) throw ingestError('SPOOL_UNAVAILABLE', {})
      if (totalBytes + writer.length > options.limitBytes || writer.length > mostPendingBytes)
        throw ingestError('SPOOL_FULL', {})
      encodeFrame(write)
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
        wake()
      })
    },
    seal,
    /** The oldest segment that can be loaded. */
    first: (): SealedSegment | undefined => sealed[0],
    last: (): SealedSegment | undefined => sealed.at(-1),
    /** Whether the segment still waits for the loader. */
    has: (segment: SealedSegment): boolean => sealed.includes(segment),
    async read(segment: SealedSegment): Promise<SegmentContent> {
      const bytes = await readFile(join(dir, segment.name))
      const content = readSegment(bytes)
      if (content.goodBytes < bytes.length && segment.isTorn) {
        const lost = bytes.subarray(content.goodBytes)
        log(
          undefined,
          `spool segment ${segment.name}: ${lost.length} bytes at its torn end were never acknowledged`,
        )
        await writeFile(join(brokenDir, `${segment.name}.tail`), lost, { mode: 0o600 })
      }
      return content
    },
    /** Removes a segment whose rows are in the warehouse. */
    async remove(segment: SealedSegment): Promise<void> {
      await unlink(join(dir, segment.name))
      sealed.splice(sealed.indexOf(segment), 1)
      totalBytes -= segment.bytes
    },
    /** Moves a segment that cannot be read out of the way; it is never deleted. */
    async setAside(segment: SealedSegment): Promise<void> {
      await rename(join(dir, segment.name), join(brokenDir, segment.name))
      await syncDir(dir)
      sealed.splice(sealed.indexOf(segment), 1)
      totalBytes -= segment.bytes
    },
    onSealed(listener: () => void): void {
      onSealed = listener
    },
    status: () => ({ bytes: totalBytes, segments: sealed.length + (current ? 1 : 0) }),
    /** Numbers of the oldest segment that still waits and of the newest there has been; all older ones are loaded. */
    position: () => ({
      oldest: Number((sealed[0] ?? current)?.name.slice(0, 16) ?? nextNumber),
      newest: nextNumber - 1,
    }),
    async close(): Promise<void> {
      isClosed = true
      await seal()
      while (turn) await turn
    },
  }
}
