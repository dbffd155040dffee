import { spanOf } from '#features/rules/common/bank-time.ts'
import { compareCount, compareSum } from '#features/rules/common/compare.ts'
import type { DidLeaf, NearLeaf, TagLeaf } from '#features/rules/common/rule.ts'
import { compileLeaf, isNearSql } from '#features/rules/server/compile-leaf.ts'
import { amountOf, countSql, eventProperty, sumSql, whereSql } from '#features/rules/server/condition-sql.ts'
import { spanOfLeaf } from '#features/rules/server/event-leaves.ts'
import { between, eventsSql, instant } from '#features/rules/server/event-rows.ts'
import { chunkOf, isAmong, type RuleContext } from '#features/rules/server/rule-context.ts'
import type { TreeLeaf } from '#features/rules/server/rule-tree.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

/** A leaf with its number among all that are asked. */
export type Numbered<L extends TreeLeaf = TreeLeaf> = { leaf: L; path: string; index: number }
export type EventLeaf = DidLeaf | (NearLeaf & { did: string })

/** Whether a leaf holds for whoever did nothing. */
export const holdsWithoutEvents = (leaf: EventLeaf): boolean =>
  !('near' in leaf) &&
  !leaf.first &&
  Boolean(leaf.count ?? leaf.sum) &&
  (!leaf.count || compareCount(0, leaf.count)) &&
  (!leaf.sum || compareSum(0n, leaf.sum))

function didHolds(leaf: DidLeaf, context: RuleContext): Sql {
  const span = spanOf(leaf.within, context.now, context.timeZone)
  const meets = sql`(${whereSql(leaf.where)} AND ${between(sql`e.occurred_at`, span)})`
  const conditions = [
    ...(leaf.count ? [countSql(sql`countIf(${meets})`, leaf.count).sql] : []),
    ...(leaf.sum
      ? [sumSql(sql`sumIf(${amountOf(eventProperty(leaf.sum.prop).text)}, ${meets})`, leaf.sum).sql]
      : []),
  ]
  if (conditions.length === 0 || leaf.first) conditions.push(sql`countIf(${meets}) > 0`)
  // None before the window; those after it are no hindrance.
  if (leaf.first && span.fromMs !== -Infinity)
    conditions.push(sql`countIf(${whereSql(leaf.where)} AND e.occurred_at < ${instant(span.fromMs)}) = 0`)
  return joinSql(
    conditions.map((condition) => sql`(${condition})`),
    sql` AND `,
  )
}

/** How a leaf over one event is worked out beside others in one scan. */
function eventHolds(leaf: EventLeaf, context: RuleContext): Sql {
  if (!('near' in leaf)) return didHolds(leaf, context)
  const span = spanOf(leaf.within, context.now, context.timeZone)
  const isNear = isNearSql(leaf, eventProperty('latitude').text, eventProperty('longitude').text)
  return sql`countIf(${isNear} AND ${between(sql`e.occurred_at`, span)}) > 0`
}

/** Rows (customer_id, leaves): one scan of one event answers all leaves about it, however many messages there are. */
export function eventScan(leaves: readonly Numbered<EventLeaf>[], context: RuleContext): Sql {
  const name = leaves[0]?.leaf.did ?? ''
  const spans = leaves.map(({ leaf }) => spanOfLeaf(leaf, context))
  const read = {
    fromMs: Math.min(...spans.map((span) => span.fromMs)),
    toMs: Math.max(...spans.map((span) => span.toMs)),
  }
  const numbers = leaves.map(({ index }) => index)
  const holds = leaves.map(({ leaf }) => sql`toUInt8(${eventHolds(leaf, context)})`)
  return sql`
    SELECT e.customer_id AS customer_id,
      arrayFilter((x, f) -> f, ${typed('Array(UInt32)', numbers)}, [${joinSql(holds, sql`, `)}]) AS leaves
    FROM event AS e FINAL ${eventsSql(name, read, context)} GROUP BY e.customer_id`
}

/** Rows (customer_id, leaves) of leaves that are asked one by one. */
export const otherScan = ({ leaf, path, index }: Numbered, context: RuleContext): Sql => {
  const { base } = compileLeaf(leaf, context, path)
  return sql`
    SELECT arrayJoin(bitmapToArray(o.members)) AS customer_id, ${typed('Array(UInt32)', [index])} AS leaves
    FROM (${base[0]!}) AS o`
}

/** Rows (is_recent, tag, value, ids) of the customers asked about, of all tags in one read. */
export function tagScans(keys: readonly string[], context: RuleContext): Sql[] {
  const states = keys.flatMap((key) => {
    const state = context.tags.get(key)
    return state && state.refreshId !== null ? [{ key, ...state, refreshId: state.refreshId }] : []
  })
  const refreshes = (some: typeof states) =>
    joinSql(
      some.map(({ key, refreshId }) => sql`(${typed('String', key)}, ${typed('UInt64', refreshId)})`),
      sql`, `,
    )
  const [asBitmaps, asRows] = [
    states.filter((one) => one.hasBitmaps),
    states.filter((one) => !one.hasBitmaps),
  ]
  const recent = states.filter((one) => one.hasRecent)
  return [
    ...(asBitmaps.length > 0
      ? [
          sql`
            SELECT 0 AS is_recent, v.tag AS tag, v.value AS value, bitmapToArray(bitmapAnd(v.members,
              (SELECT groupBitmapState(i.customer_id) FROM (${context.among!}) AS i))) AS ids
            FROM tag_bitmap AS v WHERE (v.tag, v.refresh_id) IN (${refreshes(asBitmaps)}) AND notEmpty(ids)
              AND v.chunk IN (SELECT ${chunkOf(sql`k.customer_id`, context)} FROM (${context.among!}) AS k)`,
        ]
      : []),
    ...(asRows.length > 0
      ? [
          sql`
            SELECT 0 AS is_recent, v.tag AS tag, v.value AS value, groupArray(v.customer_id) AS ids FROM tag_value AS v
            WHERE (v.tag, v.refresh_id) IN (${refreshes(asRows)}) AND ${isAmong(sql`v.customer_id`, context)}
            GROUP BY v.tag, v.value`,
        ]
      : []),
    ...(recent.length > 0
      ? [
          sql`
            SELECT if(isNull(v.value), 2, 1) AS is_recent, v.tag AS tag, ifNull(v.value, '') AS value,
              groupArray(v.customer_id) AS ids FROM tag_recent AS v FINAL
            WHERE (v.tag, v.refresh_id) IN (${refreshes(recent)}) AND ${isAmong(sql`v.customer_id`, context)}
            GROUP BY v.tag, v.value`,
        ]
      : []),
  ]
}

export type TagRow = { is_recent: number; tag: string; value: string; ids: number[] }

/** Values by customer of each tag as they are now: a recent one counts instead of the refresh's. */
export function valuesOf(rows: readonly TagRow[]): Map<string, Map<number, string>> {
  const values = new Map<string, Map<number, string>>()
  const ordered = [...rows].sort((one, other) => one.is_recent - other.is_recent)
  for (const { is_recent, tag, value, ids } of ordered) {
    const ofTag = values.get(tag) ?? new Map<number, string>()
    values.set(tag, ofTag)
    for (const id of ids) {
      if (is_recent === 2) ofTag.delete(id)
      else ofTag.set(id, value)
    }
  }
  return values
}

export const isEventLeaf = (one: Numbered): one is Numbered<EventLeaf> =>
  'did' in one.leaf && one.leaf.did !== undefined
export const isTagLeaf = (one: Numbered): one is Numbered<TagLeaf> =>
  'tag' in one.leaf && one.leaf.at === undefined
