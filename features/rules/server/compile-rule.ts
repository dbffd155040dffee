import { mostSkewMs } from '#features/ingest/common/clock-skew.ts'
import { spanOf } from '#features/rules/common/bank-time.ts'
import type { DidLeaf, Rule, TagLeaf } from '#features/rules/common/rule.ts'
import { ruleError } from '#features/rules/common/rule-errors.ts'
import {
  amountOf,
  conditionSql,
  countSql,
  eventProperty,
  sumSql,
  whereSql,
} from '#features/rules/server/condition-sql.ts'
import { buildTree, type TreeLeaf, type TreeNode } from '#features/rules/server/rule-tree.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'
import { clickHouseScope } from '#platform/server/scope-sql.ts'

/** What a rule needs to know of a tag: which refresh counts and whether its values stand as bitmaps. */
export type TagState = { type: string; refreshId: number | null; hasBitmaps: boolean }

/** Everything a rule means beside its own text. */
export type RuleContext = {
  now: Date
  timeZone: string
  scope: OrgScope
  tags: ReadonlyMap<string, TagState>
  segments: ReadonlyMap<string, Rule>
  chunkBits: number
}

/** The bitmaps of one leaf by chunk; with `isComplement` they hold those for whom the leaf does not hold. */
type LeafSql = { bitmaps: Sql; isComplement: boolean }

/** Ids are kept in bitmaps by chunks of 2^chunkBits, as tables hold them and shards are given them. */
const bitmapsOf = (customers: Sql, { chunkBits }: RuleContext): Sql => sql`
  SELECT bitShiftRight(i.customer_id, ${typed('UInt8', chunkBits)}) AS chunk, groupBitmapState(i.customer_id) AS members
  FROM (${customers}) AS i GROUP BY chunk`

/** Customers in scope, as rows. Without a scope any version of a row will do. */
export const universeSql = (scope: OrgScope): Sql =>
  scope.everyone
    ? sql`SELECT c.customer_id AS customer_id FROM customer AS c`
    : sql`SELECT c.customer_id AS customer_id FROM customer AS c FINAL WHERE ${clickHouseScope(scope, 'c')}`

function compileTag(leaf: TagLeaf, context: RuleContext, path: string): LeafSql {
  const tag = context.tags.get(leaf.tag)
  if (!tag) {
    throw ruleError('RULE_TAG_UNKNOWN', { tag: leaf.tag }, [
      { path: `${path}.tag`, code: 'RULE_TAG_UNKNOWN', message: 'no such tag' },
    ])
  }
  if (tag.refreshId === null) throw ruleError('RULE_TAG_NOT_COMPUTED', { tag: leaf.tag })
  const refresh = sql`v.tag = ${typed('String', leaf.tag)} AND v.refresh_id = ${typed('UInt64', tag.refreshId)}`
  const column = { text: sql`v.value`, isPresent: sql`1` }
  if (tag.hasBitmaps) {
    const bitmaps = sql`
      SELECT v.chunk AS chunk, v.members AS members FROM tag_bitmap AS v
      WHERE ${refresh} AND ${conditionSql(column, leaf)}`
    return { bitmaps, isComplement: false }
  }
  const rows = tag.type === 'number' ? { ...column, number: sql`v.number` } : column
  const customers = sql`
    SELECT v.customer_id AS customer_id FROM tag_value AS v WHERE ${refresh} AND ${conditionSql(rows, leaf)}`
  return { bitmaps: bitmapsOf(customers, context), isComplement: false }
}

// The engine's DateTime64 holds 1900 to 2299.
const earliestMs = Date.UTC(1900, 0, 1)
const latestMs = Date.UTC(2299, 11, 31)
const instant = (ms: number): Sql =>
  sql`fromUnixTimestamp64Milli(${typed('Int64', Math.min(Math.max(ms, earliestMs), latestMs))}, 'UTC')`

type Span = { fromMs: number; toMs: number }

const between = (column: Sql, { fromMs, toMs }: Span): Sql => {
  const from = fromMs === -Infinity ? sql`1` : sql`${column} >= ${instant(fromMs)}`
  return toMs === Infinity ? from : sql`${from} AND ${column} < ${instant(toMs)}`
}

/** The client's own time is equal in all versions of a message, so it may filter first, as wide as clocks are corrected. */
const firstSql = (name: string, { fromMs, toMs }: Span): Sql =>
  sql`PREWHERE e.name = ${typed('String', name)} AND ${between(sql`e.client_at`, { fromMs: fromMs - mostSkewMs, toMs: toMs + mostSkewMs })}`

/**
 * The events asked for, by name and time, behind `FROM event AS e FINAL`; more conditions follow with AND. A repeated
 * message may have another occurred_at by a corrected clock, so that filters last; client_at leaves out whole months.
 */
export const eventsSql = (name: string, span: Span): Sql =>
  sql`${firstSql(name, span)} WHERE ${between(sql`e.occurred_at`, span)}`

/**
 * Whoever did an event in that time. Name, customer and, unless a clock was corrected, time are the same in every version
 * of a message, so versions need no merging, except for customers with a deletion or a corrected clock: two thirds of such
 * a leaf's time went there.
 */
function customersWhoDid(name: string, span: Span): Sql {
  const events = eventsSql(name, span)
  const unsure = sql`(
    SELECT e.customer_id FROM event AS e ${firstSql(name, span)}
    WHERE (e.is_deleted OR (e.occurred_at != e.client_at)) = 1)`
  return sql`
    SELECT e.customer_id AS customer_id FROM event AS e ${events} AND e.customer_id NOT IN ${unsure}
    UNION ALL
    SELECT e.customer_id AS customer_id FROM event AS e FINAL ${events} AND e.customer_id IN ${unsure}`
}

function compileDid(leaf: DidLeaf, context: RuleContext): LeafSql {
  const { count, sum } = leaf
  const span = spanOf(leaf.within, context.now, context.timeZone)
  if (!count && !sum && !leaf.where?.length)
    return { bitmaps: bitmapsOf(customersWhoDid(leaf.did, span), context), isComplement: false }
  const events = sql`
    FROM event AS e FINAL ${eventsSql(leaf.did, span)} AND ${whereSql(leaf.where)}`
  if (!count && !sum) {
    return {
      bitmaps: bitmapsOf(sql`SELECT e.customer_id AS customer_id ${events}`, context),
      isComplement: false,
    }
  }
  // FINAL leaves one row a message, so rows are distinct messages.
  const conditions = [
    ...(count ? [countSql(sql`count()`, count)] : []),
    ...(sum ? [sumSql(sql`sum(${amountOf(eventProperty(sum.prop).text)})`, sum)] : []),
  ]
  const isComplement = conditions.every((condition) => condition.atZero)
  const holds = joinSql(
    conditions.map((condition) => condition.sql),
    sql` AND `,
  )
  const customers = sql`
    SELECT e.customer_id AS customer_id ${events}
    GROUP BY e.customer_id HAVING ${isComplement ? sql`NOT (${holds})` : holds}`
  return { bitmaps: bitmapsOf(customers, context), isComplement }
}

const compileLeaf = (leaf: TreeLeaf, context: RuleContext, path: string): LeafSql =>
  'tag' in leaf ? compileTag(leaf, context, path) : compileDid(leaf, context)

const universe = sql`g.everyone`
const nobody = sql`bitmapAndnot(g.everyone, g.everyone)`

/** Joins in halves, so that two hundred leaves do not nest two hundred calls. */
function fold(parts: readonly Sql[], name: 'bitmapAnd' | 'bitmapOr', none: Sql): Sql {
  const [first = none] = parts
  if (parts.length <= 1) return first
  const half = parts.length >> 1
  const [left, right] = [fold(parts.slice(0, half), name, none), fold(parts.slice(half), name, none)]
  return name === 'bitmapAnd' ? sql`bitmapAnd(${left}, ${right})` : sql`bitmapOr(${left}, ${right})`
}

function expression(node: TreeNode, leaves: readonly LeafSql[]): Sql {
  switch (node.kind) {
    case 'all':
      return fold(childExpressions(node.nodes, leaves), 'bitmapAnd', universe)
    case 'any':
      return fold(childExpressions(node.nodes, leaves), 'bitmapOr', nobody)
    case 'not':
      return sql`bitmapAndnot(${universe}, ${expression(node.node, leaves)})`
    case 'leaf': {
      const bitmap = sql`g.${leafColumn(node.leaf)}`
      return leaves[node.leaf]?.isComplement ? sql`bitmapAndnot(${universe}, ${bitmap})` : bitmap
    }
  }
}

const childExpressions = (nodes: readonly TreeNode[], leaves: readonly LeafSql[]): Sql[] =>
  nodes.map((node) => expression(node, leaves))

const leafColumn = (leaf: number): Sql => identifier(`leaf_${leaf}`)

/**
 * A rule as SQL that gives (chunk, members, everyone): a bitmap of members and one of all customers in scope per chunk.
 * Leaves are united and grouped by chunk, never joined: a join loses chunks that one leaf lacks.
 */
export function compileBitmaps(rule: Rule, context: RuleContext): Sql {
  const tree = buildTree(rule, context.segments)
  const leaves = tree.leaves.map(({ leaf, path }) => compileLeaf(leaf, context, path))
  const sources = [
    sql`SELECT toUInt16(0) AS source, u.chunk AS chunk, u.members AS members FROM (${bitmapsOf(universeSql(context.scope), context)}) AS u`,
    ...leaves.map(
      (leaf, index) => sql`
        SELECT toUInt16(${typed('UInt16', index + 1)}) AS source, l.chunk AS chunk, l.members AS members FROM (${leaf.bitmaps}) AS l`,
    ),
  ]
  const columns = leaves.map(
    (_leaf, index) => sql`,
      groupBitmapMergeStateIf(s.members, s.source = ${typed('UInt16', index + 1)}) AS ${leafColumn(index)}`,
  )
  return sql`
    SELECT g.chunk AS chunk, bitmapAnd(g.everyone, ${expression(tree.root, leaves)}) AS members, g.everyone AS everyone
    FROM (
      SELECT s.chunk AS chunk, groupBitmapMergeStateIf(s.members, s.source = 0) AS everyone${joinSql(columns, sql``)}
      FROM (${joinSql(sources, sql` UNION ALL `)}) AS s GROUP BY s.chunk) AS g`
}

/** Gives one row (count, base): members and all customers in scope. */
export const compileCount = (rule: Rule, context: RuleContext): Sql => sql`
  SELECT sum(bitmapCardinality(b.members)) AS count, sum(bitmapCardinality(b.everyone)) AS base
  FROM (${compileBitmaps(rule, context)}) AS b`

/** Gives members as rows (customer_id) in the order of their ids: at most `limit`, all of them above `after`. */
export function compileMembers(
  rule: Rule,
  context: RuleContext,
  page: { after: number; limit: number },
): Sql {
  const from = typed('UInt32', page.after + 1)
  const limit = typed('UInt32', page.limit)
  return sql`
    SELECT m.customer_id AS customer_id FROM (
      SELECT arrayJoin(bitmapToArray(bitmapSubsetLimit(b.members, ${from}, ${limit}))) AS customer_id
      FROM (${compileBitmaps(rule, context)}) AS b) AS m
    ORDER BY m.customer_id LIMIT ${limit}`
}

/** Gives all members as rows (customer_id): to insert, or to put behind IN. */
export const compileMemberIds = (rule: Rule, context: RuleContext): Sql => sql`
  SELECT arrayJoin(bitmapToArray(b.members)) AS customer_id FROM (${compileBitmaps(rule, context)}) AS b`

/** Gives members as rows (chunk, members) of non-empty bitmaps, as segment tables hold them. */
export const compileMemberBitmaps = (rule: Rule, context: RuleContext): Sql => sql`
  SELECT toUInt32(b.chunk) AS chunk, b.members AS members FROM (${compileBitmaps(rule, context)}) AS b
  WHERE bitmapCardinality(b.members) > 0`
