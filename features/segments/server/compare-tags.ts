import {
  byEffect,
  compareCoverage,
  compareMoments,
  compareValues,
} from '#features/segments/common/compared-tag.ts'
import { joinMoments, type Moments, noMoments } from '#features/segments/common/effect-size.ts'
import type { ComparedTag } from '#features/segments/common/segment-analysis.ts'
import {
  bitmapCountsSql,
  type ComparableTag,
  type Groups,
  recentCountsSql,
  rowMomentsSql,
} from '#features/segments/server/compare-sql.ts'
import type { Sql } from '#platform/common/sql.ts'
import type { ClickHouse, QueryOptions } from '#platform/server/clickhouse/clickhouse.ts'

/** Tags read in one query: with bitmaps a value is a few operations, without them every customer's row is read. */
const bitmapBatch = 200
const rowBatch = 20

type CountRow = { tag: string; value: string; one_count: string; other_count: string }
type Side = 'one' | 'other'
type MomentRow = { tag: string } & { [K in `${Side}_${'count' | 'numbers'}`]: string } & {
  [K in `${Side}_${'mean' | 'variance'}`]: number | string | null
}

const batchesOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )

const named = ({ key, name, type }: ComparableTag) => ({ tag: key, name, type })

/** Compares the values of tags between two sets of customers: a few shared reads, whatever the number of customers. */
export async function compareTags(
  input: {
    ch: ClickHouse
    groups: Groups
    sizes: readonly [number, number]
    tags: readonly ComparableTag[]
    options: QueryOptions
  },
  progress: (fraction: number) => Promise<void>,
): Promise<ComparedTag[]> {
  const withBitmaps = input.tags.filter((tag) => tag.hasBitmaps)
  const still = batchesOf(
    withBitmaps.filter((tag) => !tag.hasRecent),
    bitmapBatch,
  )
  const moving = batchesOf(
    withBitmaps.filter((tag) => tag.hasRecent),
    bitmapBatch,
  )
  const rows = batchesOf(
    input.tags.filter((tag) => !tag.hasBitmaps),
    rowBatch,
  )
  const work = [
    ...[...still, ...moving].map((tags) => () => compareByValue(input, tags)),
    ...rows.map((tags) => () => compareByRow(input, tags)),
  ]
  const compared: ComparedTag[] = []
  for (const [index, run] of work.entries()) {
    compared.push(...(await run()))
    await progress((index + 1) / work.length)
  }
  return compared.sort(byEffect)
}

type Input = Parameters<typeof compareTags>[0]

const onShards = async <R>({ ch, options }: Input, query: Sql): Promise<R[]> =>
  (await ch.onEachShard((shard) => shard.query<R>(query, options))).flat()

async function compareByValue(input: Input, tags: readonly ComparableTag[]): Promise<ComparedTag[]> {
  const { ch, groups } = input
  const counted = await onShards<CountRow>(input, bitmapCountsSql(groups, tags, ch.chunkBits))
  const recent = tags.some((tag) => tag.hasRecent)
    ? await onShards<CountRow>(input, recentCountsSql(groups, tags))
    : []
  const countsOf = new Map(tags.map((tag) => [tag.key, new Map<string, [number, number]>()]))
  for (const row of [...counted, ...recent]) {
    const counts = countsOf.get(row.tag)
    const [one, other] = counts?.get(row.value) ?? [0, 0]
    counts?.set(row.value, [one + Number(row.one_count), other + Number(row.other_count)])
  }
  return tags.map((tag) => compareValues(named(tag), countsOf.get(tag.key) ?? new Map()))
}

function momentsOf(row: MomentRow, side: Side): Moments {
  const n = Number(row[`${side}_numbers`])
  return n === 0
    ? noMoments
    : { n, mean: Number(row[`${side}_mean`]), m2: Number(row[`${side}_variance`]) * n }
}

async function compareByRow(input: Input, tags: readonly ComparableTag[]): Promise<ComparedTag[]> {
  const rows = await onShards<MomentRow>(input, rowMomentsSql(input.groups, tags))
  return tags.map((tag) => {
    const own = rows.filter((row) => row.tag === tag.key)
    const base = (side: Side) => own.reduce((sum, row) => sum + Number(row[`${side}_count`]), 0)
    const bases: [number, number] = [base('one'), base('other')]
    if (tag.type !== 'number' && tag.type !== 'date') return compareCoverage(named(tag), bases, input.sizes)
    const moments = (side: Side) => own.map((row) => momentsOf(row, side)).reduce(joinMoments, noMoments)
    return compareMoments(named(tag), bases, [moments('one'), moments('other')])
  })
}
