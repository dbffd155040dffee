import { insightError } from '#features/insight/common/insight-errors.ts'
import type { InsightContext } from '#features/insight/server/analysis.ts'
import { AppError } from '#platform/common/errors.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** The bounds of every query a person can start here: time, memory (above it work goes to disk), rows of the answer. */
export const insightLimits: QueryOptions = {
  maxExecutionMs: 60_000,
  settings: {
    max_memory_usage: 4_000_000_000,
    max_bytes_before_external_group_by: 1_500_000_000,
    max_bytes_before_external_sort: 1_500_000_000,
    max_result_rows: 500_000,
    result_overflow_mode: 'throw',
    // All versions of a message lie in one partition: its key is the client's own time, equal in all of them.
    do_not_merge_across_partitions_select_final: 1,
    // A large set of customers is looked up row by row, not searched for in the index of every part.
    use_index_for_in_with_subqueries_max_values: 50_000,
  },
}

const tooManyRows = 396

/** Asks each shard and gives all their rows; more groups than can be shown are an error, never a cut. */
export async function ask<R>(context: InsightContext, fragment: Sql): Promise<R[]> {
  try {
    const { ch, options } = context
    return (await ch.onEachShard((shard) => shard.query<R>(fragment, options))).flat()
  } catch (error) {
    if (error instanceof AppError && error.details.clickhouseCode === tooManyRows)
      throw insightError('INSIGHT_TOO_MANY_GROUPS', {})
    throw error
  }
}

/** Adds up rows of the same key, as shards give them: their customers are different ones. */
export function addUp<R extends Record<string, string | number>>(
  rows: readonly R[],
  keys: readonly (keyof R & string)[],
  sums: readonly (keyof R & string)[],
): R[] {
  const added = new Map<string, Record<string, string | number>>()
  for (const row of rows) {
    const key = JSON.stringify(keys.map((name) => row[name]))
    const found = added.get(key)
    if (!found)
      added.set(key, { ...row, ...Object.fromEntries(sums.map((name) => [name, Number(row[name])])) })
    else for (const name of sums) found[name] = Number(found[name]) + Number(row[name])
  }
  return [...added.values()] as R[]
}
