import type { Rules } from '#features/rules/server/index.ts'
import type { TryTag } from '#features/tags/common/tag-catalogue.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What a source not saved yet would say of one customer. Whoever asks has checked that the caller may see their amounts. */
export function createTagTrial(deps: {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  rules: Rules
}) {
  const { pg, ch, clock, timeZone, rules } = deps
  return async (customerId: number, { source, type }: Pick<TryTag, 'source' | 'type'>) => {
    const now = clock.now()
    const kind = kindOf(source)
    const context = { pg, ch, rules, time: { now, timeZone } }
    await kind.check?.(source, type, context)
    const among = sql`SELECT toUInt32(${typed('UInt32', customerId)}) AS customer_id`
    const items = await kind.items([{ key: 'try', type, refreshId: 0, source }], { ...context, among })
    const row = await ch.first<{ said: string | null; value: string | null }>(
      sql`
      SELECT tupleElement(i.item, 4) AS said, tupleElement(i.item, 5) AS value FROM (${items}) AS i
      WHERE i.customer_id = ${typed('UInt32', customerId)} LIMIT 1`,
      { maxExecutionMs: 10_000 },
    )
    return { value: row?.value ?? null, said: row?.said ?? null, asOf: now.toISOString() }
  }
}
