import type { Rule } from '#features/rules/common/rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { Overlap } from '#features/segments/common/segment-analysis.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

const everyone: Rule = { all: [] }
/** Regions of more sets than this are too many to look at; pairs say it better. */
const mostSetsWithRegions = 5
const bounds = { maxExecutionMs: 30_000 }

/** Which sets a number stands for, one bit each. */
const setsOf = (mask: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => index).filter((index) => mask & (1 << index))

/** The intersections to count: all of them for a few sets, else singles and pairs. */
function intersections(count: number): number[] {
  const masks = Array.from({ length: 2 ** count - 1 }, (_, index) => index + 1)
  return count <= mostSetsWithRegions ? masks : masks.filter((mask) => setsOf(mask, count).length <= 2)
}

const column = (index: number): Sql => identifier(`set_${index}`)

const columnsOf = (sets: readonly number[]): Sql[] => sets.map((index) => sql`g.${column(index)}`)
const both = (sets: readonly number[]): Sql =>
  columnsOf(sets).reduce((joined, part) => sql`bitmapAnd(${joined}, ${part})`)
const either = (sets: readonly number[]): Sql =>
  columnsOf(sets).reduce((joined, part) => sql`bitmapOr(${joined}, ${part})`)

/** One row: the base, the union, and the size of every intersection asked for, by chunks put together. */
export function overlapSql(universe: Sql, sets: readonly Sql[], masks: readonly number[]): Sql {
  const sources = [universe, ...sets].map(
    (bitmaps, index) => sql`
      SELECT toUInt8(${typed('UInt8', index)}) AS source, b.chunk AS chunk, b.members AS members FROM (${bitmaps}) AS b`,
  )
  const columns = sets.map(
    (_set, index) =>
      sql`groupBitmapMergeStateIf(s.members, s.source = ${typed('UInt8', index + 1)}) AS ${column(index)}`,
  )
  const sizes = masks.map(
    (mask) =>
      sql`sum(bitmapCardinality(${both(setsOf(mask, sets.length))})) AS ${identifier(`size_${mask}`)}`,
  )
  const all = sets.map((_set, index) => index)
  return sql`
    SELECT sum(bitmapCardinality(g.everyone)) AS base, sum(bitmapCardinality(${either(all)})) AS together,
      ${joinSql(sizes, sql`, `)}
    FROM (
      SELECT s.chunk AS chunk, groupBitmapMergeStateIf(s.members, s.source = 0) AS everyone, ${joinSql(columns, sql`, `)}
      FROM (${joinSql(sources, sql` UNION ALL `)}) AS s GROUP BY s.chunk) AS g`
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Customers in exactly the sets of a mask: those of all larger intersections are taken off, turn about. */
function exactly(mask: number, count: number, sizeOf: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const [larger, size] of sizeOf) {
    if ((larger & mask) !== mask) continue
    const more = setsOf(larger, count).length - setsOf(mask, count).length
    sum += more % 2 === 0 ? size : -size
  }
  return sum
}

function pairsOf(count: number, sizeOf: ReadonlyMap<number, number>): Overlap['pairs'] {
  const size = (mask: number) => sizeOf.get(mask) ?? 0
  const pairs: Overlap['pairs'] = []
  for (let one = 0; one < count; one += 1) {
    for (let other = one + 1; other < count; other += 1) {
      const [a, b] = [size(1 << one), size(1 << other)]
      const both = size((1 << one) | (1 << other))
      pairs.push({
        ...{ one, other, both },
        jaccard: ratio(both, a + b - both),
        shareOfOne: ratio(both, a),
        shareOfOther: ratio(both, b),
      })
    }
  }
  return pairs
}

/** Counts how sets of customers lie over each other: one query over bitmaps, exact, in scope. */
export function createOverlap(deps: {
  ch: ClickHouse
  clock: Clock
  rules: Pick<Rules, 'memberBitmapsSql'>
}) {
  const { ch, clock, rules } = deps
  return async (scope: OrgScope, asked: readonly Rule[]): Promise<Overlap> => {
    const asOf = clock.now().toISOString()
    const count = asked.length
    const masks = intersections(count)
    const universe = await rules.memberBitmapsSql(scope, everyone)
    const sets = await Promise.all(asked.map((rule) => rules.memberBitmapsSql(scope, rule)))
    const query = overlapSql(universe, sets, masks)
    const rows = await ch.onEachShard((shard) => shard.first<Record<string, string>>(query, bounds))
    const sum = (name: string) => rows.reduce((total, row) => total + Number(row?.[name] ?? 0), 0)
    const sizeOf = new Map(masks.map((mask) => [mask, sum(`size_${mask}`)]))
    return {
      base: sum('base'),
      counts: asked.map((_rule, index) => sizeOf.get(1 << index) ?? 0),
      union: sum('together'),
      regions:
        count > mostSetsWithRegions
          ? null
          : masks.map((mask) => ({ in: setsOf(mask, count), count: exactly(mask, count, sizeOf) })),
      pairs: pairsOf(count, sizeOf),
      ...{ asOf, exact: true },
    }
  }
}
