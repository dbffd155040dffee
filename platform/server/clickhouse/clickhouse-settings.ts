import type { Lane, QueryOptions } from './clickhouse.ts'

/** Settings both engines get on every query, so that neither defaults nor server profiles change a result. */
export const pinnedSettings: Record<string, string | number> = {
  async_insert: 0,
  session_timezone: 'UTC',
  date_time_input_format: 'best_effort',
  date_time_output_format: 'simple',
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  output_format_decimal_trailing_zeros: 1,
  // Rules read numbers from text: both engines must round as JavaScript does.
  precise_float_parsing: 1,
  // A JSON column takes its text in RowBinary, too.
  input_format_binary_read_json_as_string: 1,
  // Blocks of an insert are cut the same way on a replay, so that its deduplication token finds them.
  max_insert_threads: 1,
  // Parameters reach the embedded engine as text of a SET statement; the default of 256 KiB is too small for lists.
  max_query_size: 1_073_741_824,
}

/** Customer ids are kept in bitmaps by chunks of 2^20. */
export const defaultChunkBits = 20

/** How long a query of a lane may run when its caller doesn't say. */
export const laneMaxExecutionMs: Record<Lane, number> = {
  interactive: 30_000,
  jobs: 3_600_000,
  load: 600_000,
}

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** A table, database or column name of ours; throws at anything that would need quoting. */
export function plainName(name: string): string {
  if (!name.split('.').every((part) => namePattern.test(part)))
    throw new Error(`Not a ClickHouse name: ${JSON.stringify(name)}`)
  return name
}

/** The settings of one query, above the pinned ones. */
export function querySettings(options: QueryOptions): Record<string, string | number> {
  const maxExecutionMs = options.maxExecutionMs ?? laneMaxExecutionMs[options.lane ?? 'interactive']
  const own = { max_execution_time: maxExecutionMs / 1000, ...options.settings }
  for (const name of Object.keys(own)) plainName(name)
  return own
}

/** A ClickHouse string literal. */
export const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
