import type { Rule } from '#features/rules/common/rule.ts'
import { compileLeaf } from '#features/rules/server/compile-leaf.ts'
import { groupSources } from '#features/rules/server/group-sources.ts'
import type { RuleContext } from '#features/rules/server/rule-context.ts'
import { buildTree, type RuleTree, type TreeNode } from '#features/rules/server/rule-tree.ts'
import { layersOf } from '#features/rules/server/tree-layers.ts'
import { compileUniverse } from '#features/rules/server/universe.ts'
import { identifier, joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

const everyone = sql`g.everyone`
const nobody = sql`bitmapAndnot(g.everyone, g.everyone)`

/** Joins in halves, so that two hundred leaves do not nest two hundred calls. */
function fold(parts: readonly Sql[], name: 'bitmapAnd' | 'bitmapOr', none: Sql): Sql {
  const [first = none] = parts
  if (parts.length <= 1) return first
  const half = parts.length >> 1
  const [left, right] = [fold(parts.slice(0, half), name, none), fold(parts.slice(half), name, none)]
  return name === 'bitmapAnd' ? sql`bitmapAnd(${left}, ${right})` : sql`bitmapOr(${left}, ${right})`
}

const nodeColumn = (node: number): Sql => identifier(`node_${node}`)

/** The members of each leaf, and in which layer each node is. */
type Plan = { tree: RuleTree; leaves: readonly Sql[]; layers: readonly number[] }

function expression(node: TreeNode, plan: Plan): Sql {
  const part = (index: number): Sql =>
    plan.layers[index] ? sql`g.${nodeColumn(index)}` : expression(plan.tree.nodes[index]!, plan)
  switch (node.kind) {
    case 'all':
      return fold(node.nodes.map(part), 'bitmapAnd', everyone)
    case 'any':
      return fold(node.nodes.map(part), 'bitmapOr', nobody)
    case 'not':
      return sql`bitmapAndnot(${everyone}, ${part(node.node)})`
    case 'leaf':
      return plan.leaves[node.leaf]!
  }
}

/** A rule as rows (chunk, everyone, …), and the expression of each of its nodes over a row with the alias g. */
function compileNodes(
  rule: Rule,
  context: RuleContext,
  path?: string,
): { rows: Sql; tree: RuleTree; nodeSql(node: number): Sql } {
  const tree = buildTree(rule, context.segments, path === undefined ? {} : { path })
  const leaves = tree.leaves.map(({ leaf, path }) => compileLeaf(leaf, context, path))
  const grouped = groupSources(compileUniverse(context.scope, context), leaves, context)
  const members = leaves.map((leaf, index) =>
    leaf.isComplement ? sql`bitmapAndnot(${everyone}, ${grouped.members[index]!})` : grouped.members[index]!,
  )
  const plan: Plan = { tree, leaves: members, layers: layersOf(tree.nodes) }
  let { rows } = grouped
  for (let layer = 1; layer <= Math.max(0, ...plan.layers); layer += 1) {
    const columns = tree.nodes.flatMap((node, index) =>
      plan.layers[index] === layer ? [sql`, ${expression(node, plan)} AS ${nodeColumn(index)}`] : [],
    )
    rows = sql`SELECT g.*${joinSql(columns, sql``)} FROM (${rows}) AS g`
  }
  const nodeSql = (node: number): Sql =>
    plan.layers[node] ? sql`g.${nodeColumn(node)}` : expression(tree.nodes[node]!, plan)
  return { rows, tree, nodeSql }
}

/** A rule as SQL that gives (chunk, members, everyone): a bitmap of members and one of all customers in scope per chunk. */
export function compileBitmaps(rule: Rule, context: RuleContext): Sql {
  const { rows, tree, nodeSql } = compileNodes(rule, context)
  return sql`
    SELECT g.chunk AS chunk, bitmapAnd(g.everyone, ${nodeSql(tree.root)}) AS members, g.everyone AS everyone
    FROM (${rows}) AS g`
}

/** Gives one row (count, base): members and all customers in scope. */
export const compileCount = (rule: Rule, context: RuleContext): Sql => sql`
  SELECT sum(bitmapCardinality(b.members)) AS count, sum(bitmapCardinality(b.everyone)) AS base
  FROM (${compileBitmaps(rule, context)}) AS b`

/** Gives one row (counts): members of each part of the rule as written, in the order of `paths`. */
export function compileBranches(
  rule: Rule,
  context: RuleContext,
  path?: string,
): { paths: readonly string[]; counts: Sql } {
  const { rows, tree, nodeSql } = compileNodes(rule, context, path)
  const counts = tree.paths.map(({ node }) => sql`sum(bitmapAndCardinality(g.everyone, ${nodeSql(node)}))`)
  return {
    paths: tree.paths.map(({ path }) => path),
    counts: sql`SELECT [${joinSql(counts, sql`, `)}] AS counts FROM (${rows}) AS g`,
  }
}

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
