import type { Rules } from '#features/rules/server/index.ts'
import { tagRowsSql } from '#features/rules/server/index.ts'
import type { TagSource } from '#features/tags/common/tag-source.ts'
import { type ComputedTag, countUnreadable, insertValues } from '#features/tags/server/compile-tags.ts'
import { countDiff, type DiffCount, writeDiffAsChanges } from '#features/tags/server/tag-diff.ts'
import { kindOf } from '#features/tags/server/tag-kinds.ts'
import {
  computing,
  type EngineRow,
  nextId,
  pairsOf,
  type Work,
  writeOnEachShard,
} from '#features/tags/server/tag-work.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type Written = { coverage: number; unreadable: number; hasBitmaps: boolean; changed: number }
export type ValueDeps = { pg: Postgres; ch: ClickHouse; timeZone: string; rules: Rules }

/** More different values than this are not worth a bitmap each. */
const mostBitmaps = 1000

const computed = ({ row, refreshId }: Work): ComputedTag<TagSource> => ({
  key: row.key,
  type: row.type,
  refreshId,
  source: row.source,
})

/** Rows (customer_id, item) of tags that share a scan, of all customers or of those among. */
export async function itemsOf(deps: ValueDeps, works: readonly Work[], now: Date, among?: Sql): Promise<Sql> {
  const [first] = works
  if (!first) throw new RangeError('No tags to compute')
  const context = { ...deps, time: { now, timeZone: deps.timeZone }, ...(among ? { among } : {}) }
  return kindOf(first.row.source).items(works.map(computed), context)
}

async function countMissed(deps: ValueDeps, works: readonly Work[], now: Date): Promise<Map<string, number>> {
  const some = works.filter(({ row: { source, type } }) => kindOf(source).mayMiss(source, type))
  if (some.length === 0) return new Map()
  const counted = countUnreadable(await itemsOf(deps, some, now))
  const rows = await deps.ch.onEachShard((shard) =>
    shard.query<{ tag: string; unreadable: string }>(counted, computing),
  )
  const found = new Map<string, number>()
  for (const { tag, unreadable } of rows.flat()) found.set(tag, (found.get(tag) ?? 0) + Number(unreadable))
  return found
}

const writeBitmaps = (ch: ClickHouse, works: readonly Work[]): Promise<void> =>
  writeOnEachShard(
    ch,
    sql`
    INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
    SELECT v.tag, v.refresh_id, v.value, bitShiftRight(v.customer_id, ${typed('UInt8', ch.chunkBits)}) AS chunk,
      groupBitmapState(v.customer_id)
    FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${pairsOf(works)})
    GROUP BY v.tag, v.refresh_id, v.value, chunk`,
  )

type Counted = { coverage: number; different: number }

async function countValues(ch: ClickHouse, works: readonly Work[]): Promise<Map<string, Counted>> {
  const rows = await ch.query<{ tag: string; coverage: string; different: string }>(
    sql`
      SELECT v.tag AS tag, count() AS coverage, uniqCombined64(v.value) AS different
      FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${pairsOf(works)}) GROUP BY v.tag`,
    computing,
  )
  return new Map(
    rows.map((row) => [row.tag, { coverage: Number(row.coverage), different: Number(row.different) }]),
  )
}

/** The values a tag shows now, without a refresh none. */
const currentRows = ({ key, refresh_id, has_recent }: EngineRow): Sql =>
  refresh_id === null
    ? sql`SELECT toUInt32(0) AS customer_id, '' AS value, CAST(NULL, 'Nullable(Float64)') AS number WHERE 0`
    : tagRowsSql({ key, refreshId: refresh_id, hasRecent: has_recent })

const changedRows = (work: Work, workId: number): Sql => sql`
  SELECT ${typed('UInt64', workId)} AS work_id, ${typed('String', work.row.key)} AS tag, d.customer_id AS customer_id,
    anyIf(d.value, d.is_new) AS value, anyIf(d.number, d.is_new) AS number, countIf(NOT d.is_new) AS had_value
  FROM (
    SELECT n.customer_id AS customer_id, toNullable(n.value) AS value, n.number AS number, 1 AS is_new
    FROM (${tagRowsSql({ key: work.row.key, refreshId: work.refreshId, hasRecent: true })}) AS n
    UNION ALL
    SELECT o.customer_id, toNullable(o.value), o.number, 0 FROM (${currentRows(work.row)}) AS o) AS d
  GROUP BY d.customer_id
  HAVING NOT (anyIf(d.value, d.is_new) <=> anyIf(d.value, NOT d.is_new))`

/**
 * The same from bitmaps, where both refreshes have them and nothing changed in between: it costs as much as changed, not
 * as much as there is. Whoever is updated while this refresh is under way is told of by that update.
 */
const changedBitmaps = (works: readonly Work[], workId: number): Sql => {
  const before = works.map(({ row }) => ({ row, refreshId: row.refresh_id ?? 0 }))
  const numbers = works.filter(({ row }) => row.type === 'number').map(({ row }) => row.key)
  const all = sql`
    SELECT b.tag AS tag, b.value AS value, b.chunk AS chunk, b.members AS members, (b.tag, b.refresh_id) IN (${pairsOf(works)}) AS is_new
    FROM tag_bitmap AS b WHERE (b.tag, b.refresh_id) IN (${pairsOf([...works, ...before])})`
  const now = sql`groupBitmapMergeStateIf(a.members, a.is_new)`
  const then = sql`groupBitmapMergeStateIf(a.members, NOT a.is_new)`
  return sql`
    SELECT ${typed('UInt64', workId)} AS work_id, c.tag, c.customer_id, c.value,
      if(c.tag IN ${typed('Array(String)', numbers)}, toFloat64OrNull(c.value), NULL) AS number, 1 AS had_value
    FROM (
      SELECT a.tag AS tag, toNullable(a.value) AS value,
        arrayJoin(bitmapToArray(bitmapAndnot(${now}, ${then}))) AS customer_id
      FROM (${all}) AS a GROUP BY a.tag, a.chunk, a.value
      UNION ALL
      SELECT a.tag, CAST(NULL, 'Nullable(String)'), arrayJoin(bitmapToArray(bitmapAndnot(${then}, ${now})))
      FROM (${all}) AS a GROUP BY a.tag, a.chunk) AS c
    WHERE (c.tag, c.customer_id) NOT IN (
      SELECT r.tag, r.customer_id FROM tag_recent AS r WHERE (r.tag, r.refresh_id) IN (${pairsOf(works)}))`
}

/** Under another definition, whoever had a value by the history and has none now lost it. */
async function writeLost(ch: ClickHouse, works: readonly Work[], at: Date): Promise<void> {
  const again = works.filter(({ row }) => row.version > 1)
  if (again.length === 0) return
  const keys = typed(
    'Array(String)',
    again.map(({ row }) => row.key),
  )
  await writeOnEachShard(
    ch,
    sql`
    INSERT INTO tag_change (tag, customer_id, at, value, number, ver)
    SELECT h.tag, h.customer_id, ${typed("DateTime64(3, 'UTC')", at)}, NULL, NULL, ${typed('UInt64', again[0]?.refreshId ?? 0)}
    FROM (
      SELECT c.tag AS tag, c.customer_id AS customer_id, tupleElement(argMax(tuple(c.value), (c.at, c.ver)), 1) AS last
      FROM tag_change AS c WHERE c.tag IN ${keys} GROUP BY c.tag, c.customer_id) AS h
    WHERE isNotNull(h.last) AND (h.tag, h.customer_id) NOT IN (
      SELECT v.tag, v.customer_id FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${pairsOf(again)}))`,
  )
}

/** Writes who has another value under the new refresh than now; a first refresh changes everybody it covers. */
async function writeChanges(
  deps: ValueDeps,
  works: readonly Work[],
  at: Date,
  withBitmaps: ReadonlySet<string>,
): Promise<Map<string, DiffCount>> {
  const { ch } = deps
  const compares = ({ row }: Work) => row.has_bitmaps && !row.has_recent && withBitmaps.has(row.key)
  const first = works.filter(({ row }) => row.refresh_id === null)
  const again = works.filter(({ row }) => row.refresh_id !== null)
  if (first.length > 0) {
    await writeLost(ch, first, at)
    await writeOnEachShard(
      ch,
      sql`
      INSERT INTO tag_change (tag, customer_id, at, value, number, ver)
      SELECT v.tag, v.customer_id, ${typed("DateTime64(3, 'UTC')", at)}, v.value, v.number, v.refresh_id
      FROM tag_value AS v WHERE (v.tag, v.refresh_id) IN (${pairsOf(first)})`,
    )
  }
  if (again.length === 0) return new Map()
  const workId = await nextId(deps.pg)
  const [byBitmap, byRow] = [again.filter(compares), again.filter((work) => !compares(work))]
  if (byBitmap.length > 0) {
    await writeOnEachShard(
      ch,
      sql`
      INSERT INTO tag_diff (work_id, tag, customer_id, value, number, had_value) ${changedBitmaps(byBitmap, workId)}`,
    )
  }
  for (const work of byRow) {
    await writeOnEachShard(
      ch,
      sql`INSERT INTO tag_diff (work_id, tag, customer_id, value, number, had_value) ${changedRows(work, workId)}`,
    )
  }
  const counts = await countDiff(ch, workId)
  await writeDiffAsChanges(ch, workId, at)
  return counts
}

/** Writes bitmaps of the tags of which not too many different values stand, and tells what stands there. */
async function finish(ch: ClickHouse, works: readonly Work[]): Promise<Map<string, Counted>> {
  const counted = await countValues(ch, works)
  const few = works.filter(({ row }) => (counted.get(row.key)?.different ?? 0) <= mostBitmaps)
  if (few.length > 0) await writeBitmaps(ch, few)
  return counted
}

/** Writes values and bitmaps of tags that share a scan under their new refreshes, and who changes by that. */
export async function writeValues(
  deps: ValueDeps,
  works: readonly Work[],
  moment: { now: Date; at: Date },
): Promise<Map<string, Written>> {
  const { ch } = deps
  await writeOnEachShard(ch, insertValues(await itemsOf(deps, works, moment.now)))
  const counted = await finish(ch, works)
  const unreadable = await countMissed(deps, works, moment.now)
  const withBitmaps = new Set(
    works.map(({ row }) => row.key).filter((key) => (counted.get(key)?.different ?? 0) <= mostBitmaps),
  )
  const changed = await writeChanges(deps, works, moment.at, withBitmaps)
  return new Map(
    works.map(({ row, row: { key } }) => [
      key,
      {
        coverage: counted.get(key)?.coverage ?? 0,
        unreadable: unreadable.get(key) ?? 0,
        hasBitmaps: withBitmaps.has(key),
        changed:
          row.refresh_id === null ? (counted.get(key)?.coverage ?? 0) : (changed.get(key)?.changed ?? 0),
      },
    ]),
  )
}

/** Writes the values as they are now, changes included, as a base of their own. */
export async function writeCompacted(ch: ClickHouse, works: readonly Work[]): Promise<Map<string, Written>> {
  const rows = works.map(
    ({ row, refreshId }) => sql`
      SELECT ${typed('String', row.key)} AS tag, ${typed('UInt64', refreshId)} AS refresh_id, r.customer_id AS customer_id,
        r.value AS value, r.number AS number FROM (${currentRows(row)}) AS r`,
  )
  await writeOnEachShard(
    ch,
    sql`
    INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
    SELECT a.tag, a.refresh_id, a.customer_id, a.value, a.number FROM (${joinSql(rows, sql` UNION ALL `)}) AS a`,
  )
  const counted = await finish(ch, works)
  return new Map(
    works.map(({ row }) => {
      const { coverage = 0, different = 0 } = counted.get(row.key) ?? {}
      return [
        row.key,
        { coverage, unreadable: row.unreadable ?? 0, hasBitmaps: different <= mostBitmaps, changed: 0 },
      ]
    }),
  )
}
