import { type Rules, tagRowsSql } from '#features/rules/server/index.ts'
import { dateBounds, mostBuckets, numberBounds } from '#features/tags/common/buckets.ts'
import type { Distribution } from '#features/tags/common/tag.ts'
import type { TagRow } from '#features/tags/server/tag-store.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

type Values = Distribution['values']
type Spread = {
  coverage: string
  different: string
  least: number
  most: number
  low: number
  high: number
  first: string
  last: string
}

const mostValues = 1000

/** How a tag's values are spread over the customers in scope. */
export async function readDistribution(
  deps: { ch: ClickHouse; rules: Rules },
  scope: OrgScope,
  tag: TagRow,
): Promise<Distribution> {
  const { ch, rules } = deps
  const universe = rules.universeSql(scope)
  const counted = ch.first<{ base: string }>(
    sql`SELECT uniqExact(u.customer_id) AS base FROM (${universe}) AS u`,
  )
  const rows = sql`
    FROM (${tagRowsSql({ key: tag.key, refreshId: tag.refresh_id ?? 0, hasRecent: tag.has_recent })}) AS v
    WHERE v.customer_id IN (${universe})`
  const spread = await ch.first<Spread>(sql`
    SELECT count() AS coverage, uniqExact(v.value) AS different, min(v.value) AS first, max(v.value) AS last,
      ifNull(min(v.number), 0) AS least, ifNull(max(v.number), 0) AS most,
      ifNull(quantile(0.05)(v.number), 0) AS low, ifNull(quantile(0.95)(v.number), 0) AS high ${rows}`)
  const coverage = Number(spread?.coverage ?? 0)
  const areValues =
    tag.type === 'bool' || tag.type === 'enum' || Number(spread?.different ?? 0) <= mostBuckets
  const values =
    !spread || areValues
      ? await listValues(ch, tag, rows, coverage)
      : await listBuckets(ch, tag, rows, spread)
  return {
    coverage,
    base: Number((await counted)?.base ?? 0),
    values,
    refreshedAt: tag.refreshed_at?.toISOString() ?? null,
  }
}

const orderOf = (type: TagRow['type']): Sql => {
  if (type === 'number') return sql`any(v.number), v.value`
  return type === 'date' ? sql`v.value` : sql`count() DESC, v.value`
}

async function listValues(ch: ClickHouse, tag: TagRow, rows: Sql, coverage: number): Promise<Values> {
  const found = await ch.query<{ value: string; customers: string }>(sql`
    SELECT v.value AS value, count() AS customers ${rows}
    GROUP BY v.value ORDER BY ${orderOf(tag.type)} LIMIT ${typed('UInt32', mostValues)}`)
  const values: Values = found.map(({ value, customers }) => ({ value, count: Number(customers) }))
  const rest = coverage - values.reduce((sum, { count }) => sum + count, 0)
  return rest > 0 ? [...values, { count: rest, isRest: true }] : values
}

async function listBuckets(ch: ClickHouse, tag: TagRow, rows: Sql, spread: Spread): Promise<Values> {
  const bounds = tag.type === 'number' ? numberBounds(spread) : dateBounds(spread.first, spread.last)
  const column = tag.type === 'number' ? sql`assumeNotNull(v.number)` : sql`v.value`
  const typedBounds = tag.type === 'number' ? typed('Array(Float64)', bounds) : typed('Array(String)', bounds)
  const last = bounds.length - 1
  const found = await ch.query<{ bucket: number; customers: string }>(sql`
    SELECT least(arrayCount(b -> b <= ${column}, ${typedBounds}), ${typed('UInt32', last)}) AS bucket, count() AS customers
    ${rows} GROUP BY bucket`)
  const countOf = new Map(found.map((row) => [Number(row.bucket), Number(row.customers)]))
  return bounds.slice(0, last).map((from, index) => ({
    from: String(from),
    to: String(bounds[index + 1]),
    count: countOf.get(index + 1) ?? 0,
  }))
}
