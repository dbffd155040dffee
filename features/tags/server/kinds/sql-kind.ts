import { sourceError } from '#features/tags/common/source-errors.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { computedItems, newRun } from '#features/tags/server/kinds/computed-rows.ts'
import { type KindContext, noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { guardSql, tryGuarded } from '#features/tags/server/kinds/sql-guard.ts'
import type { ComputedTag } from '#features/tags/server/tag-item.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** What one SQL may take; it runs in the background. */
const limits: QueryOptions = {
  lane: 'jobs',
  maxExecutionMs: 300_000,
  settings: {
    max_memory_usage: 4_000_000_000,
    max_bytes_before_external_group_by: 1_500_000_000,
    max_bytes_before_external_sort: 1_500_000_000,
    max_rows_in_join: 1_000_000_000,
    max_rows_in_set: 1_000_000_000,
  },
}

async function run(tag: ComputedTag<SourceByKind['sql']>, context: KindContext): Promise<Sql> {
  const { ch } = context
  const guarded = await guardSql(ch, tag.source.sql)
  const known = await ch.first<{ n: string }>(
    sql`SELECT uniqExact(c.customer_id) AS n FROM customer AS c`,
    limits,
  )
  const runId = await newRun(context)
  const most = Number(known?.n ?? 0)
  await ch.command(
    sql`
      INSERT INTO computed_row (run_id, customer_id, value)
      SELECT ${typed('UInt64', runId)}, toUInt32(q.customer_id), CAST(q.value, 'Nullable(String)') FROM (${guarded}) AS q
      LIMIT ${typed('UInt64', most + 1)}`,
    limits,
  )
  const [found] = await ch.query<{ rows: string; customers: string }>(
    sql`SELECT count() AS rows, uniqExact(r.customer_id) AS customers FROM computed_row AS r WHERE r.run_id = ${typed('UInt64', runId)}`,
    limits,
  )
  const [rows, customers] = [Number(found?.rows ?? 0), Number(found?.customers ?? 0)]
  // More rows than there are customers were not read to their end.
  if (rows !== customers || rows > most) throw sourceError('TAG_SQL_NOT_ONE_ROW', { rows, customers })
  return computedItems(tag, runId, context)
}

/**
 * A reviewed SELECT over the whole bank. It runs once into rows of its own, inside its limits; on a cluster its joins must be
 * by customer, as everywhere.
 */
export const sqlKind: TagKind<SourceByKind['sql']> = {
  group: ({ sql: text }) => `sql:${text}`,
  inputs: () => ({
    ...noInputs,
    movesWithTime: true,
    reads: ['attribute', 'balance', 'holding', 'list'],
    dependsOnOthers: true,
  }),
  mayMiss: (_source, type) => type !== 'enum',
  async check({ sql: text }, _type, { ch }) {
    await tryGuarded(ch, await guardSql(ch, text))
  },
  async items(tags, context) {
    const parts: Sql[] = []
    for (const tag of tags) parts.push(await run(tag, context))
    return joinSql(parts, sql` UNION ALL `)
  },
}
