import type { IdentityLoading } from '#features/ingest/server/identity-loading.ts'
import { type LoadDeps, loadRecords } from '#features/ingest/server/load-segment.ts'
import type { RoadOut } from '#features/ingest/server/road.ts'
import type { Log, SealedSegment } from '#features/ingest/server/spool.ts'
import { newSpooled, readRecords, type Spooled } from '#features/ingest/server/spool-read.ts'
import type { SegmentContent } from '#features/ingest/server/spool-segment.ts'
import type { Clock } from '#platform/common/clock.ts'

export type LoaderDeps = Omit<LoadDeps, 'identity'> & {
  identity: Pick<IdentityLoading, 'identify' | 'copyVer' | 'settle' | 'recover'>
  spool: RoadOut
  clock: Clock
  log: Log
}

const firstPauseMs = 100
const longestPauseMs = 15_000

/** The records of a segment, or undefined when they aren't what we write. */
function decode(content: SegmentContent): Spooled | undefined {
  const spooled = newSpooled()
  try {
    for (const frame of content.frames) readRecords(frame, spooled)
    return spooled
  } catch {
    return undefined
  }
}

/**
 * Loads segments one after the other, in the order they were acknowledged. A failing engine makes it wait and try again;
 * the spool holds what comes meanwhile. A segment that cannot be read is set aside, and the others go on.
 */
export function createLoader(deps: LoaderDeps) {
  const { spool, log, clock } = deps
  let isStopped = true
  let running: Promise<void> | undefined
  let wakeUp: (() => void) | undefined
  let isIdle = false
  let loaded = 0
  let brokenSegments = 0
  let lastLoadAt: Date | undefined
  let lastError: string | undefined

  async function setAside(segment: SealedSegment, reason: string): Promise<void> {
    await spool.setAside(segment)
    brokenSegments += 1
    log(undefined, `spool segment ${segment.name} was moved to the folder broken: ${reason}`)
  }

  async function loadOne(segment: SealedSegment): Promise<void> {
    const content = await spool.read(segment)
    // A process killed while it made the file: nothing in it can have been acknowledged.
    if (content.id === undefined && segment.isTorn && segment.bytes <= content.goodBytes + 24)
      return spool.remove(segment)
    if (content.id === undefined) return setAside(segment, 'it has no header of ours')
    const spooled = decode(content)
    if (!spooled) return setAside(segment, 'its records cannot be read')
    const refused = await loadRecords(deps, content.id, spooled)
    if (refused > 0) log(undefined, `the warehouse refuses ${refused} events; they stand among the rejects`)
    loaded += spooled.ready.reduce((sum, one) => sum + one.count, spooled.events.length) - refused
    lastLoadAt = clock.now()
    if (content.goodBytes < segment.bytes && !segment.isTorn) return setAside(segment, 'its end is damaged')
    await spool.remove(segment)
  }

  const pause = (ms: number | undefined) =>
    new Promise<void>((resolve) => {
      if (isStopped) return resolve()
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function idle(): Promise<void> {
    isIdle = true
    await pause(undefined)
    isIdle = false
  }

  async function run(): Promise<void> {
    let pauseMs = firstPauseMs
    let isRecovered = false
    while (!isStopped) {
      try {
        if (!isRecovered) await deps.identity.recover()
        isRecovered = true
        const segment = spool.first()
        if (segment) await loadOne(segment)
        else await idle()
        pauseMs = firstPauseMs
        lastError = undefined
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error)
        if (pauseMs === firstPauseMs) log(error, 'events cannot be loaded; they wait in the spool')
        await pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
      for (const check of [...waiting]) check()
    }
  }

  const waiting = new Set<() => void>()
  // A loader that waits because the engine failed isn't hurried by what still comes in.
  spool.onSealed(() => {
    if (isIdle) wakeUp?.()
  })

  return {
    start(): void {
      if (!isStopped) return
      isStopped = false
      running = run()
    },
    /** Ends after the segment under way. */
    async stop(): Promise<void> {
      isStopped = true
      wakeUp?.()
      await running
    },
    /** Waits until everything acknowledged so far is loaded; false when that took too long. */
    async drain(timeoutMs: number): Promise<boolean> {
      await spool.seal()
      const last = spool.last()
      if (!last) return true
      wakeUp?.()
      return new Promise((resolve) => {
        const end = (isDone: boolean) => {
          clearTimeout(timer)
          waiting.delete(check)
          resolve(isDone)
        }
        const check = () => {
          if (!spool.has(last)) end(true)
        }
        const timer = setTimeout(() => end(false), timeoutMs)
        waiting.add(check)
      })
    },
    status: () => ({ loaded, brokenSegments, lastLoadAt, lastError }),
  }
}

export type Loader = ReturnType<typeof createLoader>
