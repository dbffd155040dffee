import type { LeafSql, TagSql } from '#features/rules/server/leaf-sql.ts'
import { chunkOf, isAmong, type RuleContext } from '#features/rules/server/rule-context.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** The numbers under which a leaf's parts come out of the union; leaves of one tag share who was touched. */
type Sources = { base: number; touched?: number; hit?: number }

const nobodysSource = 65_535
const sourceColumn = (source: number): Sql => identifier(`source_${source}`)

function numberSources(leaves: readonly LeafSql[]): Sources[] {
  const touchedOf = new Map<string, number>()
  let next = 0
  return leaves.map(({ tag, overlay }) => {
    const base = next++
    if (!overlay && !tag?.recent) return { base }
    const touched = (tag && touchedOf.get(tag.key)) ?? next++
    if (tag) touchedOf.set(tag.key, touched)
    return { base, touched, hit: next++ }
  })
}

const numbered = (source: number, bitmaps: Sql): Sql => sql`
  SELECT toUInt16(${typed('UInt16', source)}) AS source, l.chunk AS chunk, l.members AS members FROM (${bitmaps}) AS l`

type Tagged = { tag: TagSql; sources: Sources }

const isOfTag = ({ key }: TagSql): Sql => sql`v.tag = ${typed('String', key)}`
const isOfRefresh = (tag: TagSql): Sql =>
  sql`${isOfTag(tag)} AND v.refresh_id = ${typed('UInt64', tag.refreshId)}`
const either = (conditions: readonly Sql[]): Sql =>
  joinSql(
    conditions.map((one) => sql`(${one})`),
    sql` OR `,
  )

/** One read of the bitmaps of all tags: each scan of its own would cost more than what it reads. */
function tagBitmaps(tagged: readonly Tagged[]): Sql {
  const holds = tagged.map(({ tag }) => sql`${isOfRefresh(tag)} AND ${tag.bitmaps!}`)
  if (tagged.length === 1) {
    return numbered(
      tagged[0]!.sources.base,
      sql`SELECT v.chunk AS chunk, v.members AS members FROM tag_bitmap AS v WHERE ${holds[0]!}`,
    )
  }
  const flags = holds.map((one) => sql`toUInt8(${one})`)
  return sql`
    SELECT arrayJoin(arrayFilter((x, f) -> f, ${typed(
      'Array(UInt16)',
      tagged.map(({ sources }) => sources.base),
    )}, [${joinSql(flags, sql`, `)}])) AS source, v.chunk AS chunk, v.members AS members
    FROM tag_bitmap AS v WHERE ${either(holds)}`
}

/** One read of what changed in all tags since their refresh: who was touched, and for whom each leaf holds now. */
function tagChanges(tagged: readonly Tagged[], context: RuleContext): Sql {
  const byTag = new Map<string, Tagged[]>()
  for (const one of tagged) byTag.set(one.tag.key, [...(byTag.get(one.tag.key) ?? []), one])
  const tags = [...byTag.values()]
  const most = Math.max(...tags.map((leaves) => leaves.length))
  const choose = (alias: Sql, of: (leaves: Tagged[]) => Sql, none: Sql): Sql => {
    const cases = tags.map(
      (leaves) => sql`${alias}.tag = ${typed('String', leaves[0]!.tag.key)}, ${of(leaves)}, `,
    )
    return sql`multiIf(${joinSql(cases, sql``)}${none})`
  }
  const hits = Array.from(
    { length: most },
    (_none, at) => sql`
      groupBitmapStateIf(v.customer_id, ifNull(${choose(sql`v`, (leaves) => leaves[at]?.tag.recent ?? sql`0`, sql`0`)}, 0)) AS ${identifier(`hit_${at}`)}`,
  )
  const sourcesOf = (leaves: Tagged[]): Sql => {
    const numbers = Array.from({ length: most }, (_none, at) => leaves[at]?.sources.hit ?? nobodysSource)
    return sql`${typed('Array(UInt16)', [leaves[0]!.sources.touched, ...numbers])}`
  }
  const states = joinSql(
    [sql`r.touched`, ...hits.map((_hit, at) => sql`r.${identifier(`hit_${at}`)}`)],
    sql`, `,
  )
  return sql`
    SELECT q.1 AS source, r.chunk AS chunk, q.2 AS members FROM (
      SELECT v.tag AS tag, ${chunkOf(sql`v.customer_id`, context)} AS chunk, groupBitmapState(v.customer_id) AS touched, ${joinSql(hits, sql`, `)}
      FROM tag_recent AS v FINAL
      WHERE (${either(tags.map((leaves) => isOfRefresh(leaves[0]!.tag)))}) AND ${isAmong(sql`v.customer_id`, context)}
      GROUP BY v.tag, chunk) AS r
    ARRAY JOIN arrayZip(${choose(sql`r`, sourcesOf, sql`${typed('Array(UInt16)', [nobodysSource])}`)}, [${states}]) AS q`
}

/** The members of a leaf on a row with the alias g. */
export const membersSql = ({ base, touched, hit }: Sources, column: (source: number) => Sql): Sql =>
  touched === undefined || hit === undefined
    ? column(base)
    : sql`bitmapOr(bitmapAndnot(${column(base)}, ${column(touched)}), ${column(hit)})`

/**
 * Rows (chunk, everyone, source_1 …) of a universe and leaves, and the members of each leaf on a row with the alias g. Parts
 * are united and grouped by chunk, never joined: a join loses chunks that one leaf lacks.
 */
export function groupSources(
  universe: LeafSql,
  leaves: readonly LeafSql[],
  context: RuleContext,
): { rows: Sql; members: readonly Sql[] } {
  const all = [universe, ...leaves]
  const numbers = numberSources(all)
  const tagged = all.flatMap(({ tag }, index) => (tag ? [{ tag, sources: numbers[index]! }] : []))
  const [inBitmaps, changed] = [
    tagged.filter(({ tag }) => tag.bitmaps),
    tagged.filter(({ tag }) => tag.recent),
  ]
  const scans = [
    ...all.flatMap(({ base, overlay }, index) => [
      ...base.map((one) => numbered(numbers[index]!.base, one)),
      ...(overlay ? [numbered(numbers[index]!.touched!, overlay.touched)] : []),
      ...(overlay ? [numbered(numbers[index]!.hit!, overlay.hit)] : []),
    ]),
    ...(inBitmaps.length > 0 ? [tagBitmaps(inBitmaps)] : []),
    ...(changed.length > 0 ? [tagChanges(changed, context)] : []),
  ]
  const merged = (source: number): Sql =>
    sql`groupBitmapMergeStateIf(s.members, s.source = ${typed('UInt16', source)})`
  const sources = new Set(
    numbers
      .slice(1)
      .flatMap(({ base, touched, hit }) => [base, touched, hit].filter((one) => one !== undefined)),
  )
  const columns = [...sources].map((source) => sql`, ${merged(source)} AS ${sourceColumn(source)}`)
  const rows = sql`
    SELECT s.chunk AS chunk, ${membersSql(numbers[0]!, merged)} AS everyone${joinSql(columns, sql``)}
    FROM (${joinSql(scans, sql` UNION ALL `)}) AS s GROUP BY s.chunk`
  const members = numbers.slice(1).map((one) => membersSql(one, (source) => sql`g.${sourceColumn(source)}`))
  return { rows, members }
}
