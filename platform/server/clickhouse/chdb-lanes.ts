import { createRequire } from 'node:module'
import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import type { Lane, QueryOptions } from './clickhouse.ts'
import { clickhouseFailure } from './clickhouse-failure.ts'
import { laneMaxExecutionMs, literal, pinnedSettings, querySettings } from './clickhouse-settings.ts'

/** The parts of a chDB session that are used here; the package is CommonJS and its types aren't exported for ESM. */
export type ChdbSession = {
  queryAsync(text: string, options: { format: string }): Promise<{ text(): string; bytes(): Uint8Array }>
  queryStream(text: string, options: { format: string }): AsyncIterable<{ text(): string }>
  insert(options: { table: string; values: Buffer; format: string }): Promise<unknown>
  close(): void
}
type Chdb = {
  Session: new (path: string, options: { connectionArgs: string[] }) => ChdbSession
  drainPending(): Promise<void>
}

/** Loads the engine only when it is needed: a process that uses a server never maps its 570 MB. */
export const loadChdb = (): Chdb => createRequire(import.meta.url)('chdb') as Chdb

type Connection = { session: ChdbSession; overridden: Set<string> }
type Waiter = (connection: Connection) => void
type Pool = { idle: Connection[]; waiting: Waiter[]; all: Connection[] }

const setText = (name: string, value: string | number) =>
  `${name} = ${typeof value === 'number' ? value : literal(value)}`
let tagCount = 0

const createPool = (count: number, open: () => ChdbSession): Pool => {
  const all = Array.from({ length: count }, () => ({ session: open(), overridden: new Set<string>() }))
  return { idle: [...all], waiting: [], all }
}

/** Takes the idle connection that was used last, or waits in line, at most as long as the query may run. */
const acquire = (pool: Pool, options: QueryOptions): Promise<Connection> => {
  const idle = pool.idle.pop()
  if (idle) return Promise.resolve(idle)
  return new Promise((resolve, reject) => {
    const lane = options.lane ?? 'interactive'
    const maxExecutionMs = options.maxExecutionMs ?? laneMaxExecutionMs[lane]
    const leave = (error: Error) => {
      pool.waiting = pool.waiting.filter((other) => other !== waiter)
      stop()
      reject(error)
    }
    const timer = setTimeout(
      () => leave(clickhouseErrors('CLICKHOUSE_TIMEOUT', { lane, maxExecutionMs })),
      maxExecutionMs,
    )
    const onAbort = () => leave(clickhouseErrors('CLICKHOUSE_ABORTED', {}))
    const stop = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
    }
    const waiter: Waiter = (connection) => {
      stop()
      resolve(connection)
    }
    options.signal?.addEventListener('abort', onAbort, { once: true })
    pool.waiting.push(waiter)
  })
}

const release = (pool: Pool, connection: Connection): void => {
  const next = pool.waiting.shift()
  if (next) next(connection)
  else pool.idle.push(connection)
}

/** Sets what this query needs and takes back what the one before had set: a chDB session keeps its settings. */
const applySettings = async (
  connection: Connection,
  options: QueryOptions,
  params: Record<string, string>,
  tag: string,
): Promise<void> => {
  const own = querySettings(options)
  const stale = [...connection.overridden].filter((name) => !(name in own))
  const parts = [
    ...stale.map((name) =>
      name in pinnedSettings ? setText(name, pinnedSettings[name]!) : `${name} = DEFAULT`,
    ),
    ...Object.entries(own).map(([name, value]) => setText(name, value)),
    `log_comment = ${literal(tag)}`,
    ...Object.entries(params).map(([name, text]) => `param_${name} = ${literal(text)}`),
  ]
  connection.overridden = new Set([...connection.overridden, ...Object.keys(own)])
  await connection.session.queryAsync(`SET ${parts.join(', ')}`, { format: 'Null' })
  connection.overridden = new Set(Object.keys(own))
}

/** chDB keeps a failed query, with its memory, among the running ones until the connection's next statement. */
const forgetFailed = (connection: Connection): Promise<unknown> =>
  connection.session.queryAsync("SET log_comment = ''", { format: 'Null' }).catch(() => undefined)

/**
 * The connections of one data directory, by lane. A chDB connection runs one query at a time, so lanes don't share any.
 *
 * Parameters are bound by `SET param_…` on the connection and not by `queryBindAsync`: that one runs all bound queries
 * of the process one after the other, so a job of a minute would hold every screen.
 */
export function createChdbLanes(open: () => ChdbSession, counts: Record<Lane, number>) {
  const pools: Record<Lane, Pool> = {
    interactive: createPool(counts.interactive, open),
    jobs: createPool(counts.jobs, open),
    load: createPool(counts.load, open),
  }
  // Never runs a query of a caller, so that a KILL always finds it free.
  const control = open()
  const running = new Set<string>()
  let isClosed = false
  let killing: Promise<unknown> = Promise.resolve()

  const kill = (tag: string): Promise<unknown> => {
    killing = killing
      .then(() =>
        control.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${literal(tag)} ASYNC`, {
          format: 'Null',
        }),
      )
      .catch(() => undefined)
    return killing
  }
  /** A kill that comes before the engine knows the query finds nothing: repeat until it has ended. */
  const killUntilEnded = (tag: string) => {
    if (!running.has(tag)) return
    void kill(tag).then(() => setTimeout(() => killUntilEnded(tag), 20).unref())
  }

  /** Runs work on a connection of the lane, with settings and parameters applied; abort ends the engine's work too. */
  async function run<T>(
    options: QueryOptions,
    params: Record<string, string>,
    work: (session: ChdbSession) => Promise<T>,
  ): Promise<T> {
    const stream = runStream(options, params, async function* (session) {
      yield await work(session)
    })
    for await (const result of stream) return result
    throw new Error('unreachable')
  }

  async function* runStream<T>(
    options: QueryOptions,
    params: Record<string, string>,
    work: (session: ChdbSession) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    if (isClosed) throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: 'it has been closed' })
    if (options.signal?.aborted) throw clickhouseErrors('CLICKHOUSE_ABORTED', {})
    const pool = pools[options.lane ?? 'interactive']
    const connection = await acquire(pool, options)
    tagCount += 1
    const tag = `zhike-${tagCount}`
    running.add(tag)
    const onAbort = () => killUntilEnded(tag)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      if (isClosed) throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: 'it has been closed' })
      await applySettings(connection, options, params, tag)
      if (options.signal?.aborted) throw clickhouseErrors('CLICKHOUSE_ABORTED', {})
      for await (const item of work(connection.session)) {
        yield item
        if (options.signal?.aborted) throw clickhouseErrors('CLICKHOUSE_ABORTED', {})
      }
    } catch (error) {
      await forgetFailed(connection)
      throw clickhouseFailure(error, options)
    } finally {
      running.delete(tag)
      options.signal?.removeEventListener('abort', onAbort)
      release(pool, connection)
    }
  }

  /** Ends what runs, then lets go of the connections: closing under a running query would abort the engine. */
  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    for (const tag of running) killUntilEnded(tag)
    const lanes = Object.values(pools)
    await Promise.all(lanes.flatMap((pool) => pool.all.map(() => acquire(pool, { maxExecutionMs: 60_000 }))))
    await killing
    for (const pool of lanes) for (const connection of pool.all) connection.session.close()
    control.close()
  }

  const sessions = [
    control,
    ...Object.values(pools).flatMap((pool) => pool.all.map(({ session }) => session)),
  ]
  return { run, runStream, close, sessions }
}
