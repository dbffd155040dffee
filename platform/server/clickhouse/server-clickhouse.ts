import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { BinaryBody, BinaryColumn, ClickHouse, Lane, QueryOptions } from './clickhouse.ts'
import { clickhouseFailure } from './clickhouse-failure.ts'
import { renderClientQuery, renderQuery } from './clickhouse-parameters.ts'
import {
  defaultChunkBits,
  laneMaxExecutionMs,
  literal,
  pinnedSettings,
  plainName,
  querySettings,
} from './clickhouse-settings.ts'
import { encodeRows, isInMemory } from './insert-body.ts'

/** A ClickHouse server by its HTTP address, with user and password in the URL. */
export type ServerOptions = {
  url: string
  database?: string
  chunkBits?: number
  /** Settings of every query, below those of the query itself. */
  settings?: Record<string, string | number>
}

const laneConnections: Record<Lane, number> = { interactive: 10, jobs: 4, load: 2 }
const streamBatch = 8_192

const openClient = (options: ServerOptions, lane: Lane, database: string): ClickHouseClient =>
  createClient({
    url: options.url,
    database,
    max_open_connections: laneConnections[lane],
    // The engine's own limit comes first and says more; this one is for a server that no longer answers.
    request_timeout: laneMaxExecutionMs[lane] + 10_000,
    // The client's own log writes whole error messages, in which values of customers stand.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      ...pinnedSettings,
      ...options.settings,
      cancel_http_readonly_queries_on_client_close: 1,
    },
  })

// A URL carries 1 MB and one field 128 KB, as a form field too; encoding may triple a text.
const urlParameterLimit = 16_384

/** Binds parameters: small ones in the URL; large ones by SET in an HTTP session, whose body has no such limit. */
const bind = async (client: ClickHouseClient, fragment: Sql, signal: AbortSignal | undefined) => {
  const { query, params } = renderQuery(fragment)
  const entries = Object.entries(params)
  const size = entries.reduce((sum, [, text]) => sum + text.length, 0)
  if (size <= urlParameterLimit) return { query, query_params: renderClientQuery(fragment).params }
  const session_id = randomUUID()
  await client.command({
    query: `SET ${entries.map(([name, text]) => `param_${name} = ${literal(text)}`).join(', ')}`,
    session_id,
    clickhouse_settings: { log_queries: 0 },
    ...(signal && { abort_signal: signal }),
  })
  return { query, session_id }
}

const bodyStream = (body: BinaryBody): Readable => {
  if (!isInMemory(body)) return createReadStream(body.file, { highWaterMark: 1 << 20 })
  return Readable.from(Buffer.isBuffer(body) ? [body] : body, { objectMode: false })
}

/** Connects to a ClickHouse server, each lane with its own connections; creates the database if need be. */
export async function connectClickHouse(options: ServerOptions): Promise<ClickHouse> {
  const database = plainName(options.database ?? 'zhike')
  const clients: Record<Lane, ClickHouseClient> = {
    interactive: openClient(options, 'interactive', database),
    jobs: openClient(options, 'jobs', database),
    load: openClient(options, 'load', database),
  }
  const control = openClient(options, 'load', 'default')
  let isClosed = false

  async function run<T>(
    given: QueryOptions,
    work: (client: ClickHouseClient, base: ReturnType<typeof baseParams>) => Promise<T>,
  ): Promise<T> {
    if (isClosed) throw clickhouseErrors('CLICKHOUSE_UNAVAILABLE', { reason: 'it has been closed' })
    if (given.signal?.aborted) throw clickhouseErrors('CLICKHOUSE_ABORTED', {})
    const base = baseParams(given)
    const onAbort = () => void kill(base.query_id)
    given.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await work(clients[given.lane ?? 'interactive'], base)
    } catch (error) {
      throw clickhouseFailure(error, given)
    } finally {
      given.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Closing the connection ends only reads; writes are told to stop. */
  const kill = (queryId: string) =>
    control
      .command({
        query: 'KILL QUERY WHERE query_id = {id:String} ASYNC',
        query_params: { id: queryId },
      })
      .catch(() => undefined)

  const baseParams = (given: QueryOptions) => ({
    query_id: randomUUID(),
    clickhouse_settings: querySettings(given),
    ...(given.signal && { abort_signal: given.signal }),
  })

  async function query<R>(fragment: Sql, given: QueryOptions = {}): Promise<R[]> {
    return run(given, async (client, base) => {
      const result = await client.query({
        ...base,
        ...(await bind(client, fragment, given.signal)),
        format: 'JSONEachRow',
        clickhouse_settings: { ...base.clickhouse_settings, wait_end_of_query: 1 },
      })
      return result.json<R>()
    })
  }

  async function* stream<R>(fragment: Sql, given: QueryOptions = {}): AsyncGenerator<R[]> {
    const result = await run(given, async (client, base) => {
      const bound = await bind(client, fragment, given.signal)
      return client.query({ ...base, ...bound, format: 'JSONEachRow' })
    })
    try {
      for await (const rows of result.stream<R>())
        for (let from = 0; from < rows.length; from += streamBatch)
          yield rows.slice(from, from + streamBatch).map((row) => row.json<R>())
    } catch (error) {
      throw clickhouseFailure(error, given)
    } finally {
      result.close()
    }
  }

  async function write(text: string, values: Readable, given: QueryOptions, token?: string): Promise<void> {
    await run(given, async (client, base) => {
      const settings = { ...base.clickhouse_settings, wait_end_of_query: 1 as const }
      const { stream: answer } = await client.exec({
        ...base,
        query: text,
        values,
        clickhouse_settings: token ? { ...settings, insert_deduplication_token: token } : settings,
      })
      for await (const _chunk of answer);
    })
  }

  const ch: ClickHouse = {
    kind: 'server',
    database,
    chunkBits: options.chunkBits ?? defaultChunkBits,
    onEachShard: async (work) => [await work(ch)],
    query,
    first: async <R>(fragment: Sql, given?: QueryOptions) => (await query<R>(fragment, given))[0],
    async command(fragment, given = {}) {
      await run(given, async (client, base) =>
        client.command({ ...base, ...(await bind(client, fragment, given.signal)) }),
      )
    },
    stream,
    async insertRows(table, rows, given = {}) {
      if (rows.length === 0) return
      await write(`INSERT INTO ${plainName(table)} FORMAT JSONEachRow`, bodyStream(encodeRows(rows)), given)
    },
    async insertBinary(table, columns: readonly BinaryColumn[], body, { token, ...given } = {}) {
      const names = columns.map((column) => plainName(column.name)).join(', ')
      const text = `INSERT INTO ${plainName(table)} (${names}) FORMAT RowBinary`
      await write(text, bodyStream(body), { lane: 'load', ...given }, token)
    },
    async close() {
      isClosed = true
      await Promise.all([...Object.values(clients), control].map((client) => client.close()))
    },
  }
  try {
    await control.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` })
  } catch (error) {
    await ch.close()
    throw clickhouseFailure(error, {})
  }
  return ch
}
