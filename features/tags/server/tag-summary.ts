import type { Summary } from '#features/tags/common/tag-run.ts'
import { computing, pairsOf, type Work } from '#features/tags/server/tag-work.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

const mostLabels = 50

/** The summaries of the computations before, by key. */
export async function lastSummaries(
  pg: PgRunner,
  keys: readonly string[],
): Promise<Map<string, { summary: Summary; psi: number | null }>> {
  const rows = await pg.query<{ key: string; distribution: Summary; psi: number | null }>(sql`
    SELECT DISTINCT ON (c.key) c.key, c.distribution, c.psi FROM tag_computation AS c
    WHERE c.key = ANY(${keys}::text[]) AND c.state = 'done' AND c.distribution IS NOT NULL
    ORDER BY c.key, c.at DESC, c.computation_id DESC`)
  return new Map(rows.map((row) => [row.key, { summary: row.distribution, psi: row.psi }]))
}

const rest = '…'

/** The most frequent values; once named, a value keeps its place, so that two summaries compare. */
function ofValues(counts: ReadonlyMap<string, number>, before: Summary | undefined): Summary {
  const known = before?.kind === 'values' ? before.labels.filter((label) => label !== rest) : []
  const frequent = [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1))
  const fresh = frequent.map(([value]) => value).filter((value) => !known.includes(value))
  const labels = [...known, ...fresh].slice(0, Math.max(mostLabels, known.length))
  const named = labels.map((label) => counts.get(label) ?? 0)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return {
    kind: 'values',
    labels: [...labels, rest],
    counts: [...named, all - named.reduce((sum, count) => sum + count, 0)],
  }
}

async function countByValue(
  ch: ClickHouse,
  works: readonly Work[],
): Promise<Map<string, Map<string, number>>> {
  const rows = await ch.query<{ tag: string; value: string; customers: string }>(
    sql`
      SELECT b.tag AS tag, b.value AS value, sum(bitmapCardinality(b.members)) AS customers
      FROM tag_bitmap AS b WHERE (b.tag, b.refresh_id) IN (${pairsOf(works)}) GROUP BY b.tag, b.value`,
    computing,
  )
  const found = new Map<string, Map<string, number>>()
  for (const { tag, value, customers } of rows) {
    const counts = found.get(tag) ?? new Map<string, number>()
    counts.set(value, Number(customers))
    found.set(tag, counts)
  }
  return found
}

/** Bounds that cut a number's customers into tenths, by tag. */
async function boundsOf(ch: ClickHouse, works: readonly Work[]): Promise<Map<string, number[]>> {
  const rows = await ch.query<{ tag: string; bounds: (number | null)[] }>(
    sql`
      SELECT v.tag AS tag, arrayDistinct(quantilesTDigest(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)(v.number)) AS bounds
      FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${pairsOf(works)}) AND isNotNull(v.number) GROUP BY v.tag`,
    computing,
  )
  return new Map(rows.map((row) => [row.tag, row.bounds.flatMap((bound) => (bound === null ? [] : [bound]))]))
}

async function ofNumbers(
  ch: ClickHouse,
  works: readonly Work[],
  before: ReadonlyMap<string, { summary: Summary }>,
): Promise<Map<string, Summary>> {
  const bounds = new Map<string, number[]>()
  const fresh = works.filter(({ row: { key } }) => {
    const known = before.get(key)?.summary
    if (known?.kind === 'bounds') bounds.set(key, known.labels.map(Number))
    return known?.kind !== 'bounds'
  })
  if (fresh.length > 0) for (const [key, found] of await boundsOf(ch, fresh)) bounds.set(key, found)
  const keys = [...bounds.keys()]
  if (keys.length === 0) return new Map()
  const rows = await ch.query<{ tag: string; bucket: string; customers: string }>(
    sql`
      SELECT v.tag AS tag, arrayCount(b -> b <= v.number,
        arrayElement(${typed('Array(Array(Float64))', [...bounds.values()])}, indexOf(${typed('Array(String)', keys)}, v.tag))) AS bucket,
        count() AS customers
      FROM tag_value AS v
      WHERE (v.tag, v.refresh_id) IN (${pairsOf(works.filter(({ row }) => bounds.has(row.key)))}) AND isNotNull(v.number)
      GROUP BY tag, bucket`,
    computing,
  )
  return new Map(
    keys.map((key) => {
      const labels = bounds.get(key) ?? []
      const counts = Array.from({ length: labels.length + 1 }, () => 0)
      for (const row of rows) if (row.tag === key) counts[Number(row.bucket)] = Number(row.customers)
      return [key, { kind: 'bounds', labels: labels.map(String), counts }]
    }),
  )
}

/** How the written values are spread, in the buckets of the computation before, so that the two compare. */
export async function summarizeTags(
  deps: { pg: PgRunner; ch: ClickHouse },
  works: readonly Work[],
): Promise<Map<string, Summary>> {
  if (works.length === 0) return new Map()
  const before = await lastSummaries(
    deps.pg,
    works.map(({ row }) => row.key),
  )
  const numbers = works.filter(({ row }) => row.type === 'number')
  const found = numbers.length ? await ofNumbers(deps.ch, numbers, before) : new Map<string, Summary>()
  const others = works.filter(({ row }) => row.type !== 'number')
  const counts = others.length ? await countByValue(deps.ch, others) : new Map<string, Map<string, number>>()
  for (const { row } of others) {
    const values = counts.get(row.key)
    // Without bitmaps there are too many different values to compare them one by one.
    found.set(
      row.key,
      values ? ofValues(values, before.get(row.key)?.summary) : { kind: 'none', labels: [], counts: [] },
    )
  }
  return found
}
