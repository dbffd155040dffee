import {
  DistributionAnswer,
  DistributionCell,
  DistributionQuery,
} from '#features/insight/common/distribution.ts'
import { spreadOf, type Weighted } from '#features/insight/common/spread.ts'
import type { Analysis, InsightContext } from '#features/insight/server/analysis.ts'
import { ask } from '#features/insight/server/ask.ts'
import { eventsOf, type Frame, isAmong, matches, openFrame } from '#features/insight/server/frame.ts'
import { canonicalText, readDecimal, sumScale } from '#features/rules/common/canonical.ts'
import { amountOf, eventProperty, isAmount } from '#features/rules/server/index.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

// Values are whole numbers of 10^-9, so that sums of cents fall into the right bin.
const unit = 10 ** sumScale

/** Rows (customer_id, value): what a customer did in all, or one row for each message. */
function rowsSql(query: DistributionQuery, frame: Frame, timeZone: string): Sql {
  const text = query.prop === undefined ? sql`''` : eventProperty(query.prop).text
  const amount = sql`toInt256(${amountOf(text)} * toDecimal128(${typed('UInt64', unit)}, 0))`
  const source = sql`
    FROM event AS e FINAL ${eventsOf([query.event.event], frame.span)} AND ${matches(query.event)} AND ${isAmong(frame)}`
  if (query.of === 'value')
    return sql`SELECT e.customer_id AS customer_id, ${amount} AS value ${source} AND ${isAmount(text)}`
  const value = {
    count: sql`toInt256(count()) * ${typed('Int64', unit)}`,
    days: sql`toInt256(uniqExact(toDate32(e.occurred_at, ${typed('String', timeZone)}))) * ${typed('Int64', unit)}`,
    sum: sql`sum(${amount})`,
  }[query.of]
  const done = sql`SELECT e.customer_id AS customer_id, ${value} AS value ${source} GROUP BY e.customer_id`
  if (!query.zero) return done
  return sql`
    SELECT z.customer_id AS customer_id, sum(z.value) AS value FROM (
      ${done} UNION ALL SELECT u.customer_id AS customer_id, toInt256(0) AS value FROM (${frame.among}) AS u) AS z
    GROUP BY z.customer_id`
}

type Range = { low: string; high: string; n: string }

/** A step, as a power of ten, of which fewer than a hundred thousand lie between the smallest and the largest value. */
function resolutionOf(ranges: readonly Range[]): bigint {
  const filled = ranges.filter((range) => Number(range.n) > 0)
  if (filled.length === 0) return 1n
  const ends = filled.flatMap((range) => [BigInt(range.low), BigInt(range.high)])
  ends.sort((one, other) => (one < other ? -1 : 1))
  const [low = 0n] = ends
  const high = ends.at(-1) ?? 0n
  let resolution = 1n
  while ((high - low) / resolution > 100_000n) resolution *= 10n
  return resolution
}

const range = sql`toString(min(x.value)) AS low, toString(max(x.value)) AS high, toString(count()) AS n`
const rounded = (resolution: bigint): Sql => {
  const step = typed('Int256', resolution.toString())
  // Rounded towards minus infinity, also below zero.
  return sql`(x.value - ((x.value % ${step}) + ${step}) % ${step})`
}

async function run(context: InsightContext, query: DistributionQuery) {
  const frame = await openFrame(context, query)
  const rows = rowsSql(query, frame, context.timeZone)
  const resolution = resolutionOf(await ask<Range>(context, sql`SELECT ${range} FROM (${rows}) AS x`))
  const values = await ask<{ v: string; n: string; customers: string; of: string }>(
    context,
    sql`
    SELECT toString(y.v) AS v, toString(grouping(y.v)) AS of, count() AS n, uniqExact(y.customer_id) AS customers
    FROM (SELECT x.customer_id AS customer_id, ${rounded(resolution)} AS v FROM (${rows}) AS x) AS y
    GROUP BY GROUPING SETS ((y.v), ())`,
  )
  const weighted = values
    .filter((row) => row.of === '0')
    .map((row): Weighted => [Number(BigInt(row.v)) / unit, Number(row.n)])
  const customers = values
    .filter((row) => row.of === '1')
    .reduce((sum, row) => sum + Number(row.customers), 0)
  const isWhole = query.of === 'count' || query.of === 'days'
  const spread = spreadOf(weighted, { resolution: Number(resolution) / unit, isWhole, bins: query.bins })
  const byBin =
    query.of === 'value'
      ? await customersByBin(context, rows, resolution, spread.bins)
      : spread.bins.map((bin) => bin.count)
  return { ...frame.answer, customers, spread, byBin }
}

const scaled = (value: number): string => readDecimal(canonicalText(value), sumScale, 1e50).toString()

/** Customers with at least one message in each bin. */
async function customersByBin(
  context: InsightContext,
  rows: Sql,
  resolution: bigint,
  bins: readonly { from: number; to: number }[],
): Promise<number[]> {
  if (bins.length === 0) return []
  const bounds = bins.map((bin) => scaled(bin.from))
  const bin = sql`arrayFirstIndex(b -> b > y.v, arrayPushBack(arrayMap(t -> toInt256(t), ${typed('Array(String)', bounds.slice(1))}), y.v + 1))`
  const found = await ask<{ bin: number; n: string }>(
    context,
    sql`SELECT ${bin} AS bin, uniqExact(y.customer_id) AS n
      FROM (SELECT x.customer_id AS customer_id, ${rounded(resolution)} AS v FROM (${rows}) AS x) AS y GROUP BY bin`,
  )
  return bins.map((_, nth) =>
    found.filter((row) => Number(row.bin) === nth + 1).reduce((sum, row) => sum + Number(row.n), 0),
  )
}

/** Distribution: how customers are spread by what they did, or messages by a value. */
export const distribution: Analysis<
  typeof DistributionQuery,
  typeof DistributionAnswer,
  typeof DistributionCell
> = {
  kind: 'distribution',
  operation: 'Distribution',
  query: DistributionQuery,
  answer: DistributionAnswer,
  cell: DistributionCell,
  run,
  async customers(context, query, cell) {
    const frame = await openFrame(context, query)
    const rows = rowsSql(query, frame, context.timeZone)
    if (!cell.bin) return sql`SELECT x.customer_id AS customer_id FROM (${rows}) AS x`
    const resolution = resolutionOf(await ask<Range>(context, sql`SELECT ${range} FROM (${rows}) AS x`))
    return sql`
      SELECT y.customer_id AS customer_id
      FROM (SELECT x.customer_id AS customer_id, ${rounded(resolution)} AS v FROM (${rows}) AS x) AS y
      WHERE y.v >= ${typed('Int256', scaled(cell.bin.from))} AND y.v < ${typed('Int256', scaled(cell.bin.to))}`
  },
}
