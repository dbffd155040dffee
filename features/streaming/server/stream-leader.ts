import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Who holds this is the process that streams. */
const leaderLock = 4611
/** The channel on which loaders say that they have touched somebody. */
const channel = 'event_touch'
/** Without a hint a leader looks again after this long, and others whether there is still a leader. */
const idleMs = 500
const followerMs = 1_000
const tickEveryMs = 15_000
const beatEveryMs = 2_000
const longestPauseMs = 5_000

/**
 * Streams in one process of all: the one that holds a lock of its session, so that a killed leader is followed within a second
 * or two. Hints of the loaders wake it; a short timer sees to it that none is needed.
 */
export function createStreamLeader(deps: {
  pg: Postgres
  /** Does one pass in turn; false: nothing waits. */
  runOne: () => Promise<boolean>
  /** Touches whoever time has moved. */
  tick: () => Promise<unknown>
  /** Tells the facts of refreshes whose process has ended. */
  tellLeft: (afterSeconds?: number) => Promise<unknown>
  noteError: (error: unknown) => Promise<unknown>
  log: (error: unknown, message: string) => void
}) {
  const { pg, log } = deps
  const name = randomUUID()
  let isStopped = true
  let running: Promise<void> | undefined
  let wake: (() => void) | undefined
  let isHinted = false
  let tickedAt = Number.NEGATIVE_INFINITY
  let beatAt = Number.NEGATIVE_INFINITY

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (isStopped || isHinted) return resolve()
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const hint = () => {
    isHinted = true
    wake?.()
  }

  /** Tries to become the leader; the session that holds the lock also hears the hints. */
  async function enter(): Promise<{ client: PoolClient; isLost: () => boolean } | undefined> {
    const client = await pg.pool.connect()
    let isLost = false
    try {
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS got', [leaderLock])
      if (rows[0]?.got !== true) {
        client.release()
        return undefined
      }
      await client.query(
        'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3',
      )
      client.on('notification', hint)
      client.once('error', () => {
        isLost = true
        hint()
      })
      await client.query(`LISTEN ${channel}`)
      return { client, isLost: () => isLost }
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async function beat(): Promise<void> {
    if (performance.now() - beatAt < beatEveryMs) return
    beatAt = performance.now()
    await pg.execute(sql`UPDATE stream_state SET leader = ${name}, beat_at = clock_timestamp()`)
  }

  async function lead(isLost: () => boolean): Promise<void> {
    await deps.tellLeft(0)
    while (!isStopped && !isLost()) {
      isHinted = false
      await beat()
      if (performance.now() - tickedAt >= tickEveryMs) {
        tickedAt = performance.now()
        await deps.tick()
        await deps.tellLeft()
      }
      if (!(await deps.runOne())) await pause(idleMs)
    }
  }

  async function turn(): Promise<void> {
    const entered = await enter()
    if (!entered) return pause(followerMs)
    try {
      await lead(entered.isLost)
    } finally {
      // A session that ends gives its lock back, whatever state it is in.
      entered.client.release(true)
    }
  }

  async function run(): Promise<void> {
    let pauseMs = 200
    while (!isStopped) {
      try {
        await turn()
        pauseMs = 200
      } catch (error) {
        if (pauseMs === 200) log(error, 'streaming waits')
        await deps.noteError(error).catch(() => undefined)
        isHinted = false
        await pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    }
  }

  return {
    start(): void {
      if (!isStopped) return
      isStopped = false
      running = run()
    },
    /** Ends after the pass under way. */
    async stop(): Promise<void> {
      isStopped = true
      wake?.()
      await running
    },
  }
}
