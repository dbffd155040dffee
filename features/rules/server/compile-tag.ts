import { addDays, startOfDate } from '#features/rules/common/bank-time.ts'
import type { TagLeaf } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import { conditionSql, numberOf, rankSql, type TextColumn } from '#features/rules/server/condition-sql.ts'
import { instant } from '#features/rules/server/event-rows.ts'
import { type LeafSql, leafOf } from '#features/rules/server/leaf-sql.ts'
import { bitmapsOf, isAmong, type RuleContext, type TagState } from '#features/rules/server/rule-context.ts'
import { tagRowsSql } from '#features/rules/server/tag-rows.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'

function stateOf(key: string, { tags }: RuleContext, path: string): TagState {
  const tag = tags.get(key)
  if (tag) return tag
  throw ruleError('RULE_TAG_UNKNOWN', { tag: key }, [
    { path: `${path}.tag`, code: 'RULE_TAG_UNKNOWN', message: 'no such tag' },
  ])
}

function refreshOf(key: string, tag: TagState): number {
  if (tag.refreshId === null) throw ruleError('RULE_TAG_NOT_COMPUTED', { tag: key })
  return tag.refreshId
}

const textOf = (type: string): TextColumn => {
  const column = { text: sql`v.value`, isPresent: sql`1` }
  return type === 'number' ? { ...column, number: sql`v.number` } : column
}

/** A recent value: NULL says that there is none now. */
const recentText = (type: string): TextColumn => {
  const column = { text: sql`ifNull(v.value, '')`, isPresent: sql`isNotNull(v.value)` }
  return type === 'number' ? { ...column, number: sql`v.number` } : column
}

/** The refresh's values as rows, where they are too many different ones for bitmaps. */
function baseRows(leaf: TagLeaf, tag: TagState, refreshId: number, context: RuleContext): Sql {
  const customers = sql`
    SELECT v.customer_id AS customer_id FROM tag_value AS v
    WHERE v.tag = ${typed('String', leaf.tag)} AND v.refresh_id = ${typed('UInt64', refreshId)}
    AND ${isAmong(sql`v.customer_id`, context)} AND ${conditionSql(textOf(tag.type), leaf)}`
  return bitmapsOf(customers, context)
}

/** The values customers had at the end of a day of the bank, by the history of changes. */
function pastRows(leaf: TagLeaf, date: string, type: string, context: RuleContext): Sql {
  const end = startOfDate(addDays(date, 1), context.timeZone)
  // A tuple, because argMax leaves out rows whose value is NULL: those that say that there is none any more.
  return sql`
    SELECT v.customer_id AS customer_id FROM (
      SELECT h.customer_id AS customer_id, argMax((h.value, h.number), (h.at, h.ver)) AS last,
        last.1 AS value, last.2 AS number
      FROM tag_change AS h
      WHERE h.tag = ${typed('String', leaf.tag)} AND h.at < ${instant(end)} AND ${isAmong(sql`h.customer_id`, context)}
      GROUP BY h.customer_id) AS v
    WHERE ${conditionSql(recentText(type), leaf)}`
}

/** A leaf about a tag: its values as they are now, or as they were at the end of a day. */
export function compileTag(leaf: TagLeaf, context: RuleContext, path: string): LeafSql {
  const tag = stateOf(leaf.tag, context, path)
  if (leaf.at !== undefined) return leafOf(pastRows(leaf, leaf.at, tag.type, context), context)
  const refreshId = refreshOf(leaf.tag, tag)
  const bitmaps = conditionSql({ text: sql`v.value`, isPresent: sql`1` }, leaf)
  return {
    base: tag.hasBitmaps ? [] : [baseRows(leaf, tag, refreshId, context)],
    tag: {
      ...{ key: leaf.tag, refreshId },
      ...(tag.hasBitmaps ? { bitmaps } : {}),
      ...(tag.hasRecent ? { recent: conditionSql(recentText(tag.type), leaf) } : {}),
    },
    isComplement: false,
  }
}

/** Rows (customer_id, place): what customers are ranked by, of those whose value is a number or a date. */
export function tagRanksSql(key: string, context: RuleContext): Sql {
  const tag = stateOf(key, context, 'rule.top')
  const rows = tagRowsSql({ key, refreshId: refreshOf(key, tag), hasRecent: tag.hasRecent })
  const number = tag.type === 'number' ? sql`v.number` : numberOf(sql`v.value`)
  return sql`
    SELECT w.customer_id AS customer_id, assumeNotNull(w.place) AS place FROM (
      SELECT v.customer_id AS customer_id, ${rankSql(sql`v.value`, number)} AS place FROM (${rows}) AS v
      WHERE ${isAmong(sql`v.customer_id`, context)}) AS w
    WHERE isNotNull(w.place)`
}
