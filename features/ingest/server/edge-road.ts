import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { createEdgeCopies, type Turn } from '#features/ingest/server/edge-copies.ts'
import type { Upstreams } from '#features/ingest/server/forward-client.ts'
import type { RoadIn } from '#features/ingest/server/road.ts'
import { createFrameSender, encodeFrame, packFrames } from '#features/ingest/server/road-frames.ts'
import { type Log, openSpool } from '#features/ingest/server/spool.ts'
import { frameHeaderBytes } from '#features/ingest/server/spool-segment.ts'
import { AppError } from '#platform/common/errors.ts'

const mostSendBytes = 4 * 1024 * 1024
const mostWaitingBytes = 128 * 1024 * 1024
/** After nobody took a segment, requests are answered at once for so long. */
const restMs = 500

/** The road of an edge: `append` resolves once this disk and a collect process both have it. */
export async function openEdgeRoad(deps: {
  dir: string
  limitBytes: number
  upstreams: Upstreams
  nowMs: () => number
  log: Log
}): Promise<RoadIn & { start(): void }> {
  const { upstreams, nowMs, log } = deps
  const spool = await openSpool({ dir: deps.dir, limitBytes: deps.limitBytes, log })
  const copies = createEdgeCopies({ spool, upstreams, nowMs, log })
  let restUntilMs = 0
  let isClosed = false
  let hasFailed = false

  async function keep(frames: readonly Buffer[], turn: Turn): Promise<void> {
    await spool.append((writer) => {
      for (const frame of frames) writer.fixedBytes(frame.subarray(frameHeaderBytes))
    })
    copies.wrote(turn)
  }

  async function hand(frames: readonly Buffer[], turn: Turn): Promise<void> {
    try {
      copies.placed(turn, await upstreams.hand(packFrames(frames)))
      hasFailed = false
    } catch (error) {
      turn.placed = 'failed'
      restUntilMs = nowMs() + restMs
      if (!hasFailed) log(error, 'no collect process takes events; they are answered with 503')
      hasFailed = true
      throw error instanceof AppError ? error : ingestError('SPOOL_UNAVAILABLE', {})
    }
  }

  async function send(frames: Buffer[]): Promise<void> {
    const turn: Turn = { placed: 'open' }
    const results = await Promise.allSettled([keep(frames, turn), hand(frames, turn)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
  const sender = createFrameSender({ send, mostBytes: mostSendBytes })

  return {
    start: copies.start,
    async append(write) {
      if (isClosed || nowMs() < restUntilMs) throw ingestError('SPOOL_UNAVAILABLE', {})
      const { bytes } = spool.status()
      if (bytes + sender.bytes() > deps.limitBytes || sender.bytes() > mostWaitingBytes)
        throw ingestError('SPOOL_FULL', {})
      await sender.add(encodeFrame(write))
    },
    status: () => spool.status(),
    async close() {
      isClosed = true
      await sender.end()
      await copies.stop()
      await spool.close()
    },
  }
}
