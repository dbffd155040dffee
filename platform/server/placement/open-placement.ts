import type pg from 'pg'
import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import { renderPostgres, type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '../postgres/postgres.ts'
import type { Placement, PlacementSource } from './placement.ts'
import { loadPlacement } from './placement-store.ts'

/** First keys of the advisory locks; the second is the version. */
export const lockKeys = { reads: 195_401, writes: 195_402, mover: 195_403 } as const

type Epoch = {
  placement: Placement
  session: Session
  /** Writers wait: told together with the version, so that none slips into an old one. */
  isPaused: boolean
  reads: number
  writes: number
}
type Head = { version: number; is_paused: boolean; is_abandoned: boolean }

/** The newest version; whether writers must wait, only while the mover that asked for it lives; a move without a mover. */
const head = sql`
  SELECT s.version, s.is_paused AND m.lives AS is_paused,
    NOT m.lives AND EXISTS (SELECT FROM placement_move AS o WHERE o.state <> 'done') AS is_abandoned
  FROM placement_state AS s CROSS JOIN (SELECT EXISTS (
    SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = ${lockKeys.mover}::bigint::oid AND l.granted
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS lives) AS m`

type Session = { client: pg.PoolClient; runner: PgRunner }

/** One statement at a time on one connection; those sent side by side wait for each other. */
const openSession = (client: pg.PoolClient, pg: Postgres): Session => {
  let last: Promise<unknown> = Promise.resolve()
  const run = (fragment: Sql) => {
    const turn = last.then(() => client.query(renderPostgres(fragment)))
    last = turn.catch(() => undefined)
    return turn
  }
  const runner: PgRunner = {
    query: async <R>(fragment: Sql) => (await run(fragment)).rows as R[],
    first: async <R>(fragment: Sql) => (await run(fragment)).rows[0] as R | undefined,
    execute: async (fragment) => (await run(fragment)).rowCount ?? 0,
    copyIn: pg.copyIn,
  }
  return { client, runner }
}

/**
 * Follows the placement kept in PostgreSQL. A shared lock per version says that this process may still be working with
 * it; the lock goes when the last piece of such work ends, so whoever gets the exclusive one knows that none is left.
 */
export async function openPlacement(
  pg: Postgres,
  options: { pollMs?: number } = {},
): Promise<PlacementSource> {
  const pollMs = options.pollMs ?? 200
  const listeners: ((version: number) => void)[] = []
  const helpers: (() => Promise<void>)[] = []
  let isHelped = false
  const epochs = new Map<number, Epoch>()
  let session: Session | undefined
  let current: Epoch | undefined
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let refreshing: Promise<void> | undefined
  const waiting: (() => void)[] = []

  /** The session and its locks are gone: nothing may start until there are new ones. */
  const lose = (lost: Session) => {
    if (session !== lost) return
    session = undefined
    current = undefined
    lost.client.release(true)
  }

  async function connect(): Promise<Session> {
    if (session) return session
    const client = await pg.pool.connect()
    const opened = openSession(client, pg)
    client.once('error', () => lose(opened))
    client.once('end', () => lose(opened))
    session = opened
    return opened
  }

  /** Takes the newest version. Another one may come before the locks are held, so it is looked at again. */
  async function adopt(opened: Session, { version, is_paused: isPaused }: Head): Promise<void> {
    await opened.runner.execute(
      sql`SELECT pg_advisory_lock_shared(${lockKeys.reads}::int, ${version}::int),
        pg_advisory_lock_shared(${lockKeys.writes}::int, ${version}::int)`,
    )
    const placement = await loadPlacement(opened.runner)
    const before = current
    if (placement?.version === version) {
      current = { placement, session: opened, isPaused, reads: 0, writes: 0 }
      epochs.set(version, current)
    } else await unlock(opened, version, ['reads', 'writes'])
    if (before && before !== current) await leave(before, true)
  }

  const unlock = async (
    held: Session,
    version: number,
    kinds: readonly ('reads' | 'writes')[],
  ): Promise<void> => {
    // The locks of a lost session went with it.
    if (held !== session) return
    for (const kind of kinds)
      await held.runner.execute(
        sql`SELECT pg_advisory_unlock_shared(${lockKeys[kind]}::int, ${version}::int)`,
      )
  }

  /** Gives back the locks of a version that is no longer current, as its work ends. */
  async function leave(epoch: Epoch, isBoth = false, ended?: 'reads' | 'writes'): Promise<void> {
    if (epoch === current) return
    const { version } = epoch.placement
    const free = (['reads', 'writes'] as const).filter(
      (kind) => epoch[kind] === 0 && (isBoth || kind === ended),
    )
    if (epoch.reads + epoch.writes === 0) {
      epochs.delete(version)
      for (const listener of listeners) listener(version)
    }
    await unlock(epoch.session, version, free).catch(() => undefined)
  }

  /** Once for each mover that has gone, and again where it failed. */
  const help = (isAbandoned: boolean) => {
    if (isAbandoned && !isHelped)
      void Promise.all(helpers.map((helper) => helper())).catch(() => {
        isHelped = false
      })
    isHelped = isAbandoned
  }

  async function refresh(): Promise<void> {
    const opened = await connect()
    try {
      for (;;) {
        const found = await opened.runner.first<Head>(head)
        if (!found)
          throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: 'the cluster has no placement' })
        if (current?.placement.version === found.version) {
          current.isPaused = found.is_paused
          help(found.is_abandoned)
          break
        }
        await adopt(opened, found)
      }
    } catch (error) {
      lose(opened)
      throw error
    }
    for (const wake of waiting.splice(0)) wake()
  }

  /** One look at a time; those who ask meanwhile share it. */
  const refreshOnce = (): Promise<void> => {
    refreshing ??= refresh().finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  const schedule = () => {
    if (isClosed) return
    timer = setTimeout(
      () =>
        void refreshOnce()
          .catch(() => undefined)
          .then(schedule),
      pollMs,
    )
    timer.unref()
  }

  async function enter(kind: 'reads' | 'writes'): Promise<Epoch> {
    for (;;) {
      if (isClosed) throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: 'it has been closed' })
      if (!current) await refreshOnce()
      else if (kind === 'reads' || !current.isPaused) {
        current[kind] += 1
        return current
      } else await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  const exit = (epoch: Epoch, kind: 'reads' | 'writes') => {
    epoch[kind] -= 1
    if (epoch[kind] === 0) void leave(epoch, false, kind)
  }

  const during =
    (kind: 'reads' | 'writes') =>
    async <T>(work: (placement: Placement) => Promise<T>): Promise<T> => {
      const epoch = await enter(kind)
      try {
        return await work(epoch.placement)
      } finally {
        exit(epoch, kind)
      }
    }

  await refreshOnce()
  schedule()
  return {
    read: during('reads'),
    write: during('writes'),
    async begin() {
      const epoch = await enter('reads')
      return { placement: epoch.placement, end: () => exit(epoch, 'reads') }
    },
    onRetired: (listener) => void listeners.push(listener),
    onAbandoned: (helper) => void helpers.push(helper),
    async close() {
      isClosed = true
      clearTimeout(timer)
      for (const wake of waiting.splice(0)) wake()
      await refreshing?.catch(() => undefined)
      const last = session
      session = undefined
      current = undefined
      // Ending the session gives back every lock it holds.
      last?.client.release(true)
    },
  }
}
