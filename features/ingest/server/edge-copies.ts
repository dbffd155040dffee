import type { PlacedMark, Upstreams } from '#features/ingest/server/forward-client.ts'
import type { Position } from '#features/ingest/server/forward-wire.ts'
import { packFrames } from '#features/ingest/server/road-frames.ts'
import type { Log, SealedSegment, Spool } from '#features/ingest/server/spool.ts'
import { sealFrame } from '#features/ingest/server/spool-segment.ts'

/** One write of the edge: where the other machine put it; `failed` was answered with 503 and is nobody's. */
export type Turn = { placed: PlacedMark | 'open' | 'failed' }

const everyMs = 250
/** A collect process that does not answer for so long may never come back: its share is handed over again. */
const lostMs = 30_000

const framed = (content: Buffer): Buffer => {
  const frame = Buffer.concat([Buffer.alloc(9), content])
  sealFrame(frame, 0, frame.length, false)
  return frame
}

/**
 * The edge's own copy of what it handed over: a segment goes only when the other machine has it in the warehouse (or in
 * Kafka). Until then two machines have it. What an earlier run left, and what a lost machine had, is handed over again.
 */
export function createEdgeCopies(deps: {
  spool: Spool
  upstreams: Upstreams
  nowMs: () => number
  log: Log
}) {
  const { spool, upstreams } = deps
  const turnsOf = new Map<string, Turn[]>()
  const answeredAt = new Map<string, number>()
  let open: Turn[] = []
  let timer: NodeJS.Timeout | undefined
  let checking: Promise<void> | undefined
  let isStopped = false

  spool.onSealed(() => {
    const last = spool.last()
    if (last) turnsOf.set(last.name, open)
    open = []
  })

  async function handAgain(segment: SealedSegment): Promise<void> {
    const { frames } = await spool.read(segment)
    const turn: Turn = { placed: 'failed' }
    if (frames.length > 0) turn.placed = await upstreams.hand(packFrames(frames.map(framed)))
    turnsOf.set(segment.name, [turn])
  }

  /** Positions of the machines asked in one round, each once; undefined: no answer. */
  function createRound() {
    const asked = new Map<string, Promise<Position | undefined>>()
    return (url: string): Promise<Position | undefined> => {
      const known = asked.get(url)
      if (known) return known
      const answer = upstreams.position(url).then(
        (position) => {
          answeredAt.set(url, deps.nowMs())
          return position
        },
        () => undefined,
      )
      asked.set(url, answer)
      return answer
    }
  }

  async function stateOf(
    { placed }: Turn,
    positionOf: (url: string) => Promise<Position | undefined>,
  ): Promise<'loaded' | 'waiting' | 'lost'> {
    if (placed === 'failed') return 'loaded'
    if (placed === 'open') return 'waiting'
    if (placed.mark < 0) return 'loaded'
    const position = await positionOf(placed.url)
    if (position) {
      if (position.instance !== placed.instance) return 'lost'
      return placed.mark < position.loadedBelow ? 'loaded' : 'waiting'
    }
    return deps.nowMs() - (answeredAt.get(placed.url) ?? 0) > lostMs ? 'lost' : 'waiting'
  }

  async function check(): Promise<void> {
    const positionOf = createRound()
    for (let segment = spool.first(); segment && !isStopped; segment = spool.first()) {
      const turns = turnsOf.get(segment.name)
      const states = await Promise.all((turns ?? []).map((turn) => stateOf(turn, positionOf)))
      if (!turns || states.includes('lost')) await handAgain(segment)
      else if (states.every((state) => state === 'loaded')) {
        await spool.remove(segment)
        turnsOf.delete(segment.name)
      } else return
    }
  }

  function again(): void {
    if (isStopped) return
    timer = setTimeout(() => {
      checking = check()
        .catch((error: unknown) => deps.log(error, 'copies could not be handed over; they are kept'))
        .finally(again)
    }, everyMs)
  }

  return {
    /** Remembers a write that is on this disk now; to be called before anything else is written. */
    wrote(turn: Turn): void {
      if (typeof turn.placed === 'object') answeredAt.set(turn.placed.url, deps.nowMs())
      open.push(turn)
    },
    placed(turn: Turn, placed: PlacedMark): void {
      turn.placed = placed
      answeredAt.set(placed.url, deps.nowMs())
    },
    start: again,
    /** Waits, for so long, until nothing is left that only this machine keeps a copy of. */
    async stop(): Promise<void> {
      isStopped = true
      clearTimeout(timer)
      await checking
    },
  }
}
