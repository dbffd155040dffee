import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { postgresErrors } from '#platform/common/postgres-errors.ts'
import { identifier, joinSql, renderPostgres, type Sql, sql } from '#platform/common/sql.ts'
import { encodeCopy } from './copy-text.ts'
import { postgresTypes } from './postgres-types.ts'

type Rows = Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>

/** Runs statements, either each on its own or all in one transaction. */
export type PgRunner = {
  query<R>(fragment: Sql): Promise<R[]>
  first<R>(fragment: Sql): Promise<R | undefined>
  /** Gives the number of rows affected. */
  execute(fragment: Sql): Promise<number>
  /** Loads rows by COPY, as fast as the server takes them; gives their number. */
  copyIn(table: string, columns: readonly string[], rows: Rows): Promise<number>
}

/** A pool of connections to one database. */
export type Postgres = PgRunner & {
  transaction<T>(work: (tx: PgRunner) => Promise<T>): Promise<T>
  readonly pool: pg.Pool
  close(): Promise<void>
}

/** Hands out a connection for the time of one statement. */
type WithClient = <T>(use: (client: pg.ClientBase) => Promise<T>) => Promise<T>

const requiredVersion = 15

const dotted = (name: string): Sql => joinSql(name.split('.').map(identifier), sql`.`)

const lostClients = new WeakSet<pg.ClientBase>()

/** Resolves when a connection has done what was sent through it, or is no more. */
const untilIdle = (client: pg.ClientBase): Promise<void> =>
  new Promise((resolve) => {
    if (lostClients.has(client)) return resolve()
    const done = () => {
      client.off('drain', done)
      client.off('end', done)
      client.off('error', done)
      resolve()
    }
    client.on('drain', done)
    client.on('end', done)
    client.on('error', done)
  })

async function copyRows(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  rows: Rows,
): Promise<number> {
  const target = sql`COPY ${dotted(table)} (${joinSql(columns.map(identifier), sql`, `)}) FROM STDIN`
  const copy = client.query(copyFrom(renderPostgres(target).text))
  const isIdle = untilIdle(client)
  try {
    await pipeline(Readable.from(encodeCopy(columns.length, rows), { objectMode: false }), copy)
    return copy.rowCount
  } finally {
    // The stream fails before the server has finished with it: only then may the next statement use the connection.
    await isIdle
  }
}

function createRunner(withClient: WithClient): PgRunner {
  const run = (fragment: Sql) => withClient((client) => client.query(renderPostgres(fragment)))
  return {
    query: async <R>(fragment: Sql) => (await run(fragment)).rows as R[],
    first: async <R>(fragment: Sql) => (await run(fragment)).rows[0] as R | undefined,
    execute: async (fragment) => (await run(fragment)).rowCount ?? 0,
    copyIn: (table, columns, rows) => withClient((client) => copyRows(client, table, columns, rows)),
  }
}

/** After a FATAL the server has ended the connection, whether or not the client has noticed yet. */
const isFatal = (error: unknown): error is Error =>
  error instanceof Error && ['FATAL', 'PANIC'].includes((error as { severity?: string }).severity ?? '')

const poolClient =
  (pool: pg.Pool): WithClient =>
  async (use) => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      return await use(client)
    } catch (error) {
      if (isFatal(error)) broken = error
      throw error
    } finally {
      client.release(broken)
    }
  }

/** One connection does one thing at a time: statements sent side by side wait for each other. */
const oneByOne = (client: pg.ClientBase, isOpen: () => boolean): WithClient => {
  let last: Promise<unknown> = Promise.resolve()
  return (use) => {
    const turn = last.then(() => {
      if (!isOpen()) throw postgresErrors('POSTGRES_TRANSACTION_OVER', {})
      return use(client)
    })
    last = turn.catch(() => {})
    return turn
  }
}

async function runTransaction<T>(
  client: pg.ClientBase,
  work: (tx: PgRunner) => Promise<T>,
  onBroken: (error: Error) => void,
): Promise<T> {
  const state = { isOpen: true }
  const exclusive = oneByOne(client, () => state.isOpen)
  try {
    await client.query('BEGIN')
    const result = await work(createRunner(exclusive))
    const ended = await exclusive(() => client.query('COMMIT'))
    // The server answers a COMMIT after a failed statement with a rollback, and calls that a success.
    if (ended.command === 'ROLLBACK') throw postgresErrors('POSTGRES_ROLLED_BACK', {})
    return result
  } catch (error) {
    await exclusive(() => client.query('ROLLBACK')).catch(onBroken)
    throw error
  } finally {
    state.isOpen = false
  }
}

function createTransaction(pool: pg.Pool): Postgres['transaction'] {
  const current = new AsyncLocalStorage<{ isOpen: boolean }>()
  let open = 0
  return async (work) => {
    if (current.getStore()?.isOpen) throw postgresErrors('POSTGRES_NESTED_TRANSACTION', {})
    const client = await pool.connect()
    const scope = { isOpen: true }
    let broken: Error | undefined
    open += 1
    try {
      const onBroken = (error: Error) => {
        broken = error
      }
      return await current.run(scope, () => runTransaction(client, work, onBroken))
    } finally {
      scope.isOpen = false
      client.release(broken)
      open -= 1
      // As long as it watches, every promise of the process costs more, also those of requests that ask no database.
      if (open === 0) current.disable()
    }
  }
}

const setSession = (client: pg.ClientBase) =>
  client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET jit = off`)

async function checkServer(runner: PgRunner): Promise<void> {
  const found = await runner.first<{ number: string; version: string; encoding: string }>(
    sql`SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version,
      current_setting('server_encoding') AS encoding`,
  )
  const { number, version, encoding } = found!
  if (Number(number) < requiredVersion * 10_000) {
    throw postgresErrors('POSTGRES_TOO_OLD', { version, required: requiredVersion })
  }
  if (encoding !== 'UTF8') throw postgresErrors('POSTGRES_NOT_UTF8', { encoding })
}

/** Opens a pool and checks the server; the first connection is made before this returns. */
export async function connectPostgres(
  url: string,
  options: { max?: number; applicationName?: string } = {},
): Promise<Postgres> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'zhike',
    connectionTimeoutMillis: 30_000,
    keepAlive: true,
    types: postgresTypes,
    onConnect: setSession as (client: pg.ClientBase) => void,
  })
  // A connection lost while it is idle is replaced by the pool; a lost busy one rejects its statement.
  // Without listeners either would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => lostClients.add(client))
    client.on('end', () => lostClients.add(client))
  })
  const runner = createRunner(poolClient(pool))
  try {
    await checkServer(runner)
  } catch (error) {
    await pool.end()
    throw error
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= pool.end()
    return closing
  }
  return { ...runner, transaction: createTransaction(pool), pool, close }
}
