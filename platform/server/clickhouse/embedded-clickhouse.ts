import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { clickhouseErrors } from '#platform/common/clickhouse-errors.ts'
import type { Sql } from '#platform/common/sql.ts'
import { createChdbLanes, loadChdb } from './chdb-lanes.ts'
import type { BinaryBody, BinaryColumn, ClickHouse, QueryOptions } from './clickhouse.ts'
import { renderQuery } from './clickhouse-parameters.ts'
import { defaultChunkBits, literal, pinnedSettings, plainName } from './clickhouse-settings.ts'
import { encodeRows, isInMemory } from './insert-body.ts'

/** Where the embedded engine lives and what it may use. */
export type EmbeddedOptions = {
  dataDir: string
  database?: string
  /** Default: half of the machine's memory. */
  maxServerMemoryBytes?: number
  /** Connections for screens; jobs have two more and the loader one. */
  interactive?: number
  /** False only for tests: an insert then returns before it is on disk. */
  isDurable?: boolean
}

const configXml = (memoryBytes: number, isDurable: boolean): string => `<clickhouse>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <merge_tree>
    <fsync_after_insert>${isDurable ? 1 : 0}</fsync_after_insert>
    <fsync_part_directory>${isDurable ? 1 : 0}</fsync_part_directory>
  </merge_tree>
</clickhouse>
`

const parseLines = <R>(text: string): R[] => {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => JSON.parse(line) as R)
}

/** Files this process hands to the engine; what an earlier, killed process left is removed. */
const openHandover = async (dataDir: string) => {
  const dir = join(dataDir, 'handover')
  await mkdir(dir, { recursive: true })
  const prefix = `${process.pid}-`
  for (const name of await readdir(dir)) if (!name.startsWith(prefix)) await rm(join(dir, name))
  return async <T>(body: BinaryBody, use: (path: string) => Promise<T>): Promise<T> => {
    if (!isInMemory(body)) return use(resolve(body.file))
    handoverCount += 1
    const path = join(dir, `${prefix}${handoverCount}`)
    try {
      await writeFile(path, Buffer.isBuffer(body) ? [body] : body)
      return await use(path)
    } finally {
      await rm(path, { force: true })
    }
  }
}
let handoverCount = 0
let openPools = 0

const openLanes = async (options: EmbeddedOptions, dataDir: string) => {
  await mkdir(dataDir, { recursive: true })
  const configFile = join(dataDir, 'engine.xml')
  const memoryBytes = options.maxServerMemoryBytes ?? Math.floor(totalmem() / 2)
  await writeFile(configFile, configXml(memoryBytes, options.isDurable ?? true))
  const { Session } = loadChdb()
  const open = () => new Session(dataDir, { connectionArgs: [`--config-file=${configFile}`] })
  try {
    return createChdbLanes(open, { interactive: options.interactive ?? 3, jobs: 2, load: 1 })
  } catch {
    // The binding hides the engine's reason (it is on stderr); with a writable folder only the lock is left.
    throw clickhouseErrors('CLICKHOUSE_LOCKED', { dataDir })
  }
}

/**
 * Opens ClickHouse inside this process, at most one data directory at a time; opening the same one again with another
 * database is cheap. Queries run on libuv threads: start the process with UV_THREADPOOL_SIZE=16, because with the
 * default of 4 as many long queries also stop file and name look-ups.
 */
export async function openEmbeddedClickHouse(options: EmbeddedOptions): Promise<ClickHouse> {
  const dataDir = resolve(options.dataDir)
  const database = plainName(options.database ?? 'zhike')
  const lanes = await openLanes(options, dataDir)
  const hand = await openHandover(dataDir)
  openPools += 1
  const pinned = Object.entries(pinnedSettings).map(([name, value]) => `${name} = ${literal(String(value))}`)
  const prepare = `CREATE DATABASE IF NOT EXISTS ${database}; USE ${database}; SET ${pinned.join(', ')}`
  for (const session of lanes.sessions) await session.queryAsync(prepare, { format: 'Null' })

  async function query<R>(fragment: Sql, given: QueryOptions = {}): Promise<R[]> {
    const { query: text, params } = renderQuery(fragment)
    return lanes.run(given, params, async (session) =>
      parseLines<R>((await session.queryAsync(text, { format: 'JSONEachRow' })).text()),
    )
  }

  async function* stream<R>(fragment: Sql, given: QueryOptions = {}): AsyncGenerator<R[]> {
    const { query: text, params } = renderQuery(fragment)
    yield* lanes.runStream(given, params, async function* (session) {
      for await (const chunk of session.queryStream(text, { format: 'JSONEachRow' }))
        yield parseLines<R>(chunk.text())
    })
  }

  async function insertBinary(
    table: string,
    columns: readonly BinaryColumn[],
    body: BinaryBody,
    { token, ...given }: QueryOptions & { token?: string } = {},
  ): Promise<void> {
    const names = columns.map((column) => plainName(column.name)).join(', ')
    const target = plainName(table)
    const structure = columns.map((column) => `${column.name} ${column.type}`).join(', ')
    const settings = token ? { ...given.settings, insert_deduplication_token: token } : given.settings
    await hand(body, (path) =>
      lanes.run({ lane: 'load', ...given, ...(settings && { settings }) }, {}, (session) =>
        session.queryAsync(
          `INSERT INTO ${target} (${names}) SELECT ${names} FROM file(${literal(path)}, 'RowBinary', ${literal(structure)})`,
          { format: 'Null' },
        ),
      ),
    )
  }

  const ch: ClickHouse = {
    kind: 'embedded',
    database,
    chunkBits: defaultChunkBits,
    onEachShard: async (work) => [await work(ch)],
    query,
    first: async <R>(fragment: Sql, given?: QueryOptions) => (await query<R>(fragment, given))[0],
    async command(fragment, given = {}) {
      const { query: text, params } = renderQuery(fragment)
      await lanes.run(given, params, (session) => session.queryAsync(text, { format: 'Null' }))
    },
    stream,
    async insertRows(table, rows, given = {}) {
      if (rows.length === 0) return
      const [target, values] = [plainName(table), encodeRows(rows)]
      await lanes.run(given, {}, (session) =>
        session.insert({ table: target, values, format: 'JSONEachRow' }),
      )
    },
    insertBinary,
    async close() {
      await lanes.close()
      openPools -= 1
      // Waiting also for what others still run would hold this caller up.
      if (openPools === 0) await loadChdb().drainPending()
    },
  }
  return ch
}
