import type { Sql } from '#platform/common/sql.ts'

export { type ClusterOptions, connectClickHouseCluster } from './cluster-clickhouse.ts'
export { type EmbeddedOptions, openEmbeddedClickHouse } from './embedded-clickhouse.ts'
export { connectClickHouse, type ServerOptions } from './server-clickhouse.ts'

/** Who waits for a query: a person at a screen, a background job, or the loader of events. */
export type Lane = 'interactive' | 'jobs' | 'load'

/** How one query runs; without a lane it is interactive. */
export type QueryOptions = {
  lane?: Lane
  /** The engine stops a query after this long; the wait for a free connection is bounded by it as well. */
  maxExecutionMs?: number
  settings?: Record<string, string | number>
  signal?: AbortSignal
}

/** A column of a binary insert; the type is ours, never taken from input. */
export type BinaryColumn = { name: string; type: string }

/** Rows in RowBinary: in memory, or in a file of this machine. */
export type BinaryBody = Buffer | readonly Buffer[] | { file: string }

/**
 * ClickHouse, embedded, a server or a cluster, behind one door.
 *
 * - Rows come as JSON objects: 64-bit integers and decimals as text (exact), DateTime64 as UTC text, NaN and infinities as text.
 * - The engine's work runs off the event loop (longest gap under a scan or a slow stream, on an idle machine of two cores:
 *   3–16 ms). What stays on it is the text of parameters and `JSON.parse` of the rows: of all of them in `query`, of a
 *   batch in `stream`. With both cores taken by others, gaps of 100 ms (scan) and 370 ms (stream) were seen.
 * - Give every computed column an alias: the engine names it after its text, in which bound values stand.
 * - A bound `Array(UInt32)` of 100,000 elements takes 0.2 s; above some 200,000 write the ids to a table, or bind one
 *   comma-joined String and use `IN (SELECT toUInt32(arrayJoin(splitByChar(',', …))))`.
 * - An insert that has returned survives a crash of the process; it survives a loss of power only where
 *   `fsync_after_insert` and `fsync_part_directory` are set (the embedded engine sets both for every MergeTree table;
 *   on a server they belong into the table or the server's config: see `findInsertDurability`).
 * - On a cluster a query sees the rows of all shards; IN and JOIN between tables stay inside a shard, so they must be of
 *   one customer, or of one visitor, on both sides. Statements that define or mutate run on every shard.
 */
export type ClickHouse = {
  readonly kind: 'embedded' | 'server' | 'cluster'
  readonly database: string
  /** Bitmaps hold the members of one chunk of 2^chunkBits customer ids, which lies on one shard as a whole. */
  readonly chunkBits: number
  /**
   * Runs the work once for each shard, at once, behind a door that knows only that shard's rows; one answer a shard. Right
   * for what needs no two customers of different shards together, and then the cheapest way: sums of sums, a copy from
   * table to table. Without a cluster there is one shard: this. Work that writes must say so.
   */
  onEachShard<T>(work: (shard: ClickHouse) => Promise<T>, options?: { writes: boolean }): Promise<T[]>
  query<R>(fragment: Sql, options?: QueryOptions): Promise<R[]>
  first<R>(fragment: Sql, options?: QueryOptions): Promise<R | undefined>
  command(fragment: Sql, options?: QueryOptions): Promise<void>
  /** Yields batches of at most 65,536 rows or so; the connection stays taken until the loop ends or breaks. */
  stream<R>(fragment: Sql, options?: QueryOptions): AsyncIterable<R[]>
  /** Writes small batches as JSONEachRow. */
  insertRows(table: string, rows: readonly object[], options?: QueryOptions): Promise<void>
  /**
   * Writes RowBinary. With a token, a replay counts once, provided that the table sets
   * `non_replicated_deduplication_window` and the body is byte for byte the same.
   */
  insertBinary(
    table: string,
    columns: readonly BinaryColumn[],
    body: BinaryBody,
    options?: QueryOptions & { token?: string },
  ): Promise<void>
  close(): Promise<void>
}
